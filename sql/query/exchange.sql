-- Exchange: orders, and the counters that purchase limits are held against.

-- name: EXCHANGE_ORDER
-- params: s s s s s i i s t t t s s i s s t
-- columns: -
-- A confirmed order. The snapshot is the product as it was shown.
INSERT INTO exchange_orders (id, order_no, user_id, product_id, product_name, quantity, points_cost, status, delivery_info,
  delivery_status, exchanged_at, created_at, updated_at, merchant_id, category_id, unit_points, product_snapshot, source,
  estimated_delivery)
VALUES (?, ?, ?, ?, ?, ?, ?, 1, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: EXCHANGE_COUNT
-- params: s s i
-- columns: -
INSERT INTO purchase_counters (user_id, product_id, quantity) VALUES (?, ?, ?)
ON DUPLICATE KEY UPDATE quantity = quantity + VALUES(quantity);

-- name: EXCHANGE_WITHIN_LIMIT
-- params: s s i
-- columns: i
-- The guard of EXCHANGE_COUNT, for a product that has a limit: the row is this transaction's own now.
SELECT quantity FROM purchase_counters WHERE user_id = ? AND product_id = ? AND quantity <= ?;

-- name: EXCHANGE_COUNT_BACK
-- params: i s s i
-- columns: -
UPDATE purchase_counters SET quantity = quantity - ? WHERE user_id = ? AND product_id = ? AND quantity >= ?;

-- name: EXCHANGE_JUDGE
-- params: t t s s
-- columns: o i i i o i i i
-- Why an exchange could not be had: everything that its guards asked, in one look.
SELECT (p.status = 1 AND p.deleted_at IS NULL AND (p.available_from IS NULL OR p.available_from <= ?)
    AND (p.available_until IS NULL OR p.available_until > ?)),
  p.points_price, p.stock_quantity, p.purchase_limit, u.blocked_at IS NOT NULL, u.points_balance, u.points_debt,
  (SELECT n.quantity FROM purchase_counters n WHERE n.user_id = u.id AND n.product_id = p.id)
FROM users u LEFT JOIN products p ON p.id = ? WHERE u.id = ?;

-- name: ORDER_CANCEL
-- params: t s s s
-- columns: -
UPDATE exchange_orders SET status = 4, cancelled_at = ?, cancel_reason = ? WHERE id = ? AND user_id = ? AND status = 1;

-- part: ORDER_ROW
-- columns: s s s i i i i s s s s s t t t t t s s i s s s s s s i i o o i i t t
o.id, o.order_no, o.user_id, o.quantity, o.points_cost, o.status, o.delivery_status,
  JSON_UNQUOTE(JSON_EXTRACT(o.delivery_info, '$.receiverName')),
  JSON_UNQUOTE(JSON_EXTRACT(o.delivery_info, '$.receiverPhone')),
  JSON_UNQUOTE(JSON_EXTRACT(o.delivery_info, '$.address')),
  JSON_UNQUOTE(JSON_EXTRACT(o.delivery_info, '$.carrier')), o.tracking_no,
  o.exchanged_at, o.estimated_delivery, o.delivered_at, o.expires_at, o.created_at,
  o.product_id, o.product_name, o.unit_points, JSON_UNQUOTE(JSON_EXTRACT(o.product_snapshot, '$.description')),
  JSON_EXTRACT(o.product_snapshot, '$.category'), JSON_EXTRACT(o.product_snapshot, '$.merchant'),
  JSON_EXTRACT(o.product_snapshot, '$.originalPrice'), JSON_EXTRACT(o.product_snapshot, '$.images'),
  JSON_EXTRACT(o.product_snapshot, '$.specifications'),
  p.stock_quantity, p.sales_count, p.is_hot, p.is_new, p.status, p.purchase_limit, p.available_from, p.available_until;

-- name: ORDER_GET
-- params: s s
-- columns: {ORDER_ROW}
SELECT
{ORDER_ROW}
FROM exchange_orders o LEFT JOIN products p ON p.id = o.product_id
WHERE o.id = ? AND o.user_id = ?;

-- name: ORDER_LIST
-- params: s i i s s i
-- columns: {ORDER_ROW}
SELECT
{ORDER_ROW}
FROM exchange_orders o LEFT JOIN products p ON p.id = o.product_id
WHERE o.user_id = ? AND (? IS NULL OR o.status = ?) AND (? IS NULL OR o.id < ?)
ORDER BY o.id DESC LIMIT ?;
