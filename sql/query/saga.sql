-- Sagas: an order's points in another database. The log is the mall's; POINTS_OUTCOME runs where the points are.

-- name: SAGA_USER
-- params: s
-- columns: i
-- The guard of a taking apart, where the account knows nothing of it; and the order of this user's events.
SELECT 1 FROM users WHERE id = ? AND blocked_at IS NULL FOR UPDATE;

-- name: SAGA_ADD
-- params: s i i s s i s t t t
-- columns: -
INSERT INTO sagas (id, kind, confirm, order_id, user_id, points, description, next_at, created_at, updated_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: SAGA_ANSWER_ADD
-- params: s s s b i b
-- columns: -
INSERT INTO saga_answers (saga_id, caller, idem_key, fingerprint, status, body) VALUES (?, ?, ?, ?, ?, ?);

-- name: SAGA_END
-- params: i t s i
-- columns: -
-- Once, from the state that its step was made for.
UPDATE sagas SET state = ?, updated_at = ?, held_by = NULL, last_error = NULL WHERE id = ? AND state = ?;

-- name: SAGA_KEY_LOCK
-- params: s
-- columns: i
SELECT 1 FROM saga_answers s JOIN idempotency_keys k ON k.caller = s.caller AND k.idem_key = s.idem_key
WHERE s.saga_id = ? FOR UPDATE;

-- name: SAGA_KEY_FREE
-- params: s
-- columns: -
-- What came to nothing leaves its key free, unless it was answered already.
DELETE k FROM idempotency_keys k JOIN saga_answers s ON s.caller = k.caller AND s.idem_key = k.idem_key
  LEFT JOIN idempotency_answers a ON a.caller = k.caller AND a.idem_key = k.idem_key
WHERE s.saga_id = ? AND a.caller IS NULL;

-- name: SAGA_KEY_ANSWER
-- params: s
-- columns: -
-- Nothing where the key is answered already, or forgotten.
INSERT INTO idempotency_answers (caller, idem_key, fingerprint, status, body)
SELECT s.caller, s.idem_key, s.fingerprint, s.status, s.body FROM saga_answers s
  JOIN idempotency_keys k ON k.caller = s.caller AND k.idem_key = s.idem_key
  LEFT JOIN idempotency_answers a ON a.caller = k.caller AND a.idem_key = k.idem_key
WHERE s.saga_id = ? AND a.caller IS NULL;

-- name: SAGA_ANSWER_FORGET
-- params: s
-- columns: -
DELETE FROM saga_answers WHERE saga_id = ?;

-- part: SAGA_ROW
-- columns: s i i o s s i s i t s t t
id, kind, state, confirm, order_id, user_id, points, description, attempts, next_at, last_error, created_at, updated_at;

-- name: SAGA_GET
-- params: s
-- columns: {SAGA_ROW}
SELECT
{SAGA_ROW}
FROM sagas WHERE id = ?;

-- name: SAGA_DUE
-- params: t i
-- columns: {SAGA_ROW}
SELECT
{SAGA_ROW}
FROM sagas WHERE state IN (0, 1) AND next_at <= ? ORDER BY next_at LIMIT ?;

-- name: SAGA_CLAIM
-- params: s t s i t
-- columns: -
UPDATE sagas SET held_by = ?, next_at = ? WHERE id = ? AND state = ? AND next_at = ?;

-- name: SAGA_PUT_OFF
-- params: i i t s t s i
-- columns: -
UPDATE sagas SET state = ?, attempts = ?, next_at = ?, held_by = NULL, last_error = ?, updated_at = ?
WHERE id = ? AND state = ?;

-- name: SAGA_LIST
-- params: i i s s i
-- columns: {SAGA_ROW}
SELECT
{SAGA_ROW}
FROM sagas WHERE (? IS NULL OR state = ?) AND (? IS NULL OR id < ?) ORDER BY id DESC LIMIT ?;

-- name: SAGA_TOTAL
-- params: i i
-- columns: i
SELECT COUNT(*) FROM (SELECT 1 FROM sagas WHERE ? IS NULL OR state = ? LIMIT 10000) AS s;

-- name: SAGA_RETRY
-- params: t t s
-- columns: -
-- Whatever could not be taken is given up; whatever could not be given back is tried again.
UPDATE sagas SET state = CASE kind WHEN 1 THEN 1 ELSE 0 END, attempts = 0, next_at = ?, updated_at = ?
WHERE id = ? AND state = 4;

-- name: POINTS_OUTCOME
-- params: b
-- columns: i
SELECT outcome FROM points_sources WHERE source = ?;
