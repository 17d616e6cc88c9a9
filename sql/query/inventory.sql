-- Stock: what is available, and the ledger that explains every change of it.

-- name: INVENTORY_GET
-- params: s
-- columns: s i i t
SELECT id, stock_quantity, reserved_quantity, updated_at FROM products
WHERE id = ? AND status = 1 AND deleted_at IS NULL;

-- name: INVENTORY_AVAILABLE
-- params: s t t
-- columns: i
-- What can be had now: nothing of a product that cannot be exchanged now.
SELECT stock_quantity FROM products
WHERE id = ? AND status = 1 AND deleted_at IS NULL
  AND (available_from IS NULL OR available_from <= ?) AND (available_until IS NULL OR available_until > ?);

-- name: INVENTORY_TAKE
-- params: i i s t t i s s
-- columns: -
-- The hot row, last of all: every condition of the exchange is held once more against the row as it is now.
UPDATE products
SET stock_quantity = stock_quantity - ?, sales_count = sales_count + ?, stock_seq = stock_seq + 1
WHERE id = ? AND status = 1 AND deleted_at IS NULL
  AND (available_from IS NULL OR available_from <= ?) AND (available_until IS NULL OR available_until > ?)
  AND stock_quantity >= ?
  AND points_price = (SELECT o.unit_points FROM exchange_orders o WHERE o.id = ?)
  AND (purchase_limit IS NULL
    OR purchase_limit >= (SELECT n.quantity FROM purchase_counters n WHERE n.user_id = ? AND n.product_id = products.id));

-- name: INVENTORY_PUT_BACK
-- params: s
-- columns: -
UPDATE products p JOIN exchange_orders o ON o.product_id = p.id
SET p.stock_quantity = p.stock_quantity + o.quantity, p.sales_count = p.sales_count - o.quantity,
  p.stock_seq = p.stock_seq + 1
WHERE o.id = ?;

-- name: INVENTORY_RECORD
-- params: s i i s t s
-- columns: -
-- id, change type (1 in, 2 out, 3 reserve, 4 release), sign (+1, -1), description, time, order
INSERT INTO inventory_records
  (id, product_id, change_type, quantity_change, stock_after, related_order_id, description, created_at, seq)
SELECT ?, p.id, ?, ? * o.quantity, p.stock_quantity, o.id, ?, ?, p.stock_seq
FROM exchange_orders o JOIN products p ON p.id = o.product_id WHERE o.id = ?;
