-- The outbox: an event is written by the transaction whose change it tells, and delivered by jobs.

-- name: EVENT_ONE
-- params: s s s s s s t t
-- columns: -
-- Id, type, source, targets, aggregate, payload, times.
INSERT INTO outbox (event_id, event_type, source, targets, aggregate, payload, created_at, next_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?);

-- name: EVENT_PAIR
-- params: s s s s s s t t s s s s s t t
-- columns: -
-- What happened to a user's points (id, type, user, payload up to the balance, record, payload after it, times), and the order's
-- move that it belongs to (id, type, targets, user, payload, times). Both in the order of the user.
INSERT INTO outbox (event_id, event_type, source, targets, aggregate, payload, created_at, next_at) VALUES
  (?, ?, 'points', '["notify","stats"]', ?, CONCAT(?, (SELECT balance_after FROM points_records WHERE id = ?), ?), ?, ?),
  (?, ?, 'exchange', ?, ?, ?, ?, ?);

-- name: EVENT_DUE
-- params: t t i
-- columns: i s s s s s i
-- Order per aggregate: while an earlier event of the same one was put off, the later ones are not due either.
SELECT o.seq, o.event_id, o.event_type, o.source, o.aggregate, o.payload, o.attempts
FROM outbox o
WHERE o.state = 0 AND o.next_at <= ? AND NOT EXISTS (SELECT 1 FROM outbox e
    WHERE e.aggregate = o.aggregate AND e.state = 0 AND e.seq < o.seq AND e.next_at > ?)
ORDER BY o.seq LIMIT ?;

-- name: EVENT_CONSUMED
-- params: s s t
-- columns: -
INSERT INTO consumed_events (consumer, event_id, consumed_at) VALUES (?, ?, ?);

-- name: EVENT_DONE
-- params: i
-- columns: -
UPDATE outbox SET state = 1 WHERE seq = ? AND state = 0;

-- name: EVENT_FAILED
-- params: i t s i
-- columns: -
UPDATE outbox SET state = ?, attempts = attempts + 1, next_at = ?, last_error = ? WHERE seq = ? AND state = 0;

-- name: PREFERENCE_ADD
-- params: t s s
-- columns: -
INSERT INTO user_preferences (user_id, category_id, exchanges, points_spent, updated_at)
SELECT o.user_id, o.category_id, 1, o.points_cost, ? FROM exchange_orders o
  JOIN users u ON u.id = o.user_id AND u.personalized = 1 WHERE o.id = ? AND o.user_id = ?
ON DUPLICATE KEY UPDATE exchanges = user_preferences.exchanges + 1,
  points_spent = user_preferences.points_spent + VALUES(points_spent), updated_at = VALUES(updated_at);

-- name: LEASE_TAKE
-- params: s t s t
-- columns: -
UPDATE job_leases SET holder = ?, held_until = ? WHERE task = ? AND held_until < ?;

-- name: LEASE_KEEP
-- params: t s s
-- columns: -
UPDATE job_leases SET held_until = ? WHERE task = ? AND holder = ?;

-- name: LEASE_LEAVE
-- params: t s t
-- columns: -
UPDATE job_leases SET held_until = ? WHERE holder = ? AND held_until > ?;

-- name: LEASE_ADD
-- params: s s t
-- columns: -
INSERT INTO job_leases (task, holder, held_until) VALUES (?, ?, ?);
