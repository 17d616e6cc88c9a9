-- Points: the balance, and the append-only ledger behind it.

-- name: POINTS_TAKE
-- params: i i s i
-- columns: -
UPDATE users SET points_balance = points_balance - ?, points_spent = points_spent + ?, points_seq = points_seq + 1
WHERE id = ? AND blocked_at IS NULL AND points_debt = 0 AND points_balance >= ?;

-- name: POINTS_GIVE_BACK
-- params: i i s
-- columns: -
UPDATE users SET points_balance = points_balance + ?, points_spent = points_spent - ?, points_seq = points_seq + 1
WHERE id = ?;

-- name: POINTS_RECORD
-- params: s s i s s t s
-- columns: -
-- Right after the balance moved: the number and the balance are the row's own.
INSERT INTO points_records (id, user_id, seq, type, points, balance_after, description, related_id, created_at)
SELECT ?, id, points_seq, ?, ?, points_balance, ?, ?, ? FROM users WHERE id = ?;

-- name: POINTS_AFTER
-- params: s
-- columns: i
SELECT points_balance FROM users WHERE id = ?;

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
