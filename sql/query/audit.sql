-- The log of what operators changed; append-only.

-- name: AUDIT_ADD
-- params: s s s s s s s s s s t
-- columns: -
INSERT INTO audit_log (id, actor, role, merchant_id, action, subject, subject_id, before_state, after_state, request_id,
  created_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- part: AUDIT_FILTERED
-- columns: -
(? IS NULL OR actor = ?) AND (? IS NULL OR subject = ?) AND (? IS NULL OR subject_id = ?) AND (? IS NULL OR action = ?)
  AND (? IS NULL OR created_at >= ?) AND (? IS NULL OR created_at < ?);

-- name: AUDIT_LIST
-- params: s s s s s s s s t t t t s s i
-- columns: s s s s s s s s s s t
SELECT id, actor, role, merchant_id, action, subject, subject_id, before_state, after_state, request_id, created_at
FROM audit_log WHERE
{AUDIT_FILTERED}
  AND (? IS NULL OR id < ?)
ORDER BY id DESC LIMIT ?;

-- name: AUDIT_COUNT
-- params: s s s s s s s s t t t t
-- columns: i
SELECT COUNT(*) FROM (SELECT 1 FROM audit_log WHERE
{AUDIT_FILTERED}
LIMIT 10000) AS counted;
