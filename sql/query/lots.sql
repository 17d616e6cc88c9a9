-- Points that expire. A lot is a stretch of the running total of what left the balance (users.points_out): what of it lies
-- under the total is history and never moves again, what lies over it is unspent. The unspent lots follow one another from the
-- total on, the soonest first, without a gap; behind them are the points that never expire.
--
-- Points with a date come in by the four statements LOT_SPLIT to LOT_ADD, in this order, after the user's row was changed and so
-- locked. They only touch what lies over the total.

-- name: LOT_SPLIT
-- params: s t s t
-- columns: -
-- A lot that will move on and is spent in part leaves that part behind.
INSERT INTO points_lots (id, user_id, starts_at, ends_at, expires_at, closed_at)
SELECT ?, l.user_id, l.starts_at, u.points_out, l.expires_at, ? FROM users u JOIN points_lots l ON l.user_id = u.id
  AND l.ends_at > u.points_out AND l.starts_at < u.points_out
WHERE u.id = ? AND l.expires_at > ?;

-- name: LOT_SHIFT
-- params: i i s t
-- columns: -
-- Those that expire later make room.
UPDATE points_lots l JOIN users u ON u.id = l.user_id
SET l.ends_at = l.ends_at + ?, l.starts_at = GREATEST(l.starts_at, u.points_out) + ?
WHERE u.id = ? AND l.ends_at > u.points_out AND l.expires_at > ?;

-- name: LOT_GROW
-- params: i s t
-- columns: -
UPDATE points_lots l JOIN users u ON u.id = l.user_id SET l.ends_at = l.ends_at + ?
WHERE u.id = ? AND l.ends_at > u.points_out AND l.expires_at = ? AND l.closed_at IS NULL;

-- name: LOT_ADD
-- params: s i t t s t
-- columns: -
-- Where none could grow.
INSERT INTO points_lots (id, user_id, starts_at, ends_at, expires_at)
SELECT ?, k.user_id, k.place, k.place + ?, ? FROM (
  SELECT u.id AS user_id, COALESCE((SELECT MAX(l.ends_at) FROM points_lots l
    WHERE l.user_id = u.id AND l.ends_at > u.points_out AND l.expires_at <= ?), u.points_out) AS place
  FROM users u WHERE u.id = ?) AS k
WHERE NOT EXISTS (SELECT 1 FROM points_lots n JOIN users w ON w.id = n.user_id
  WHERE n.user_id = k.user_id AND n.ends_at > w.points_out AND n.expires_at = ? AND n.closed_at IS NULL);

-- name: LOT_ORIGIN
-- params: s s
-- columns: i t
-- Which of the points that an order took came with which date; those on no lot had none.
SELECT LEAST(l.ends_at, r.spent_from - r.points) - GREATEST(l.starts_at, r.spent_from), l.expires_at
FROM points_records r JOIN points_lots l ON l.user_id = r.user_id AND l.ends_at > r.spent_from
  AND l.starts_at < r.spent_from - r.points
WHERE r.related_id = ? AND r.user_id = ? AND r.type = 'mall_exchange'
ORDER BY l.expires_at;

-- name: LOT_DUE
-- params: t i
-- columns: s s i i i
-- A user's lots come in the order in which they are spent, which is the index's: of a million that are due a page is read.
SELECT l.id, l.user_id, l.starts_at, l.ends_at, u.points_out FROM points_lots l JOIN users u ON u.id = l.user_id
WHERE l.closed_at IS NULL AND l.expires_at <= ? ORDER BY l.expires_at, l.user_id, l.ends_at LIMIT ?;

-- name: LOT_DUE_ONE
-- params: s
-- columns: s s i i i
SELECT l.id, l.user_id, l.starts_at, l.ends_at, u.points_out FROM points_lots l JOIN users u ON u.id = l.user_id
WHERE l.id = ? AND l.closed_at IS NULL;

-- name: LOT_EXPIRE
-- params: i i s i i s s i i
-- columns: -
-- What is left of the lot leaves the balance: guarded by all that it was reckoned from.
UPDATE users SET points_balance = points_balance - ?, points_out = points_out + ?, points_seq = points_seq + 1
WHERE id = ? AND points_out = ? AND points_balance >= ? AND EXISTS (SELECT 1 FROM points_lots l
  WHERE l.id = ? AND l.user_id = ? AND l.starts_at = ? AND l.ends_at = ? AND l.closed_at IS NULL);

-- name: LOT_CLOSE
-- params: t s
-- columns: -
UPDATE points_lots l JOIN users u ON u.id = l.user_id SET l.closed_at = ?
WHERE l.id = ? AND l.closed_at IS NULL AND l.ends_at <= u.points_out;
