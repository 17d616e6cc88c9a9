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
-- params: i i s i i i t t
-- columns: -
-- The hot row, last of all: every condition of the exchange is held once more against the row as it is now.
UPDATE products
SET stock_quantity = stock_quantity - ?, sales_count = sales_count + ?, stock_seq = stock_seq + 1
WHERE id = ? AND stock_quantity >= ? AND points_price = ? AND purchase_limit <=> ? AND status = 1 AND deleted_at IS NULL
  AND (available_from IS NULL OR available_from <= ?) AND (available_until IS NULL OR available_until > ?);

-- name: INVENTORY_PUT_BACK
-- params: i i s
-- columns: -
UPDATE products
SET stock_quantity = stock_quantity + ?, sales_count = sales_count - ?, stock_seq = stock_seq + 1 WHERE id = ?;

-- name: INVENTORY_RECORD
-- params: s i i s s t s
-- columns: -
-- Right after the stock moved. Its id, change type (1 in, 2 out, 3 reserve, 4 release), the change, order, why, when, product.
INSERT INTO inventory_records
  (id, product_id, change_type, quantity_change, stock_after, related_order_id, description, created_at, seq)
SELECT ?, id, ?, ?, stock_quantity, ?, ?, ?, stock_seq FROM products WHERE id = ?;
