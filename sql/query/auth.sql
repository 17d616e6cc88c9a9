-- Logins, refresh tokens, and the tokens that no longer count.

-- name: AUTH_USER_FIND
-- params: b
-- columns: s
SELECT id FROM users WHERE openid = ?;

-- name: AUTH_USER_ADD
-- params: s b t
-- columns: -
INSERT INTO users (id, openid, created_at) VALUES (?, ?, ?);

-- name: AUTH_UNIONID_SET
-- params: b s b
-- columns: -
UPDATE users SET unionid = ? WHERE id = ? AND (unionid IS NULL OR unionid <> ?);

-- name: AUTH_FAMILY_ADD
-- params: s s t
-- columns: -
INSERT INTO token_families (id, user_id, created_at) VALUES (?, ?, ?);

-- name: AUTH_FAMILY_LOCK
-- params: s
-- columns: s o
-- Everything that happens to a family's refresh tokens happens one after another.
SELECT user_id, revoked_at IS NOT NULL FROM token_families WHERE id = ? FOR UPDATE;

-- name: AUTH_FAMILY_REVOKE
-- params: t s s
-- columns: -
UPDATE token_families SET revoked_at = ? WHERE id = ? AND user_id = ? AND revoked_at IS NULL;

-- name: AUTH_REFRESH_ADD
-- params: b s t t
-- columns: -
INSERT INTO refresh_tokens (token_hash, family_id, created_at, expires_at) VALUES (?, ?, ?, ?);

-- name: AUTH_REFRESH_FAMILY
-- params: b
-- columns: s
SELECT family_id FROM refresh_tokens WHERE token_hash = ?;

-- name: AUTH_REFRESH_STATE
-- params: b
-- columns: o b
SELECT used_at IS NOT NULL, successor_hash FROM refresh_tokens WHERE token_hash = ?;

-- name: AUTH_REFRESH_USE
-- params: t b b t
-- columns: -
UPDATE refresh_tokens SET used_at = ?, successor_hash = ?
WHERE token_hash = ? AND used_at IS NULL AND expires_at > ?;

-- name: AUTH_REFRESH_AGAIN
-- params: b b b t
-- columns: -
-- The answer to the first use was lost: another successor, where the first use was a moment ago.
UPDATE refresh_tokens SET successor_hash = ? WHERE token_hash = ? AND successor_hash = ? AND used_at > ?;

-- name: AUTH_REFRESH_RETIRE
-- params: t b t
-- columns: -
-- A successor that nobody has used dies by expiring now.
UPDATE refresh_tokens SET expires_at = ? WHERE token_hash = ? AND used_at IS NULL AND expires_at > ?;

-- name: AUTH_REVOCATION_ADD
-- params: s t t
-- columns: -
-- One that stands for ever (expires_at NULL) goes on standing: GREATEST with NULL is NULL.
INSERT INTO revocations (subject, expires_at) VALUES (?, ?)
ON DUPLICATE KEY UPDATE expires_at = GREATEST(expires_at, ?);

-- name: AUTH_REVOCATION_END
-- params: s
-- columns: -
DELETE FROM revocations WHERE subject = ?;

-- name: AUTH_REVOCATIONS
-- params: t
-- columns: s
SELECT subject FROM revocations WHERE expires_at IS NULL OR expires_at > ?;
