-- The log of what operators changed; append-only.

-- name: AUDIT_ADD
-- params: s s s s s s s s s s t
-- columns: -
INSERT INTO audit_log (id, actor, role, merchant_id, action, subject, subject_id, before_state, after_state, request_id,
  created_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);
