-- What monitoring reads: label and value, both as text. A metric without rows has no sample.

-- name: METRICS_VERIFY_LAST
-- params: -
-- columns: s s
SELECT NULL, CAST(UNIX_TIMESTAMP(MAX(checked_at)) AS CHAR) FROM verify_results HAVING MAX(checked_at) IS NOT NULL;

-- name: METRICS_VERIFY_TOOK
-- params: -
-- columns: s s
SELECT invariant, CAST(ROUND(took_us / 1000000, 6) AS CHAR) FROM verify_results ORDER BY invariant;

-- name: METRICS_VERIFY_BREACHES
-- params: -
-- columns: s s
SELECT invariant, CAST(breaches AS CHAR) FROM verify_results ORDER BY invariant;

-- name: METRICS_OUTBOX_DUE
-- params: -
-- columns: s s
SELECT NULL, CAST(COUNT(*) AS CHAR) FROM (SELECT 1 FROM outbox WHERE state = 0 LIMIT 100000) AS due;

-- name: METRICS_OUTBOX_OLDEST
-- params: -
-- columns: s s
SELECT NULL, CAST(COALESCE((SELECT GREATEST(TIMESTAMPDIFF(MICROSECOND, created_at, UTC_TIMESTAMP(3)), 0) / 1000000
  FROM outbox WHERE state = 0 ORDER BY seq LIMIT 1), 0) AS CHAR);

-- name: METRICS_OUTBOX_DEAD
-- params: -
-- columns: s s
SELECT NULL, CAST(COUNT(*) AS CHAR) FROM outbox WHERE state = 2;

-- name: METRICS_SAGAS
-- params: -
-- columns: s s
-- Done and refused ones are never counted: there are as many as orders.
SELECT k.label, CAST((SELECT COUNT(*) FROM sagas s WHERE s.state = k.state) AS CHAR)
FROM (SELECT 0 AS state, 'forward' AS label UNION ALL SELECT 1, 'back' UNION ALL SELECT 4, 'stuck') AS k ORDER BY k.state;
