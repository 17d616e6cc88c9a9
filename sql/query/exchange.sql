-- Exchange: how orders begin, and the counters that purchase limits are held against.

-- name: EXCHANGE_ORDER
-- params: s s s s s i i s t t t s s i s s t
-- columns: -
-- A confirmed order. The snapshot is the product as it was shown.
INSERT INTO exchange_orders (id, order_no, user_id, product_id, product_name, quantity, points_cost, status, delivery_info,
  delivery_status, exchanged_at, created_at, updated_at, merchant_id, category_id, unit_points, product_snapshot, source,
  estimated_delivery)
VALUES (?, ?, ?, ?, ?, ?, ?, 1, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: EXCHANGE_HOLD
-- params: s s s s s i i s i i t t t s s i s s t
-- columns: -
-- An order that waits: settling, needs_review, until when it is held.
INSERT INTO exchange_orders (id, order_no, user_id, product_id, product_name, quantity, points_cost, status, delivery_info,
  settling, needs_review, expires_at, created_at, updated_at, merchant_id, category_id, unit_points, product_snapshot, source,
  estimated_delivery)
VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

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

-- name: EXCHANGE_JUDGE
-- params: t t s s
-- columns: o i i i o i i i
-- Why an exchange could not be had: everything that its guards asked, in one look.
SELECT (p.status = 1 AND p.deleted_at IS NULL AND (p.available_from IS NULL OR p.available_from <= ?)
    AND (p.available_until IS NULL OR p.available_until > ?)),
  p.points_price, p.stock_quantity, p.purchase_limit, u.blocked_at IS NOT NULL, u.points_balance, u.points_debt,
  (SELECT n.quantity FROM purchase_counters n WHERE n.user_id = u.id AND n.product_id = p.id)
FROM users u LEFT JOIN products p ON p.id = ? WHERE u.id = ?;
