-- A user's own profile.

-- name: USER_PROFILE
-- params: s
-- columns: s s s o o s t i i i i i t
-- What pending orders (status 0) hold was taken from the balance already; it comes back if they are not confirmed.
SELECT u.id, u.nickname, u.avatar, u.personalized, u.blocked_at IS NOT NULL, u.terms_version, u.terms_agreed_at,
  u.points_balance,
  (SELECT CAST(COALESCE(SUM(o.points_cost), 0) AS SIGNED) FROM exchange_orders o
    WHERE o.user_id = u.id AND o.status = 0),
  u.points_debt, u.points_earned, u.points_spent, u.created_at
FROM users u
WHERE u.id = ?;

-- name: USER_EXISTS
-- params: s
-- columns: o
SELECT 1 FROM users WHERE id = ?;

-- name: USER_UPDATE
-- params: s i s i s s t s s
-- columns: -
-- terms_agreed_at comes before terms_version, which it is compared with: MySQL assigns from left to right.
UPDATE users SET
  nickname = COALESCE(?, nickname),
  avatar = CASE ? WHEN 1 THEN ? ELSE avatar END,
  personalized = COALESCE(?, personalized),
  terms_agreed_at = CASE WHEN ? IS NULL OR terms_version = ? THEN terms_agreed_at ELSE ? END,
  terms_version = COALESCE(?, terms_version)
WHERE id = ?;
