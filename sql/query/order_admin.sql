-- Orders as operators look for them.
--
-- A NULL parameter folds its condition away, and what is left finds its index: a status, a user, a product and a merchant each
-- have one that goes on in the order of ids, which is the order of time. Tracking numbers stand in order_parcels.

-- part: ORDER_FILTERED
-- columns: -
-- Status, merchant, user, product, from, until, waits for a review, settling.
(? IS NULL OR o.status = ?) AND (? IS NULL OR o.merchant_id = ?) AND (? IS NULL OR o.user_id = ?)
AND (? IS NULL OR o.product_id = ?) AND (? IS NULL OR o.created_at >= ?) AND (? IS NULL OR o.created_at < ?)
AND (? IS NULL OR (o.needs_review = 1 AND o.status = 0) = ?) AND (? IS NULL OR o.settling = ?);

-- part: ORDER_FOUND
-- columns: -
-- Those whose number, or tracking number, begins so; or those whose saga runs.
(SELECT n.id FROM exchange_orders n WHERE ? IS NOT NULL AND n.order_no LIKE ?
  UNION SELECT t.order_id FROM order_parcels t WHERE ? IS NOT NULL AND t.tracking_no LIKE ?
  UNION SELECT s.order_id FROM sagas s WHERE ? IS NULL AND s.state IN (0, 1, 4)) f
JOIN exchange_orders o ON o.id = f.id;

-- part: ORDER_TODAYS_PRODUCT
-- columns: -
LEFT JOIN products p ON p.id = o.product_id;

-- name: ORDERS_NEWEST
-- params: i i s s s s s s t t t t i i i i s s i
-- columns: {ORDER_ROW}
SELECT
{ORDER_ROW}
FROM exchange_orders o
{ORDER_TODAYS_PRODUCT}
WHERE
{ORDER_FILTERED}
  AND (? IS NULL OR o.id < ?)
ORDER BY o.id DESC LIMIT ?;

-- name: ORDERS_BETWEEN_NEWEST
-- params: i i s s s s s s t t t t i i i i t t t s i
-- columns: {ORDER_ROW}
SELECT
{ORDER_ROW}
FROM exchange_orders o FORCE INDEX (idx_created_at)
{ORDER_TODAYS_PRODUCT}
WHERE
{ORDER_FILTERED}
  AND (? IS NULL OR o.created_at < ? OR (o.created_at = ? AND o.id < ?))
ORDER BY o.created_at DESC, o.id DESC LIMIT ?;

-- name: ORDERS_FOUND_NEWEST
-- params: s s s s s i i s s s s s s t t t t i i i i s s i
-- columns: {ORDER_ROW}
SELECT
{ORDER_ROW}
FROM
{ORDER_FOUND}
{ORDER_TODAYS_PRODUCT}
WHERE
{ORDER_FILTERED}
  AND (? IS NULL OR o.id < ?)
ORDER BY o.id DESC LIMIT ?;

-- name: ORDERS_OLDEST
-- params: i i s s s s s s t t t t i i i i s s i
-- columns: {ORDER_ROW}
SELECT
{ORDER_ROW}
FROM exchange_orders o
{ORDER_TODAYS_PRODUCT}
WHERE
{ORDER_FILTERED}
  AND (? IS NULL OR o.id > ?)
ORDER BY o.id ASC LIMIT ?;

-- name: ORDERS_BETWEEN_OLDEST
-- params: i i s s s s s s t t t t i i i i t t t s i
-- columns: {ORDER_ROW}
SELECT
{ORDER_ROW}
FROM exchange_orders o FORCE INDEX (idx_created_at)
{ORDER_TODAYS_PRODUCT}
WHERE
{ORDER_FILTERED}
  AND (? IS NULL OR o.created_at > ? OR (o.created_at = ? AND o.id > ?))
ORDER BY o.created_at ASC, o.id ASC LIMIT ?;

-- name: ORDERS_FOUND_OLDEST
-- params: s s s s s i i s s s s s s t t t t i i i i s s i
-- columns: {ORDER_ROW}
SELECT
{ORDER_ROW}
FROM
{ORDER_FOUND}
{ORDER_TODAYS_PRODUCT}
WHERE
{ORDER_FILTERED}
  AND (? IS NULL OR o.id > ?)
ORDER BY o.id ASC LIMIT ?;

-- name: ORDERS_COUNT
-- params: i i s s s s s s t t t t i i i i
-- columns: i
SELECT COUNT(*) FROM (SELECT 1
FROM exchange_orders o
WHERE
{ORDER_FILTERED}
LIMIT 10000) t;

-- name: ORDERS_FOUND_COUNT
-- params: s s s s s i i s s s s s s t t t t i i i i
-- columns: i
SELECT COUNT(*) FROM (SELECT 1
FROM
{ORDER_FOUND}
WHERE
{ORDER_FILTERED}
LIMIT 10000) t;

-- part: ORDER_LINE
-- columns: s s i i s s s i i s s s s s s t t t t t s s
o.id, o.order_no, o.status, o.delivery_status, o.merchant_id, o.product_id, o.product_name, o.quantity, o.points_cost,
  o.user_id, JSON_UNQUOTE(JSON_EXTRACT(o.delivery_info, '$.receiverName')),
  JSON_UNQUOTE(JSON_EXTRACT(o.delivery_info, '$.receiverPhone')),
  JSON_UNQUOTE(JSON_EXTRACT(o.delivery_info, '$.address')), o.carrier, o.tracking_no, o.created_at, o.exchanged_at,
  o.shipped_at, o.delivered_at, o.cancelled_at, o.cancel_reason, o.return_reason;

-- name: ORDERS_EXPORT
-- params: i i s s s s s s t t t t i i i i
-- columns: {ORDER_LINE}
SELECT
{ORDER_LINE}
FROM exchange_orders o
WHERE
{ORDER_FILTERED};

-- name: ORDERS_FOUND_EXPORT
-- params: s s s s s i i s s s s s s t t t t i i i i
-- columns: {ORDER_LINE}
SELECT
{ORDER_LINE}
FROM
{ORDER_FOUND}
WHERE
{ORDER_FILTERED};

-- name: ORDER_BY_NO
-- params: s s s
-- columns: s i s
SELECT id, status, tracking_no FROM exchange_orders WHERE order_no = ? AND (? IS NULL OR merchant_id = ?);
