-- Points: the balance, and the append-only ledger behind it.

-- name: POINTS_OPEN
-- params: s
-- columns: -
-- Where the points live apart: a user's row there, if it is not there yet.
INSERT INTO users (id) VALUES (?) ON DUPLICATE KEY UPDATE id = users.id;

-- name: POINTS_FUNDS
-- params: s
-- columns: i i i i
SELECT points_balance, points_debt, points_earned, points_spent FROM users WHERE id = ?;

-- name: POINTS_SOURCE
-- params: b s i s t
-- columns: -
INSERT INTO points_sources (source, user_id, outcome, record_id, created_at) VALUES (?, ?, ?, ?, ?);

-- name: MERCHANT_RATE
-- params: s
-- columns: i
SELECT points_rate FROM merchants WHERE id = ?;

-- name: POINTS_TAKE
-- params: i i i s i
-- columns: -
UPDATE users SET points_balance = points_balance - ?, points_spent = points_spent + ?, points_out = points_out + ?,
  points_seq = points_seq + 1
WHERE id = ? AND blocked_at IS NULL AND points_debt = 0 AND points_balance >= ?;

-- name: POINTS_GIVE_BACK
-- params: i i s
-- columns: -
UPDATE users SET points_balance = points_balance + ?, points_spent = points_spent - ?, points_seq = points_seq + 1
WHERE id = ?;

-- name: POINTS_ADD
-- params: i i s
-- columns: -
UPDATE users SET points_balance = points_balance + ?, points_earned = points_earned + ?, points_seq = points_seq + 1
WHERE id = ?;

-- name: POINTS_DRAW
-- params: i i s i
-- columns: -
-- Whether blocked or in debt: an operator's correction.
UPDATE users SET points_balance = points_balance - ?, points_out = points_out + ?, points_seq = points_seq + 1
WHERE id = ? AND points_balance >= ?;

-- name: POINTS_RECORD
-- params: s s i s s t i s
-- columns: -
-- Right after the balance moved: the number and the balance are the row's own. The last figure but one is what the
-- points that left are to be taken off the running total, to tell where they began to; NULL where points came.
INSERT INTO points_records (id, user_id, seq, type, points, balance_after, description, related_id, created_at, spent_from)
SELECT ?, id, points_seq, ?, ?, points_balance, ?, ?, ?, points_out + ? FROM users WHERE id = ?;

-- name: POINTS_SETTLE_DEBT
-- params: i i i s
-- columns: -
-- points_debt comes last, since the others need it as it was: MySQL assigns from left to right.
UPDATE users SET points_balance = points_balance - LEAST(points_debt, ?), points_out = points_out + LEAST(points_debt, ?),
  points_seq = points_seq + 1, points_debt = points_debt - LEAST(points_debt, ?)
WHERE id = ? AND points_debt > 0;

-- name: POINTS_SETTLE_RECORD
-- params: s s s t s
-- columns: -
-- Its points are what the balance lost since the record whose points settled the debt, if there was one to settle.
INSERT INTO points_records (id, user_id, seq, type, points, balance_after, description, related_id, created_at, spent_from)
SELECT ?, u.id, u.points_seq, 'debt_settlement', u.points_balance - r.balance_after, u.points_balance, ?, ?, ?,
  u.points_out + u.points_balance - r.balance_after
FROM points_records r JOIN users u ON u.id = r.user_id AND u.points_seq = r.seq + 1 WHERE r.id = ?;

-- name: POINTS_EVENT
-- params: s s t t s
-- columns: -
-- What happened to a user's points, as its record says; nothing where there is no such record.
INSERT INTO outbox (event_id, event_type, source, targets, aggregate, payload, created_at, next_at)
SELECT ?, ?, 'points', '["notify","stats"]', r.user_id, JSON_OBJECT('userId', r.user_id,
  'points', CASE WHEN r.type IN ('adjust', 'debt_settlement') THEN r.points ELSE ABS(r.points) END,
  'balanceAfter', r.balance_after, 'recordId', r.id, 'relatedId', r.related_id), ?, ?
FROM points_records r WHERE r.id = ?;

-- name: POINTS_AFTER
-- params: s
-- columns: i
SELECT points_balance FROM users WHERE id = ?;

-- part: RECORDED_ROW
-- columns: s s i i t i i
r.id, r.user_id, r.points, r.balance_after, r.created_at, u.points_balance, u.points_debt;

-- name: POINTS_RECORDED
-- params: s
-- columns: {RECORDED_ROW}
SELECT
{RECORDED_ROW}
FROM points_records r JOIN users u ON u.id = r.user_id WHERE r.id = ?;

-- name: POINTS_MADE
-- params: b
-- columns: {RECORDED_ROW}
-- The record that a source led to.
SELECT
{RECORDED_ROW}
FROM points_sources s JOIN points_records r ON r.id = s.record_id JOIN users u ON u.id = r.user_id
WHERE s.source = ?;

-- name: POINTS_ACCOUNT
-- params: s
-- columns: i i
SELECT points_balance, points_debt FROM users WHERE id = ?;

-- name: POINTS_BALANCE
-- params: s s
-- columns: i i i i i t
-- One row, or one a date at which unspent points expire: so the forecast is of the same moment as the balance.
SELECT u.points_balance, u.points_debt, u.points_earned, u.points_spent, k.points, k.expires_at
FROM users u LEFT JOIN (
  SELECT l.user_id, CAST(SUM(l.ends_at - GREATEST(l.starts_at, w.points_out)) AS SIGNED) AS points, l.expires_at
  FROM users w JOIN points_lots l ON l.user_id = w.id AND l.ends_at > w.points_out
  WHERE w.id = ? GROUP BY l.user_id, l.expires_at) AS k ON k.user_id = u.id
WHERE u.id = ? ORDER BY k.expires_at LIMIT 1000;

-- name: POINTS_HELD
-- params: s
-- columns: i
SELECT CAST(COALESCE(SUM(points_cost), 0) AS SIGNED) FROM exchange_orders WHERE user_id = ? AND status = 0;

-- name: POINTS_LIST
-- params: s s s i i i
-- columns: s i s i i s s t
SELECT id, seq, type, points, balance_after, description, related_id, created_at
FROM points_records
WHERE user_id = ? AND (? IS NULL OR type = ?) AND (? IS NULL OR seq < ?)
ORDER BY seq DESC LIMIT ?;
