-- pointsmall import: lines of the files are staged, held against each other and what is there, then brought in, some accounts
-- at a time.

-- name: IMPORT_ACCOUNT
-- params: i i b b s i t s
-- columns: -
INSERT INTO import_accounts (file, line, openid, unionid, nickname, balance, created_at, user_id)
VALUES (?, ?, ?, ?, ?, ?, ?, ?);

-- name: IMPORT_RECORD
-- params: i i s b s i s s t
-- columns: -
INSERT INTO import_records (file, line, id, openid, type, points, description, related_id, created_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: IMPORT_FORGET_ACCOUNTS
-- params: i
-- columns: -
DELETE FROM import_accounts LIMIT ?;

-- name: IMPORT_FORGET_RECORDS
-- params: i
-- columns: -
DELETE FROM import_records LIMIT ?;

-- The checks. Each gives lines that are wrong, and how: file, line, words.

-- name: IMPORT_CHECK_ACCOUNT_TWICE
-- params: -
-- columns: i i s
SELECT a.file, a.line, 'openid: is there already' FROM import_accounts a
WHERE EXISTS (SELECT 1 FROM import_accounts b WHERE b.openid = a.openid
  AND (b.file < a.file OR (b.file = a.file AND b.line < a.line))) ORDER BY a.file, a.line LIMIT 1000;

-- name: IMPORT_CHECK_UNIONID
-- params: -
-- columns: i i s
-- One person has one openid in the mini-program.
SELECT k.file, k.line, 'unionid: is that of another openid' FROM (
  SELECT a.file, a.line, a.openid, a.unionid, FIRST_VALUE(a.openid) OVER (PARTITION BY a.unionid ORDER BY a.file, a.line) AS whose
  FROM import_accounts a WHERE a.unionid IS NOT NULL) AS k
WHERE k.openid <> k.whose OR EXISTS (SELECT 1 FROM users u WHERE u.unionid = k.unionid AND u.openid <> k.openid)
ORDER BY k.file, k.line LIMIT 1000;

-- name: IMPORT_CHECK_RECORD_TWICE
-- params: -
-- columns: i i s
SELECT a.file, a.line, 'record_id: is there already' FROM import_records a
WHERE EXISTS (SELECT 1 FROM import_records b WHERE b.id = a.id
  AND (b.file < a.file OR (b.file = a.file AND b.line < a.line))) ORDER BY a.file, a.line LIMIT 1000;

-- name: IMPORT_CHECK_NOBODYS
-- params: -
-- columns: i i s
SELECT r.file, r.line, 'openid: is in none of the files of accounts' FROM import_records r
  LEFT JOIN import_accounts a ON a.openid = r.openid
WHERE a.openid IS NULL ORDER BY r.file, r.line LIMIT 1000;

-- name: IMPORT_CHECK_SUM
-- params: -
-- columns: i i s
SELECT a.file, a.line, CONCAT('balance: is ', a.balance, ', and the records add up to ', COALESCE(r.points, 0))
FROM import_accounts a LEFT JOIN (SELECT openid, SUM(points) AS points FROM import_records GROUP BY openid) r
  ON r.openid = a.openid
WHERE a.balance <> COALESCE(r.points, 0) ORDER BY a.file, a.line LIMIT 1000;

-- name: IMPORT_CHECK_TOO_MUCH
-- params: -
-- columns: i i s
-- An account's totals are BIGINT, and need room for what is still to come.
SELECT a.file, a.line, CONCAT('balance: the records bring ', r.come, ' and take ', r.gone, ' points in all: too many')
FROM import_accounts a JOIN (SELECT openid, SUM(GREATEST(points, 0)) AS come, SUM(GREATEST(-points, 0)) AS gone
  FROM import_records GROUP BY openid) r ON r.openid = a.openid
WHERE r.come > 1000000000000000000 OR r.gone > 1000000000000000000 ORDER BY a.file, a.line LIMIT 1000;

-- name: IMPORT_CHECK_BELOW_ZERO
-- params: -
-- columns: i i s
SELECT k.file, k.line, CONCAT('points: the balance would be ', k.balance, ' then') FROM (
  SELECT file, line, SUM(points) OVER (PARTITION BY openid ORDER BY created_at, file, line ROWS UNBOUNDED PRECEDING) AS balance
  FROM import_records) AS k
WHERE k.balance < 0 ORDER BY k.file, k.line LIMIT 1000;

-- name: IMPORT_CHECK_CONFLICT
-- params: -
-- columns: i i s
SELECT a.file, a.line, CONCAT('openid: is user ', u.id, ', who has points of our own already')
FROM import_accounts a JOIN users u ON u.openid = a.openid AND u.points_seq > 0
  LEFT JOIN points_sources s ON s.source = CONCAT('import:', a.openid)
WHERE s.source IS NULL ORDER BY a.file, a.line LIMIT 1000;

-- name: IMPORT_CHECK_LATE
-- params: -
-- columns: i i s
SELECT r.file, r.line, 'record_id: was not among those that the account was imported with'
FROM import_records r JOIN points_sources s ON s.source = CONCAT('import:', r.openid)
  LEFT JOIN points_records p ON p.id = r.id AND p.user_id = s.user_id
WHERE p.id IS NULL ORDER BY r.file, r.line LIMIT 1000;

-- name: IMPORT_CHECK_TAKEN
-- params: -
-- columns: i i s
SELECT r.file, r.line, 'record_id: was imported before, of another account'
FROM import_records r JOIN points_records p ON p.id = r.id
  LEFT JOIN points_sources s ON s.source = CONCAT('import:', r.openid)
WHERE s.source IS NULL ORDER BY r.file, r.line LIMIT 1000;

-- The bringing in, of the accounts of a stretch of lines.

-- name: IMPORT_NEXT
-- params: i i i
-- columns: i i i
-- The next stretch behind a line: its file, first and last line; no row at the end.
SELECT k.file, MIN(k.line), MAX(k.line) FROM (
  SELECT file, line FROM import_accounts WHERE file = ? AND line > ? ORDER BY line LIMIT ?) AS k GROUP BY k.file;

-- name: IMPORT_MARK_DONE
-- params: i i i
-- columns: -
UPDATE import_accounts a JOIN points_sources s ON s.source = CONCAT('import:', a.openid) SET a.done = 1
WHERE a.file = ? AND a.line BETWEEN ? AND ?;

-- name: IMPORT_FIND_USERS
-- params: i i i
-- columns: -
UPDATE import_accounts a JOIN users u ON u.openid = a.openid SET a.user_id = u.id
WHERE a.file = ? AND a.line BETWEEN ? AND ?;

-- name: IMPORT_SOURCES
-- params: t i i i
-- columns: -
-- An account without records has none that its source could name: it is barred from being imported again.
INSERT INTO points_sources (source, user_id, outcome, record_id, created_at)
SELECT k.source, k.user_id, CASE WHEN k.record_id IS NULL THEN 2 ELSE 1 END, k.record_id, ? FROM (
  SELECT CONCAT('import:', a.openid) AS source, a.user_id,
    (SELECT MIN(r.id) FROM import_records r WHERE r.openid = a.openid) AS record_id
  FROM import_accounts a WHERE a.file = ? AND a.line BETWEEN ? AND ? AND a.done = 0) AS k;

-- name: IMPORT_USERS
-- params: i i i
-- columns: -
INSERT INTO users (id, openid, nickname, created_at)
SELECT a.user_id, a.openid, a.nickname, a.created_at FROM import_accounts a LEFT JOIN users u ON u.openid = a.openid
WHERE a.file = ? AND a.line BETWEEN ? AND ? AND a.done = 0 AND u.id IS NULL;

-- name: IMPORT_UNIONIDS
-- params: i i i
-- columns: -
UPDATE users u JOIN import_accounts a ON a.user_id = u.id SET u.unionid = a.unionid
WHERE a.file = ? AND a.line BETWEEN ? AND ? AND a.done = 0 AND u.unionid IS NULL AND a.unionid IS NOT NULL;

-- name: IMPORT_RECORDS
-- params: i i i
-- columns: -
INSERT INTO points_records (id, user_id, seq, type, points, balance_after, description, related_id, created_at)
SELECT r.id, a.user_id, ROW_NUMBER() OVER (PARTITION BY a.user_id ORDER BY r.created_at, r.file, r.line), r.type, r.points,
  SUM(r.points) OVER (PARTITION BY a.user_id ORDER BY r.created_at, r.file, r.line ROWS UNBOUNDED PRECEDING),
  r.description, r.related_id, r.created_at
FROM import_accounts a JOIN import_records r ON r.openid = a.openid
WHERE a.file = ? AND a.line BETWEEN ? AND ? AND a.done = 0;

-- name: IMPORT_BALANCES
-- params: i i i
-- columns: -
UPDATE users u JOIN (
    SELECT a.user_id, COUNT(*) AS seq, SUM(r.points) AS balance, -SUM(LEAST(r.points, 0)) AS points_out,
      SUM(CASE WHEN r.type = 'payment_reward' OR (r.type = 'adjust' AND r.points > 0) THEN r.points ELSE 0 END) AS earned
    FROM import_accounts a JOIN import_records r ON r.openid = a.openid
    WHERE a.file = ? AND a.line BETWEEN ? AND ? AND a.done = 0 GROUP BY a.user_id) AS k ON k.user_id = u.id
SET u.points_balance = k.balance, u.points_seq = k.seq, u.points_out = k.points_out, u.points_earned = k.earned
WHERE u.points_seq = 0;

-- name: IMPORT_RESULT
-- params: i i i i i i
-- columns: i i i i
-- Of a stretch, before its COMMIT: how many accounts came in, which were there, the points that came, and how many accounts are
-- not as their line says.
SELECT COALESCE(SUM(a.done = 0), 0), COALESCE(SUM(a.done = 1), 0),
  CAST(COALESCE(SUM(CASE WHEN a.done = 0 THEN a.balance ELSE 0 END), 0) AS SIGNED),
  COALESCE(SUM(a.done = 0 AND (u.id IS NULL OR u.points_balance <> a.balance OR COALESCE(k.points, 0) <> a.balance
    OR COALESCE(k.n, 0) <> u.points_seq)), 0)
FROM import_accounts a LEFT JOIN users u ON u.id = a.user_id AND u.openid = a.openid
  LEFT JOIN (SELECT b.user_id, SUM(p.points) AS points, COUNT(*) AS n FROM import_accounts b
    JOIN points_records p ON p.user_id = b.user_id
    WHERE b.file = ? AND b.line BETWEEN ? AND ? AND b.done = 0 GROUP BY b.user_id) k ON k.user_id = a.user_id
WHERE a.file = ? AND a.line BETWEEN ? AND ?;
