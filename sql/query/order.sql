-- Orders: reads, and their moves. Every move of an order's row is one guarded statement.

-- part: ORDER_ROW
-- columns: s s s s i i i i i o o s s s s s s t t t t t s s i s s s s s s i i o o i i t t
o.id, o.order_no, o.user_id, o.merchant_id, o.quantity, o.points_cost, o.status, o.delivery_status, o.version, o.settling,
  o.needs_review, o.failure_code, JSON_UNQUOTE(JSON_EXTRACT(o.delivery_info, '$.receiverName')),
  JSON_UNQUOTE(JSON_EXTRACT(o.delivery_info, '$.receiverPhone')),
  JSON_UNQUOTE(JSON_EXTRACT(o.delivery_info, '$.address')), o.carrier, o.tracking_no,
  o.exchanged_at, o.estimated_delivery, o.delivered_at, o.expires_at, o.created_at,
  o.product_id, o.product_name, o.unit_points, JSON_UNQUOTE(JSON_EXTRACT(o.product_snapshot, '$.description')),
  JSON_EXTRACT(o.product_snapshot, '$.category'), JSON_EXTRACT(o.product_snapshot, '$.merchant'),
  JSON_EXTRACT(o.product_snapshot, '$.originalPrice'), JSON_EXTRACT(o.product_snapshot, '$.images'),
  JSON_EXTRACT(o.product_snapshot, '$.specifications'),
  p.stock_quantity, p.sales_count, p.is_hot, p.is_new, p.status, p.purchase_limit, p.available_from, p.available_until;

-- name: ORDER_GET
-- params: s s s s s
-- columns: {ORDER_ROW}
-- An operator asks without a user, an admin without a merchant.
SELECT
{ORDER_ROW}
FROM exchange_orders o LEFT JOIN products p ON p.id = o.product_id
WHERE o.id = ? AND (? IS NULL OR o.user_id = ?) AND (? IS NULL OR o.merchant_id = ?);

-- name: ORDER_LIST
-- params: s i i s s i
-- columns: {ORDER_ROW}
SELECT
{ORDER_ROW}
FROM exchange_orders o LEFT JOIN products p ON p.id = o.product_id
WHERE o.user_id = ? AND (? IS NULL OR o.status = ?) AND (? IS NULL OR o.id < ?)
ORDER BY o.id DESC LIMIT ?;

-- name: ORDER_MOVE
-- params: i i t i t t i t t t t t t s s s s s s s i i i
-- columns: -
-- To a status, and all that a move may set beside it; NULL leaves what is there. The delivery only advances, and what
-- happened first stays the first. The delivery is estimated by the merchant's days, or those of the shop. Guarded by the owner and
-- by the row being as it was judged.
UPDATE exchange_orders SET status = ?, delivery_status = GREATEST(delivery_status, ?), expires_at = ?, settling = ?,
  version = version + 1, exchanged_at = COALESCE(exchanged_at, ?),
  estimated_delivery = COALESCE(CAST(? AS DATETIME) + INTERVAL
    COALESCE((SELECT m.delivery_days FROM merchants m WHERE m.id = exchange_orders.merchant_id), ?) DAY, estimated_delivery),
  shipped_at = COALESCE(?, shipped_at), delivered_at = COALESCE(delivered_at, ?), completed_at = COALESCE(completed_at, ?),
  cancelled_at = COALESCE(?, cancelled_at), return_asked_at = COALESCE(?, return_asked_at),
  returned_at = COALESCE(?, returned_at), cancel_reason = COALESCE(?, cancel_reason),
  return_reason = COALESCE(?, return_reason), carrier = COALESCE(?, carrier), tracking_no = COALESCE(?, tracking_no),
  failure_code = COALESCE(?, failure_code)
WHERE id = ? AND user_id = ? AND status = ? AND settling = ? AND version = ?;

-- name: ORDER_DELIVERY_INFO
-- params: s s s
-- columns: -
UPDATE exchange_orders SET delivery_info = ?, version = version + 1
WHERE id = ? AND user_id = ? AND status IN (0, 1) AND settling = 0;

-- name: ORDER_OWNER
-- params: s
-- columns: i
-- Holds the row of the user whose points stay as they are: a user's events come in the order of the row's lock.
SELECT points_balance FROM users WHERE id = ? FOR UPDATE;

-- name: ORDER_COUNT_BACK
-- params: i s s i
-- columns: -
UPDATE purchase_counters SET quantity = quantity - ? WHERE user_id = ? AND product_id = ? AND quantity >= ?;

-- name: ORDER_TRACKED
-- params: s i i s t
-- columns: -
INSERT INTO order_tracking (order_id, version, delivery_status, description, created_at) VALUES (?, ?, ?, ?, ?);

-- name: ORDER_PARCEL
-- params: s s
-- columns: -
INSERT INTO order_parcels (order_id, tracking_no) VALUES (?, ?);

-- name: ORDER_WAY
-- params: s
-- columns: t i s
SELECT created_at, delivery_status, description FROM order_tracking WHERE order_id = ? ORDER BY version DESC LIMIT 200;

-- name: ORDER_TIMER_SET
-- params: s t
-- columns: -
INSERT INTO order_timers (order_id, due_at) VALUES (?, ?) ON DUPLICATE KEY UPDATE due_at = VALUES(due_at);

-- name: ORDER_TIMER_CLEAR
-- params: s
-- columns: -
DELETE FROM order_timers WHERE order_id = ?;

-- name: ORDER_TIMER_LATER
-- params: t s t
-- columns: -
UPDATE order_timers SET due_at = ? WHERE order_id = ? AND due_at <= ?;

-- name: ORDER_DUE
-- params: t i
-- columns: s i i
-- One look at the timer and its order: whoever acts on it acts on that version of the order or not at all.
SELECT STRAIGHT_JOIN t.order_id, o.status, o.version
FROM order_timers t JOIN exchange_orders o ON o.id = t.order_id
WHERE t.due_at <= ? ORDER BY t.due_at LIMIT ?;
