-- What has had its time.

-- name: SWEEP_REFRESH_TOKENS
-- params: t i
-- columns: -
DELETE FROM refresh_tokens WHERE expires_at < ? LIMIT ?;

-- name: SWEEP_REVOCATIONS
-- params: t i
-- columns: -
DELETE FROM revocations WHERE expires_at < ? LIMIT ?;
