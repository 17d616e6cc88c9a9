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
-- params: i i s i i i i t t
-- columns: -
-- The hot row, last of all: every condition of the exchange is held once more against the row as it is now.
UPDATE products
SET stock_quantity = stock_quantity - ?, sales_count = sales_count + ?, stock_seq = stock_seq + 1
WHERE id = ? AND stock_quantity >= ? AND points_price = ? AND purchase_limit <=> ? AND alert_threshold <=> ?
  AND status = 1 AND deleted_at IS NULL AND (available_from IS NULL OR available_from <= ?)
  AND (available_until IS NULL OR available_until > ?);

-- name: INVENTORY_RESERVE
-- params: i i s i i i i t t
-- columns: -
-- The same for an order that waits: its pieces are kept for it, and not sold yet.
UPDATE products
SET stock_quantity = stock_quantity - ?, reserved_quantity = reserved_quantity + ?, stock_seq = stock_seq + 1
WHERE id = ? AND stock_quantity >= ? AND points_price = ? AND purchase_limit <=> ? AND alert_threshold <=> ?
  AND status = 1 AND deleted_at IS NULL AND (available_from IS NULL OR available_from <= ?)
  AND (available_until IS NULL OR available_until > ?);

-- name: INVENTORY_STEP
-- params: i i i s i i
-- columns: -
-- One step of the ledger: what becomes available, reserved and sold by it.
UPDATE products SET stock_quantity = stock_quantity + ?, reserved_quantity = reserved_quantity + ?,
  sales_count = sales_count + ?, stock_seq = stock_seq + 1
WHERE id = ? AND stock_quantity + ? BETWEEN 0 AND 2147483647 AND reserved_quantity + ? >= 0;

-- name: INVENTORY_SALES
-- params: i s
-- columns: -
-- Pieces that were sold and came back unfit for sale: no stock, no record.
UPDATE products SET sales_count = sales_count + ? WHERE id = ?;

-- name: INVENTORY_RECORD
-- params: s i i s s t s
-- columns: -
-- Right after the stock moved. Its id, change type (1 in, 2 out, 3 reserve, 4 release), the change, order, why, when, product.
INSERT INTO inventory_records
  (id, product_id, change_type, quantity_change, stock_after, related_order_id, description, created_at, seq)
SELECT ?, id, ?, ?, stock_quantity, ?, ?, ?, stock_seq FROM products WHERE id = ?;

-- name: INVENTORY_STEP_RECORD
-- params: s i i s s s t s
-- columns: -
-- Right after its step: id, change type, change, order, operator, why, when, product.
INSERT INTO inventory_records
  (id, product_id, change_type, quantity_change, stock_after, related_order_id, operator_id, description, created_at, seq)
SELECT ?, id, ?, ?, stock_quantity, ?, ?, ?, ?, stock_seq FROM products WHERE id = ?;

-- name: INVENTORY_LOW
-- params: s t t s i
-- columns: -
-- Right after the stock fell by the last parameter: tells it once, by whichever change crossed the threshold downward.
INSERT INTO outbox (event_id, event_type, source, targets, aggregate, payload, created_at, next_at)
SELECT ?, 'mall.inventory.low', 'inventory', '["notify"]', id,
  CONCAT('{"productId":"', id, '","available":', stock_quantity, ',"threshold":', alert_threshold, '}'), ?, ?
FROM products
WHERE id = ? AND alert_threshold IS NOT NULL AND stock_quantity <= alert_threshold
  AND stock_quantity + ? > alert_threshold;

-- Operators' own. The second and third parameter of each look at a product are the merchant whose it must be, or NULL.

-- name: INVENTORY_LOCK
-- params: s s s
-- columns: i i
SELECT stock_quantity, reserved_quantity FROM products
WHERE id = ? AND deleted_at IS NULL AND (? IS NULL OR merchant_id = ?) FOR UPDATE;

-- part: LEDGER_ROW
-- columns: s i i i i s s s t
id, seq, change_type, quantity_change, stock_after, related_order_id, operator_id, description, created_at;

-- name: INVENTORY_RECORD_GET
-- params: s
-- columns: {LEDGER_ROW}
SELECT
{LEDGER_ROW}
FROM inventory_records WHERE id = ?;

-- name: INVENTORY_RECORD_LIST
-- params: s i i i
-- columns: {LEDGER_ROW}
SELECT
{LEDGER_ROW}
FROM inventory_records WHERE product_id = ? AND (? IS NULL OR seq < ?)
ORDER BY seq DESC LIMIT ?;

-- name: INVENTORY_RECORD_COUNT
-- params: s s s
-- columns: i
-- A product's records are numbered without a gap. The ledger outlives the product.
SELECT LEAST(stock_seq, 10000) FROM products WHERE id = ? AND (? IS NULL OR merchant_id = ?);

-- part: LEVEL_ROW
-- columns: s s i i i i
id, name, status, stock_quantity, reserved_quantity, alert_threshold;

-- name: INVENTORY_LEVEL_LOCK
-- params: s s s
-- columns: {LEVEL_ROW}
SELECT
{LEVEL_ROW}
FROM products WHERE id = ? AND deleted_at IS NULL AND (? IS NULL OR merchant_id = ?) FOR UPDATE;

-- name: INVENTORY_ALERT
-- params: i s
-- columns: -
UPDATE products SET alert_threshold = ? WHERE id = ?;

-- name: INVENTORY_LOW_LIST
-- params: s s i i i s i
-- columns: {LEVEL_ROW}
-- The scarcest first.
SELECT
{LEVEL_ROW}
FROM products
WHERE alert_threshold IS NOT NULL AND stock_quantity <= alert_threshold AND deleted_at IS NULL
  AND (? IS NULL OR merchant_id = ?)
  AND (? IS NULL OR stock_quantity > ? OR (stock_quantity = ? AND id > ?))
ORDER BY stock_quantity, id LIMIT ?;

-- name: INVENTORY_LOW_COUNT
-- params: s s
-- columns: i
SELECT COUNT(*) FROM (SELECT 1 FROM products
  WHERE alert_threshold IS NOT NULL AND stock_quantity <= alert_threshold AND deleted_at IS NULL
    AND (? IS NULL OR merchant_id = ?) LIMIT 10000) AS low;
