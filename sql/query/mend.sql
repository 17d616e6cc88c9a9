-- What verify --repair puts right: a lock on the row, what the row is and should be as JSON, and the change. Each is given
-- the row's key, over and over. Nothing is given where the ledger itself is not whole: then it says nothing.

-- name: MEND_USER_LOCK
-- params: s
-- columns: s
SELECT id FROM users WHERE id = ? FOR UPDATE;

-- part: MEND_LEDGER
-- columns: -
-- Who has counted more records than there are has lost some.
(SELECT r.user_id, COUNT(*) AS n, MAX(r.seq) AS seq, SUM(r.points) AS balance,
    SUM(CASE WHEN r.type = 'payment_reward' OR (r.type = 'adjust' AND r.points > 0) THEN r.points ELSE 0 END) AS earned,
    -SUM(CASE WHEN r.type IN ('mall_exchange', 'mall_refund') THEN r.points ELSE 0 END) AS spent,
    -SUM(LEAST(r.points, 0)) AS points_out
  FROM points_records r LEFT JOIN points_records p ON p.user_id = r.user_id AND p.seq = r.seq - 1
  WHERE r.user_id = ? GROUP BY r.user_id
  HAVING MIN(r.seq) = 1 AND MAX(r.seq) = COUNT(*) AND SUM(r.balance_after <> COALESCE(p.balance_after, 0) + r.points) = 0)
  AS l ON l.user_id = u.id AND l.seq >= u.points_seq;

-- name: MEND_USER_LOOK
-- params: s s
-- columns: s s
SELECT
  CONCAT('{"balance":', u.points_balance, ',"seq":', u.points_seq, ',"earned":', u.points_earned, ',"spent":',
    u.points_spent, ',"out":', u.points_out, '}'),
  CONCAT('{"balance":', l.balance, ',"seq":', l.seq, ',"earned":', l.earned, ',"spent":', l.spent, ',"out":',
    l.points_out, '}')
FROM users u JOIN
{MEND_LEDGER}
WHERE u.id = ?;

-- name: MEND_USER
-- params: s s
-- columns: -
UPDATE users u JOIN
{MEND_LEDGER}
SET u.points_balance = l.balance, u.points_seq = l.seq, u.points_earned = l.earned, u.points_spent = l.spent,
  u.points_out = l.points_out
WHERE u.id = ?;

-- name: MEND_PRODUCT_LOCK
-- params: s
-- columns: s
SELECT id FROM products WHERE id = ? FOR UPDATE;

-- part: MEND_SHELF
-- columns: -
-- None may be lost, as above. What is reserved must be said alike by the ledger and by the orders.
(SELECT r.product_id, COUNT(*) AS n, MAX(r.seq) AS seq, SUM(r.quantity_change) AS stock,
    -SUM(CASE WHEN r.change_type IN (3, 4) THEN r.quantity_change ELSE 0 END) AS reserved
  FROM inventory_records r LEFT JOIN inventory_records p ON p.product_id = r.product_id AND p.seq = r.seq - 1
  WHERE r.product_id = ? GROUP BY r.product_id
  HAVING MIN(r.seq) = 1 AND MAX(r.seq) = COUNT(*) AND SUM(r.stock_after <> COALESCE(p.stock_after, 0) + r.quantity_change) = 0)
  AS l ON l.product_id = p.id AND l.seq >= p.stock_seq AND l.reserved = (SELECT COALESCE(SUM(o.quantity), 0)
    FROM exchange_orders o WHERE o.product_id = p.id AND o.status = 0);

-- name: MEND_STOCK_LOOK
-- params: s s
-- columns: s s
SELECT
  CONCAT('{"stock":', p.stock_quantity, ',"seq":', p.stock_seq, ',"reserved":', p.reserved_quantity, '}'),
  CONCAT('{"stock":', l.stock, ',"seq":', l.seq, ',"reserved":', l.reserved, '}')
FROM products p JOIN
{MEND_SHELF}
WHERE p.id = ?;

-- name: MEND_STOCK
-- params: s s
-- columns: -
UPDATE products p JOIN
{MEND_SHELF}
SET p.stock_quantity = l.stock, p.stock_seq = l.seq, p.reserved_quantity = l.reserved, p.version = p.version + 1
WHERE p.id = ?;

-- name: MEND_SALES_LOOK
-- params: s s
-- columns: s s
SELECT CONCAT('{"sales":', p.sales_count, '}'), CONCAT('{"sales":', (SELECT COALESCE(SUM(o.quantity), 0)
  FROM exchange_orders o WHERE o.product_id = ? AND o.status IN (1, 2, 3, 5)), '}')
