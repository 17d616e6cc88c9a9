-- Users, for operators.

-- part: USER_ROW
-- columns: s s s s s t s i t
u.id, u.nickname, u.avatar, CONVERT(u.openid USING utf8mb4), CONVERT(u.unionid USING utf8mb4), u.blocked_at, u.blocked_reason,
u.version, u.created_at;

-- name: USER_LIST
-- params: i s s i
-- columns: {USER_ROW}
-- All, or (1) those who are not blocked, who are nearly all.
SELECT
{USER_ROW}
FROM users u WHERE (? IS NULL OR u.blocked_at IS NULL) AND (? IS NULL OR u.id < ?) ORDER BY u.id DESC LIMIT ?;

-- name: USER_COUNT
-- params: i
-- columns: i
SELECT COUNT(*) FROM (SELECT 1 FROM users WHERE (? IS NULL OR blocked_at IS NULL) LIMIT 10000) AS n;

-- name: USER_BLOCKED_LIST
-- params: s s i
-- columns: {USER_ROW}
SELECT
{USER_ROW}
FROM users u WHERE u.blocked_at IS NOT NULL AND (? IS NULL OR u.id < ?) ORDER BY u.id DESC LIMIT ?;

-- name: USER_BLOCKED_COUNT
-- params: -
-- columns: i
SELECT COUNT(*) FROM (SELECT 1 FROM users WHERE blocked_at IS NOT NULL LIMIT 10000) AS n;

-- name: USER_SEARCH
-- params: s s s i i i s s s i i i s s s i i i i
-- columns: {USER_ROW}
-- By the beginning of any of the three, each by its own index.
SELECT
{USER_ROW}
FROM users u JOIN (
  (SELECT id FROM users WHERE id LIKE ? AND (? IS NULL OR id < ?)
    AND (? IS NULL OR (blocked_at IS NOT NULL) = ?) ORDER BY id DESC LIMIT ?)
  UNION (SELECT id FROM users WHERE openid LIKE ? AND (? IS NULL OR id < ?)
    AND (? IS NULL OR (blocked_at IS NOT NULL) = ?) ORDER BY id DESC LIMIT ?)
  UNION (SELECT id FROM users WHERE nickname LIKE ? AND (? IS NULL OR id < ?)
    AND (? IS NULL OR (blocked_at IS NOT NULL) = ?) ORDER BY id DESC LIMIT ?)) AS k ON k.id = u.id
ORDER BY u.id DESC LIMIT ?;

-- name: USER_SEARCH_COUNT
-- params: s i i s i i s i i
-- columns: i
SELECT LEAST(COUNT(*), 10000) FROM (
  (SELECT id FROM users WHERE id LIKE ? AND (? IS NULL OR (blocked_at IS NOT NULL) = ?) LIMIT 10000)
  UNION (SELECT id FROM users WHERE openid LIKE ? AND (? IS NULL OR (blocked_at IS NOT NULL) = ?) LIMIT 10000)
  UNION (SELECT id FROM users WHERE nickname LIKE ? AND (? IS NULL OR (blocked_at IS NOT NULL) = ?) LIMIT 10000)) AS k;

-- name: USER_GET
-- params: s
-- columns: {USER_ROW}
SELECT
{USER_ROW}
FROM users u WHERE u.id = ?;

-- name: USER_LOCK
-- params: s
-- columns: {USER_ROW}
SELECT
{USER_ROW}
FROM users u WHERE u.id = ? FOR UPDATE;

-- name: USER_BLOCK
-- params: t s s
-- columns: -
UPDATE users SET blocked_at = COALESCE(blocked_at, ?), blocked_reason = ?, version = version + 1 WHERE id = ?;

-- name: USER_UNBLOCK
-- params: s
-- columns: -
UPDATE users SET blocked_at = NULL, blocked_reason = NULL, version = version + 1 WHERE id = ?;
