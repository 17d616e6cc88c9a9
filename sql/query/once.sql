-- Idempotency keys. A claim and its answer are committed together or not at all, unless a saga owns the key meanwhile.

-- name: ONCE_FIND
-- params: s s
-- columns: b i b
-- No status: a saga has not answered yet.
SELECT COALESCE(a.fingerprint, s.fingerprint), a.status, a.body FROM idempotency_keys k
  LEFT JOIN idempotency_answers a ON a.caller = k.caller AND a.idem_key = k.idem_key
  LEFT JOIN saga_answers s ON s.caller = k.caller AND s.idem_key = k.idem_key
WHERE k.caller = ? AND k.idem_key = ? LIMIT 1;

-- name: ONCE_PROBE
-- params: s s
-- columns: i
-- While another transaction holds the key this fails at once, where the INSERT would wait for its lock.
SELECT 1 FROM idempotency_keys WHERE caller = ? AND idem_key = ? FOR UPDATE NOWAIT;

-- name: ONCE_CLAIM
-- params: s s t
-- columns: -
INSERT INTO idempotency_keys (caller, idem_key, created_at) VALUES (?, ?, ?);

-- name: ONCE_ANSWER
-- params: s s b i b
-- columns: -
INSERT INTO idempotency_answers (caller, idem_key, fingerprint, status, body) VALUES (?, ?, ?, ?, ?);

-- name: ONCE_OLDEST
-- params: -
-- columns: t
SELECT MIN(created_at) FROM idempotency_keys;

-- name: ONCE_FORGET
-- params: t
-- columns: -
DELETE k, a FROM idempotency_keys k
  LEFT JOIN idempotency_answers a ON a.caller = k.caller AND a.idem_key = k.idem_key
WHERE k.created_at < ?;