FROM products p WHERE p.id = ?;

-- name: MEND_SALES
-- params: s s
-- columns: -
UPDATE products SET sales_count = (SELECT COALESCE(SUM(o.quantity), 0) FROM exchange_orders o
  WHERE o.product_id = ? AND o.status IN (1, 2, 3, 5))
WHERE id = ?;

-- name: MEND_COUNTER_LOCK
-- params: s s
-- columns: -
-- A row that is missing is made, so that there is one to lock.
INSERT INTO purchase_counters (user_id, product_id, quantity) VALUES (?, ?, 0)
ON DUPLICATE KEY UPDATE quantity = purchase_counters.quantity;

-- name: MEND_COUNTER_LOOK
-- params: s s s s
-- columns: s s
SELECT CONCAT('{"product":"', n.product_id, '","quantity":', n.quantity, '}'),
  CONCAT('{"product":"', n.product_id, '","quantity":', (SELECT COALESCE(SUM(o.quantity), 0)
    FROM exchange_orders o WHERE o.user_id = ? AND o.product_id = ? AND o.status NOT IN (4, 6)), '}')
FROM purchase_counters n WHERE n.user_id = ? AND n.product_id = ?;

-- name: MEND_COUNTER
-- params: s s s s
-- columns: -
UPDATE purchase_counters SET quantity = (SELECT COALESCE(SUM(o.quantity), 0) FROM exchange_orders o
  WHERE o.user_id = ? AND o.product_id = ? AND o.status NOT IN (4, 6))
WHERE user_id = ? AND product_id = ?;

-- name: MEND_KEY_LOCK
-- params: s s
-- columns: s
SELECT CONVERT(caller USING utf8mb4) FROM idempotency_answers WHERE caller = ? AND idem_key = ? FOR UPDATE;

-- name: MEND_KEY_LOOK
-- params: s s
-- columns: s s
SELECT JSON_OBJECT('key', CONVERT(a.idem_key USING utf8mb4), 'claimed', 0),
  JSON_OBJECT('key', CONVERT(a.idem_key USING utf8mb4), 'claimed', 1)
FROM idempotency_answers a
WHERE a.caller = ? AND a.idem_key = ? AND NOT EXISTS (SELECT 1 FROM idempotency_keys k
  WHERE k.caller = a.caller AND k.idem_key = a.idem_key);

-- name: MEND_KEY
-- params: s s
-- columns: -
INSERT INTO idempotency_keys (caller, idem_key, created_at)
SELECT a.caller, a.idem_key, UTC_TIMESTAMP(3) FROM idempotency_answers a WHERE a.caller = ? AND a.idem_key = ?;

-- name: MEND_TIMER_LOCK
-- params: s
-- columns: s
SELECT id FROM exchange_orders WHERE id = ? FOR UPDATE;

-- part: MEND_DUE
-- columns: -
COALESCE(o.expires_at, COALESCE(o.delivered_at, o.shipped_at, o.updated_at) + INTERVAL ? DAY);

-- name: MEND_TIMER_LOOK
-- params: i s
-- columns: s s
SELECT '{"due":null}', CONCAT('{"due":"',
{MEND_DUE}
, '"}') FROM exchange_orders o
WHERE o.id = ? AND (o.expires_at IS NOT NULL OR o.status = 2)
  AND NOT EXISTS (SELECT 1 FROM order_timers t WHERE t.order_id = o.id);

-- name: MEND_TIMER
-- params: i s
-- columns: -
INSERT INTO order_timers (order_id, due_at) SELECT o.id,
{MEND_DUE}
FROM exchange_orders o WHERE o.id = ?;

-- name: MEND_TIMER_EXTRA_LOCK
-- params: s
-- columns: s
-- The timer's own row: its order may not be there. Who moves an order changes its timer with it.
SELECT order_id FROM order_timers WHERE order_id = ? FOR UPDATE;

-- name: MEND_TIMER_EXTRA_LOOK
-- params: s
-- columns: s s
SELECT CONCAT('{"due":"', t.due_at, '"}'), '{"due":null}'
FROM order_timers t LEFT JOIN exchange_orders o ON o.id = t.order_id
WHERE t.order_id = ? AND (o.id IS NULL OR (o.expires_at IS NULL AND o.status <> 2));

-- name: MEND_TIMER_EXTRA
-- params: s
-- columns: -
DELETE FROM order_timers WHERE order_id = ?;
