-- Points: the balance, and the append-only ledger behind it.

-- name: POINTS_TAKE
-- params: s s
-- columns: -
UPDATE users u JOIN exchange_orders o ON o.user_id = u.id
SET u.points_balance = u.points_balance - o.points_cost, u.points_spent = u.points_spent + o.points_cost,
  u.points_seq = u.points_seq + 1
WHERE o.id = ? AND u.id = ? AND u.blocked_at IS NULL AND u.points_debt = 0 AND u.points_balance >= o.points_cost;

-- name: POINTS_GIVE_BACK
-- params: s s
-- columns: -
UPDATE users u JOIN exchange_orders o ON o.user_id = u.id
SET u.points_balance = u.points_balance + o.points_cost, u.points_spent = u.points_spent - o.points_cost,
  u.points_seq = u.points_seq + 1
WHERE o.id = ? AND u.id = ?;

-- name: POINTS_RECORD
-- params: s s i s t s s
-- columns: -
-- id, type, sign (+1, -1), description's beginning, time, order, user
INSERT INTO points_records (id, user_id, seq, type, points, balance_after, description, related_id, created_at)
SELECT ?, u.id, u.points_seq, ?, ? * o.points_cost, u.points_balance, CONCAT(?, o.product_name), o.id, ?
FROM exchange_orders o JOIN users u ON u.id = o.user_id WHERE o.id = ? AND u.id = ?;

-- name: POINTS_AFTER
-- params: s s
-- columns: i i t
SELECT u.points_balance, o.points_cost, o.estimated_delivery
FROM exchange_orders o JOIN users u ON u.id = o.user_id WHERE o.id = ? AND u.id = ?;

-- name: POINTS_BALANCE
-- params: s
-- columns: i i i i i
SELECT u.points_balance,
  (SELECT COALESCE(SUM(o.points_cost), 0) FROM exchange_orders o WHERE o.user_id = u.id AND o.status = 0),
  u.points_debt, u.points_earned, u.points_spent
FROM users u WHERE u.id = ?;

-- name: POINTS_LIST
-- params: s s s i i i
-- columns: s i s i i s s t
SELECT id, seq, type, points, balance_after, description, related_id, created_at
FROM points_records
WHERE user_id = ? AND (? IS NULL OR type = ?) AND (? IS NULL OR seq < ?)
ORDER BY seq DESC LIMIT ?;
