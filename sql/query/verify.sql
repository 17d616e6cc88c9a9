-- The invariants. Each statement gives what breaches one within a range of ids: a key (one or two values) and what is wrong,
-- at most 1,000 rows. Each is right in the middle of traffic, because one statement is one snapshot and every change keeps
-- the invariants at its COMMIT. Parameters are the range, from and before, as often as it is needed. What is derived per
-- group carries the range itself: only that range is ever read.

-- name: VERIFY_NEXT_USER
-- params: s i
-- columns: s
SELECT id FROM users WHERE id >= ? ORDER BY id LIMIT 1 OFFSET ?;

-- name: VERIFY_NEXT_RECORD
-- params: s i
-- columns: s
SELECT id FROM points_records WHERE id >= ? ORDER BY id LIMIT 1 OFFSET ?;

-- name: VERIFY_NEXT_PRODUCT
-- params: s i
-- columns: s
SELECT id FROM products WHERE id >= ? ORDER BY id LIMIT 1 OFFSET ?;

-- name: VERIFY_NEXT_ORDER
-- params: s i
-- columns: s
SELECT id FROM exchange_orders WHERE id >= ? ORDER BY id LIMIT 1 OFFSET ?;

-- name: VERIFY_NEXT_CATEGORY
-- params: s i
-- columns: s
SELECT id FROM product_categories WHERE id >= ? ORDER BY id LIMIT 1 OFFSET ?;

-- name: VERIFY_NEXT_CALLER
-- params: s i
-- columns: s
-- A caller's keys stay together.
SELECT MIN(caller) FROM idempotency_keys
WHERE caller > (SELECT caller FROM idempotency_keys WHERE caller >= ? ORDER BY caller, idem_key LIMIT 1 OFFSET ?);

-- name: VERIFY_FORGET
-- params: -
-- columns: -
DELETE FROM verify_results;

-- name: VERIFY_KEEP
-- params: s i i t
-- columns: -
INSERT INTO verify_results (invariant, breaches, took_us, checked_at) VALUES (?, ?, ?, ?);

-- The first look at the ledgers: records in the order of their table, of accounts in a range.

-- name: VERIFY_LOOK_COUNT
-- params: s s
-- columns: i
SELECT COUNT(*) FROM users WHERE id >= ? AND id < ?;

-- name: VERIFY_LOOK_AT_RECORDS
-- params: s s s i
-- columns: s s i i i i i
SELECT id, user_id, seq, points, balance_after,
  CASE WHEN type = 'payment_reward' OR (type = 'adjust' AND points > 0) THEN points ELSE 0 END,
  CASE WHEN type IN ('mall_exchange', 'mall_refund') THEN -points ELSE 0 END
FROM points_records FORCE INDEX (PRIMARY) WHERE id > ? AND user_id >= ? AND user_id < ? ORDER BY id LIMIT ?;

-- name: VERIFY_LOOK_AT_ACCOUNTS
-- params: s s i
-- columns: s i i i i i
SELECT id, points_balance, points_seq, points_earned, points_spent, points_out FROM users
WHERE id >= ? AND id < ? ORDER BY id LIMIT ?;

-- Where the points live apart: orders here, their records there, both in the order of the orders' ids.

-- name: VERIFY_ACROSS_ORDERS
-- params: s s
-- columns: s s i i i o o
SELECT id, user_id, points_cost, status, version, settling, failure_code IS NOT NULL FROM exchange_orders
WHERE id >= ? AND id < ? ORDER BY id LIMIT 100000;

-- name: VERIFY_ACROSS_RECORDS
-- params: s s
-- columns: s s s i i i i
SELECT related_id, user_id, MIN(id), COUNT(CASE type WHEN 'mall_exchange' THEN 1 END),
  CAST(COALESCE(-SUM(CASE type WHEN 'mall_exchange' THEN points END), 0) AS SIGNED),
  COUNT(CASE type WHEN 'mall_refund' THEN 1 END),
  CAST(COALESCE(SUM(CASE type WHEN 'mall_refund' THEN points END), 0) AS SIGNED)
FROM points_records WHERE related_id >= ? AND related_id < ? AND type IN ('mall_exchange', 'mall_refund')
GROUP BY related_id, user_id ORDER BY related_id, user_id LIMIT 100000;

-- name: VERIFY_POINTS_SUM
-- params: s s s s
-- columns: s s s
SELECT u.id, NULL, CONCAT('balance ', u.points_balance, ', the records add up to ', COALESCE(r.points, 0))
FROM users u LEFT JOIN (SELECT user_id, SUM(points) AS points FROM points_records
    WHERE user_id >= ? AND user_id < ? GROUP BY user_id) r ON r.user_id = u.id
WHERE u.id >= ? AND u.id < ? AND u.points_balance <> COALESCE(r.points, 0) LIMIT 1000;

-- name: VERIFY_POINTS_LAST
-- params: s s
-- columns: s s s
SELECT u.id, NULL, CONCAT('balance ', u.points_balance, ' after record ', u.points_seq, ', the last record says ',
  COALESCE(r.balance_after, 'nothing'))
FROM users u LEFT JOIN points_records r ON r.user_id = u.id AND r.seq = u.points_seq
WHERE u.id >= ? AND u.id < ? AND (u.points_balance <> COALESCE(r.balance_after, 0) OR (r.id IS NULL AND u.points_seq <> 0)
  OR EXISTS (SELECT 1 FROM points_records n WHERE n.user_id = u.id AND n.seq > u.points_seq)) LIMIT 1000;

-- name: VERIFY_POINTS_CHAIN
-- params: s s
-- columns: s s s
SELECT r.id, NULL, CONCAT('record ', r.seq, ' of user ', r.user_id, ': ', r.points, ' points on top of ',
  COALESCE(p.balance_after, 'nothing'), ' do not make ', r.balance_after)
FROM points_records r LEFT JOIN points_records p ON p.user_id = r.user_id AND p.seq = r.seq - 1
WHERE r.user_id >= ? AND r.user_id < ?
  AND (r.balance_after <> COALESCE(p.balance_after, 0) + r.points OR r.seq < 1 OR (r.seq > 1 AND p.id IS NULL)) LIMIT 1000;

-- name: VERIFY_POINTS_OWNER
-- params: s s
-- columns: s s s
SELECT r.id, NULL, CONCAT('a record of user ', r.user_id, ', who is not there')
FROM points_records r LEFT JOIN users u ON u.id = r.user_id
WHERE r.user_id >= ? AND r.user_id < ? AND u.id IS NULL LIMIT 1000;

-- name: VERIFY_POINTS_TOTALS
-- params: s s s s
-- columns: s s s
SELECT u.id, NULL, CONCAT('earned ', u.points_earned, ', spent ', u.points_spent, ', left ', u.points_out,
  '; the records say ', COALESCE(r.earned, 0), ', ', COALESCE(r.spent, 0), ', ', COALESCE(r.points_out, 0))
FROM users u LEFT JOIN (SELECT user_id,
    SUM(CASE WHEN type = 'payment_reward' OR (type = 'adjust' AND points > 0) THEN points ELSE 0 END) AS earned,
    -SUM(CASE WHEN type IN ('mall_exchange', 'mall_refund') THEN points ELSE 0 END) AS spent,
    -SUM(LEAST(points, 0)) AS points_out
  FROM points_records WHERE user_id >= ? AND user_id < ? GROUP BY user_id) r ON r.user_id = u.id
WHERE u.id >= ? AND u.id < ? AND (u.points_earned <> COALESCE(r.earned, 0) OR u.points_spent <> COALESCE(r.spent, 0)
  OR u.points_out <> COALESCE(r.points_out, 0)) LIMIT 1000;

-- name: VERIFY_POINTS_LOTS
-- params: s s
-- columns: s s s
-- An unspent lot begins where what has left the balance ends, or where one that expires no later ends.
SELECT l.id, NULL, CONCAT('user ', l.user_id, ', from ', l.starts_at, ' to ', l.ends_at,
  CASE WHEN n.id IS NOT NULL THEN CONCAT(', overlaps lot ', n.id) ELSE ', follows none that expires before it' END)
FROM points_lots l JOIN users u ON u.id = l.user_id
  LEFT JOIN points_lots n ON n.user_id = l.user_id AND n.ends_at > l.starts_at AND n.starts_at < l.ends_at AND n.id > l.id
WHERE l.user_id >= ? AND l.user_id < ? AND (n.id IS NOT NULL OR (l.starts_at > u.points_out AND NOT EXISTS
  (SELECT 1 FROM points_lots p WHERE p.user_id = l.user_id AND p.ends_at = l.starts_at AND p.expires_at <= l.expires_at)))
LIMIT 1000;

-- name: VERIFY_POINTS_DATED
-- params: s s
-- columns: s s s
SELECT u.id, NULL, CONCAT('balance ', u.points_balance, ', its lots have ',
  SUM(l.ends_at - GREATEST(l.starts_at, u.points_out)), ' unspent')
FROM users u JOIN points_lots l ON l.user_id = u.id AND l.ends_at > u.points_out
WHERE u.id >= ? AND u.id < ?
GROUP BY u.id, u.points_balance HAVING SUM(l.ends_at - GREATEST(l.starts_at, u.points_out)) > u.points_balance LIMIT 1000;

-- name: VERIFY_POINTS_CLOSED
-- params: s s
-- columns: s s s
SELECT l.id, NULL, CONCAT('of user ', l.user_id, CASE WHEN u.id IS NULL THEN ', who is not there'
  ELSE CONCAT(', closed with ', l.ends_at - u.points_out, ' unspent') END)
FROM points_lots l LEFT JOIN users u ON u.id = l.user_id
WHERE l.user_id >= ? AND l.user_id < ? AND (u.id IS NULL OR (l.closed_at IS NOT NULL AND l.ends_at > u.points_out)) LIMIT 1000;

-- name: VERIFY_POINTS_SOURCE
-- params: s s
-- columns: s s s
SELECT CONVERT(s.source USING utf8mb4), NULL, CONCAT('outcome ', s.outcome, ' of user ', s.user_id, ', record ',
  COALESCE(s.record_id, 'none'), CASE WHEN s.record_id IS NOT NULL AND r.id IS NULL THEN ', which is not there' ELSE '' END)
FROM points_sources s LEFT JOIN points_records r ON r.id = s.record_id AND r.user_id = s.user_id
WHERE s.user_id >= ? AND s.user_id < ? AND (s.outcome = 1) <> (r.id IS NOT NULL) LIMIT 1000;

-- name: VERIFY_STOCK_LAST
-- params: s s
-- columns: s s s
SELECT p.id, NULL, CONCAT('stock ', p.stock_quantity, ' after record ', p.stock_seq, ', the last record says ',
  COALESCE(r.stock_after, 'nothing'))
FROM products p LEFT JOIN inventory_records r ON r.product_id = p.id AND r.seq = p.stock_seq
WHERE p.id >= ? AND p.id < ? AND (p.stock_quantity <> COALESCE(r.stock_after, 0) OR (r.id IS NULL AND p.stock_seq <> 0)
  OR EXISTS (SELECT 1 FROM inventory_records n WHERE n.product_id = p.id AND n.seq > p.stock_seq)) LIMIT 1000;

-- name: VERIFY_STOCK_CHAIN
-- params: s s
-- columns: s s s
SELECT r.id, NULL, CONCAT('record ', r.seq, ' of product ', r.product_id, ': ', r.quantity_change, ' on top of ',
  COALESCE(p.stock_after, 'nothing'), ' does not make ', r.stock_after)
FROM inventory_records r LEFT JOIN inventory_records p ON p.product_id = r.product_id AND p.seq = r.seq - 1
WHERE r.product_id >= ? AND r.product_id < ?
  AND (r.stock_after <> COALESCE(p.stock_after, 0) + r.quantity_change OR r.seq < 1 OR (r.seq > 1 AND p.id IS NULL))
LIMIT 1000;

-- name: VERIFY_STOCK_TYPE
-- params: s s
-- columns: s s s
SELECT id, NULL, CONCAT('type ', change_type, ' with a change of ', quantity_change) FROM inventory_records
WHERE product_id >= ? AND product_id < ? AND (change_type NOT IN (1, 2, 3, 4) OR quantity_change = 0
  OR (quantity_change > 0) <> (change_type IN (1, 4))) LIMIT 1000;

-- name: VERIFY_STOCK_OWNER
-- params: s s
-- columns: s s s
SELECT r.id, NULL, CONCAT('a record of product ', r.product_id, ', which is not there')
FROM inventory_records r LEFT JOIN products p ON p.id = r.product_id
WHERE r.product_id >= ? AND r.product_id < ? AND p.id IS NULL LIMIT 1000;

-- name: VERIFY_RESERVED
-- params: s s s s s s
-- columns: s s s
SELECT p.id, NULL, CONCAT('reserved ', p.reserved_quantity, ', pending orders hold ', COALESCE(o.held, 0),
  ', open reservations hold ', COALESCE(r.held, 0))
FROM products p
  LEFT JOIN (SELECT product_id, SUM(quantity) AS held FROM exchange_orders
    WHERE product_id >= ? AND product_id < ? AND status = 0 GROUP BY product_id) o ON o.product_id = p.id
  LEFT JOIN (SELECT product_id, -SUM(quantity_change) AS held FROM inventory_records
    WHERE product_id >= ? AND product_id < ? AND change_type IN (3, 4) GROUP BY product_id) r ON r.product_id = p.id
WHERE p.id >= ? AND p.id < ?
  AND (p.reserved_quantity <> COALESCE(o.held, 0) OR p.reserved_quantity <> COALESCE(r.held, 0)) LIMIT 1000;

-- name: VERIFY_SALES
-- params: s s s s
-- columns: s s s
SELECT p.id, NULL, CONCAT('sales ', p.sales_count, ', its orders say ', COALESCE(o.sold, 0))
FROM products p LEFT JOIN (SELECT product_id, SUM(quantity) AS sold FROM exchange_orders
    WHERE product_id >= ? AND product_id < ? AND status IN (1, 2, 3, 5) GROUP BY product_id) o ON o.product_id = p.id
WHERE p.id >= ? AND p.id < ? AND p.sales_count <> COALESCE(o.sold, 0) LIMIT 1000;

-- name: VERIFY_ORDER_TAKEN
-- params: s s
-- columns: s s s
SELECT o.id, NULL, CONCAT('costs ', o.points_cost, ', ', COUNT(r.id), ' records took ', COALESCE(-SUM(r.points), 0))
FROM exchange_orders o
  LEFT JOIN points_records r ON r.related_id = o.id AND r.user_id = o.user_id AND r.type = 'mall_exchange'
WHERE o.id >= ? AND o.id < ?
GROUP BY o.id, o.points_cost HAVING COUNT(r.id) <> 1 OR SUM(r.points) <> -o.points_cost LIMIT 1000;

-- name: VERIFY_ORDER_GIVEN_BACK
-- params: s s
-- columns: s s s
SELECT o.id, NULL, CONCAT('status ', o.status, ', costs ', o.points_cost, ', ', COUNT(r.id), ' records gave back ',
  COALESCE(SUM(r.points), 0))
FROM exchange_orders o
  LEFT JOIN points_records r ON r.related_id = o.id AND r.user_id = o.user_id AND r.type = 'mall_refund'
WHERE o.id >= ? AND o.id < ?
GROUP BY o.id, o.status, o.points_cost
HAVING COUNT(r.id) <> CASE WHEN o.status IN (4, 6) THEN 1 ELSE 0 END OR COALESCE(SUM(r.points), o.points_cost) <> o.points_cost
LIMIT 1000;

-- name: VERIFY_ORDER_OF_RECORD
-- params: s s
-- columns: s s s
SELECT r.id, NULL, CONCAT(r.type, ' of order ', COALESCE(r.related_id, 'none'), ', which user ', r.user_id,
  ' does not have')
FROM points_records r LEFT JOIN exchange_orders o ON o.id = r.related_id AND o.user_id = r.user_id
WHERE r.id >= ? AND r.id < ? AND r.type IN ('mall_exchange', 'mall_refund') AND o.id IS NULL LIMIT 1000;

-- name: VERIFY_ORDER_STOCK
-- params: s s
-- columns: s s s
-- The path of an order's pieces: reserved (3) and, when it is no longer pending, released (4); out (2) once it was confirmed; in
-- (1) when it is cancelled after that, and perhaps when it is returned: what cannot be sold again does not come back. By the
-- order's index: by the product's, a hot product's whole ledger would be read for each of its orders.
SELECT k.id, NULL, CONCAT('status ', k.status, ', ', k.quantity, ' pieces, its records: reserved ', k.c3, ', released ', k.c4,
  ', out ', k.c2, ', in ', k.c1, ', of ', k.least, ' to ', k.most, ' pieces')
FROM (SELECT o.id, o.status, o.quantity, o.exchanged_at IS NOT NULL AS confirmed,
    COUNT(CASE r.change_type WHEN 1 THEN 1 END) AS c1, COUNT(CASE r.change_type WHEN 2 THEN 1 END) AS c2,
    COUNT(CASE r.change_type WHEN 3 THEN 1 END) AS c3, COUNT(CASE r.change_type WHEN 4 THEN 1 END) AS c4,
    COALESCE(MIN(ABS(r.quantity_change)), 0) AS least, COALESCE(MAX(ABS(r.quantity_change)), 0) AS most
  FROM exchange_orders o LEFT JOIN inventory_records r IGNORE INDEX (idx_product_id, uq_product_seq)
    ON r.related_order_id = o.id AND r.product_id = o.product_id
  WHERE o.id >= ? AND o.id < ?
  GROUP BY o.id, o.status, o.quantity, o.exchanged_at) AS k
WHERE k.least <> k.quantity OR k.most <> k.quantity OR k.c2 <> k.confirmed OR k.c3 > 1 OR k.c2 + k.c3 = 0
  OR k.c4 <> CASE WHEN k.status = 0 THEN 0 ELSE k.c3 END
  OR NOT (k.c1 = CASE WHEN k.status = 4 THEN k.confirmed ELSE 0 END OR (k.status = 6 AND k.c1 = 1)) LIMIT 1000;

-- name: VERIFY_STOCK_ORDER
-- params: s s
-- columns: s s s
SELECT r.id, NULL, CONCAT('type ', r.change_type, ' for order ', r.related_order_id, ', which product ', r.product_id,
  ' does not have')
FROM inventory_records r LEFT JOIN exchange_orders o ON o.id = r.related_order_id AND o.product_id = r.product_id
WHERE r.product_id >= ? AND r.product_id < ? AND r.related_order_id IS NOT NULL AND o.id IS NULL LIMIT 1000;

-- name: VERIFY_ORDER_TIMES
-- params: s s
-- columns: s s s
SELECT id, NULL, CONCAT('status ', status, CASE WHEN settling THEN ', settling' ELSE '' END,
  CASE WHEN needs_review THEN ', for review' ELSE '' END, ': confirmed ', COALESCE(exchanged_at, 'never'), ', delivered ',
  COALESCE(delivered_at, 'never'), ', cancelled ', COALESCE(cancelled_at, 'never'), ', returned ',
  COALESCE(returned_at, 'never'), ', held until ', COALESCE(expires_at, 'any time'))
FROM exchange_orders
WHERE id >= ? AND id < ? AND (status NOT BETWEEN 0 AND 6 OR (cancelled_at IS NOT NULL) <> (status = 4)
  OR (returned_at IS NOT NULL) <> (status = 6) OR (exchanged_at IS NULL AND status IN (1, 2, 3, 5, 6))
  OR (exchanged_at IS NOT NULL AND status = 0) OR (delivered_at IS NULL AND status = 3)
  OR (delivered_at IS NOT NULL AND status IN (0, 1, 4)) OR (settling AND status NOT IN (0, 4, 6))
  OR (expires_at IS NOT NULL) <> (status = 0 AND NOT settling AND NOT needs_review)) LIMIT 1000;

-- name: VERIFY_TIMER
-- params: s s
-- columns: s s s
SELECT o.id, NULL, CONCAT('status ', o.status, ', and nothing that ends it in time')
FROM exchange_orders o LEFT JOIN order_timers t ON t.order_id = o.id
WHERE o.id >= ? AND o.id < ? AND (o.expires_at IS NOT NULL OR o.status = 2) AND t.order_id IS NULL LIMIT 1000;

-- name: VERIFY_TIMER_EXTRA
-- params: s s
-- columns: s s s
SELECT t.order_id, NULL, CONCAT('due at ', t.due_at, ', with an order ',
  CASE WHEN o.id IS NULL THEN 'that is not there' ELSE CONCAT('of status ', o.status) END)
FROM order_timers t LEFT JOIN exchange_orders o ON o.id = t.order_id
WHERE t.order_id >= ? AND t.order_id < ? AND (o.id IS NULL OR (o.expires_at IS NULL AND o.status <> 2)) LIMIT 1000;

-- name: VERIFY_SAGA
-- params: s s
-- columns: s s s
SELECT o.id, NULL, CASE WHEN o.settling THEN 'settling, without a saga that runs' ELSE 'a saga runs, but it is not settling' END
FROM exchange_orders o
WHERE o.id >= ? AND o.id < ?
  AND o.settling <> EXISTS (SELECT 1 FROM sagas s WHERE s.order_id = o.id AND s.state IN (0, 1, 4)) LIMIT 1000;

-- name: VERIFY_SAGA_ORDER
-- params: s s
-- columns: s s s
SELECT s.id, NULL, CONCAT('of order ', s.order_id, ', which user ', s.user_id, ' does not have')
FROM sagas s LEFT JOIN exchange_orders o ON o.id = s.order_id AND o.user_id = s.user_id
WHERE s.order_id >= ? AND s.order_id < ? AND o.id IS NULL LIMIT 1000;

-- name: VERIFY_ORDER_COST
-- params: s s
-- columns: s s s
SELECT id, NULL, CONCAT('costs ', points_cost, ' for ', quantity, ' at ', unit_points) FROM exchange_orders
WHERE id >= ? AND id < ? AND points_cost <> unit_points * quantity LIMIT 1000;

-- name: VERIFY_ORDER_PLACES
-- params: s s
-- columns: s s s
SELECT o.id, NULL, CONCAT(CASE WHEN u.id IS NULL THEN 'its user ' ELSE 'its product ' END,
  CASE WHEN u.id IS NULL THEN o.user_id ELSE o.product_id END, ' is not there')
FROM exchange_orders o LEFT JOIN users u ON u.id = o.user_id LEFT JOIN products p ON p.id = o.product_id
WHERE o.id >= ? AND o.id < ? AND (u.id IS NULL OR p.id IS NULL) LIMIT 1000;

-- name: VERIFY_COUNTER
-- params: s s
-- columns: s s s
SELECT o.user_id, o.product_id, CONCAT('counter ', COALESCE(n.quantity, 'missing'), ', orders ', o.kept)
FROM (SELECT user_id, product_id, SUM(CASE WHEN status IN (4, 6) THEN 0 ELSE quantity END) AS kept
    FROM exchange_orders WHERE user_id >= ? AND user_id < ? GROUP BY user_id, product_id) o
  LEFT JOIN purchase_counters n ON n.user_id = o.user_id AND n.product_id = o.product_id
WHERE n.quantity IS NULL OR n.quantity <> o.kept LIMIT 1000;

-- name: VERIFY_COUNTER_EXTRA
-- params: s s
-- columns: s s s
SELECT n.user_id, n.product_id, CONCAT('counter ', n.quantity, ' without an order') FROM purchase_counters n
WHERE n.user_id >= ? AND n.user_id < ? AND n.quantity <> 0 AND NOT EXISTS
  (SELECT 1 FROM exchange_orders o IGNORE INDEX (idx_product_id)
    WHERE o.user_id = n.user_id AND o.product_id = n.product_id) LIMIT 1000;

-- name: VERIFY_PARCEL
-- params: s s
-- columns: s s s
-- Operators find it by order_parcels, and its user reads order_tracking.
SELECT o.id, NULL, CONCAT('shipped as ', COALESCE(o.tracking_no, 'nothing'), ', to be found as ',
  COALESCE(p.tracking_no, 'nothing'), CASE WHEN EXISTS (SELECT 1 FROM order_tracking t WHERE t.order_id = o.id) THEN ''
  ELSE ', with no step of its way' END)
FROM exchange_orders o LEFT JOIN order_parcels p ON p.order_id = o.id
WHERE o.id >= ? AND o.id < ? AND o.shipped_at IS NOT NULL AND (p.order_id IS NULL OR o.tracking_no IS NULL
  OR p.tracking_no <> o.tracking_no OR NOT EXISTS (SELECT 1 FROM order_tracking t WHERE t.order_id = o.id)) LIMIT 1000;

-- name: VERIFY_CATEGORY_LEVEL
-- params: s s
-- columns: s s s
-- A category that is above itself cannot be one below its parent all the way round.
SELECT c.id, NULL, CONCAT('level ', c.level, ', its parent ', COALESCE(c.parent_id, 'none'),
  CASE WHEN c.parent_id IS NULL THEN '' ELSE COALESCE(CONCAT(' at level ', p.level), ' is not there') END)
FROM product_categories c LEFT JOIN product_categories p ON p.id = c.parent_id
WHERE c.id >= ? AND c.id < ? AND (c.level NOT BETWEEN 1 AND 3 OR (c.parent_id IS NOT NULL AND p.id IS NULL)
  OR c.level <> COALESCE(p.level, 0) + 1) LIMIT 1000;

-- name: VERIFY_SAGA_ANSWER
-- params: s s
-- columns: s s s
SELECT s.saga_id, NULL, CONCAT('an answer kept for key ', CONVERT(s.idem_key USING utf8mb4), ', by a saga that ',
  CASE WHEN g.id IS NULL THEN 'is not there' ELSE 'has ended' END)
FROM saga_answers s LEFT JOIN sagas g ON g.id = s.saga_id
WHERE s.caller >= ? AND s.caller < ? AND (g.id IS NULL OR g.state NOT IN (0, 1, 4)) LIMIT 1000;

-- name: VERIFY_KEY_ANSWER
-- params: s s
-- columns: s s s
-- Keys of a day and older are being forgotten. A saga that runs has its key's answer still to give.
SELECT CONVERT(k.caller USING utf8mb4), CONVERT(k.idem_key USING utf8mb4), 'an idempotency key without an answer'
FROM idempotency_keys k LEFT JOIN idempotency_answers a ON a.caller = k.caller AND a.idem_key = k.idem_key
WHERE k.caller >= ? AND k.caller < ? AND a.caller IS NULL AND NOT EXISTS (SELECT 1 FROM saga_answers s
    JOIN sagas g ON g.id = s.saga_id AND g.state IN (0, 1, 4) WHERE s.caller = k.caller AND s.idem_key = k.idem_key)
  AND k.created_at > UTC_TIMESTAMP(3) - INTERVAL 23 HOUR LIMIT 1000;

-- name: VERIFY_ANSWER_KEY
-- params: s s
-- columns: s s s
SELECT CONVERT(a.caller USING utf8mb4), CONVERT(a.idem_key USING utf8mb4), 'an answer without its idempotency key'
FROM idempotency_answers a LEFT JOIN idempotency_keys k ON k.caller = a.caller AND k.idem_key = a.idem_key
WHERE a.caller >= ? AND a.caller < ? AND k.caller IS NULL LIMIT 1000;

-- name: VERIFY_ORDER_EVENTS
-- params: s s s s
-- columns: s s s
-- Of the last day: older events may have been put away. An order's events are those of its user: they are grouped once for
-- the range. What may happen more than once to an order has at least one.
SELECT o.id, NULL, CONCAT('status ', o.status, ', with these events of it: held ', COALESCE(e.held, 0), ', exchanged ',
  COALESCE(e.exchanged, 0), ', shipped ', COALESCE(e.shipped, 0), ', delivered ', COALESCE(e.delivered, 0), ', cancelled ',
  COALESCE(e.cancelled, 0), ', return_asked ', COALESCE(e.asked, 0), ', returned ', COALESCE(e.returned, 0))
FROM exchange_orders o
  LEFT JOIN (SELECT CAST(JSON_UNQUOTE(JSON_EXTRACT(payload, '$.orderId')) AS CHAR(36)) AS order_id,
      COUNT(CASE event_type WHEN 'mall.order.held' THEN 1 END) AS held,
      COUNT(CASE event_type WHEN 'mall.product.exchanged' THEN 1 END) AS exchanged,
      COUNT(CASE event_type WHEN 'mall.order.shipped' THEN 1 END) AS shipped,
      COUNT(CASE event_type WHEN 'mall.order.delivered' THEN 1 END) AS delivered,
      COUNT(CASE event_type WHEN 'mall.order.cancelled' THEN 1 END) AS cancelled,
      COUNT(CASE event_type WHEN 'mall.order.return_asked' THEN 1 END) AS asked,
      COUNT(CASE event_type WHEN 'mall.order.returned' THEN 1 END) AS returned
    FROM outbox WHERE aggregate >= ? AND aggregate < ? AND event_type LIKE 'mall.%'
      AND created_at > UTC_TIMESTAMP() - INTERVAL 25 HOUR
    GROUP BY order_id) e ON e.order_id = o.id
WHERE o.user_id >= ? AND o.user_id < ? AND o.updated_at > UTC_TIMESTAMP() - INTERVAL 1 DAY
  AND ((o.created_at > UTC_TIMESTAMP() - INTERVAL 1 DAY AND o.status = 0 AND NOT o.settling AND COALESCE(e.held, 0) <> 1)
    OR COALESCE(e.held, 0) > 1
    OR (o.exchanged_at > UTC_TIMESTAMP() - INTERVAL 1 DAY AND COALESCE(e.exchanged, 0) <> 1)
    OR (o.shipped_at > UTC_TIMESTAMP() - INTERVAL 1 DAY AND COALESCE(e.shipped, 0) <> 1)
    OR (o.delivered_at > UTC_TIMESTAMP() - INTERVAL 1 DAY AND COALESCE(e.delivered, 0) <> 1)
    OR (o.cancelled_at > UTC_TIMESTAMP() - INTERVAL 1 DAY AND COALESCE(e.cancelled, 0) <> 1)
    OR (o.return_asked_at > UTC_TIMESTAMP() - INTERVAL 1 DAY AND COALESCE(e.asked, 0) < 1)
    OR (o.returned_at > UTC_TIMESTAMP() - INTERVAL 1 DAY AND COALESCE(e.returned, 0) <> 1)) LIMIT 1000;

-- name: VERIFY_POINTS_EVENTS
-- params: s s s s
-- columns: s s s
-- Of the last day. Records that came in from elsewhere have none: only those that nobody else writes are held to it. The
-- events of the range's users are grouped once.
SELECT r.id, NULL, CONCAT(r.type, ' of user ', r.user_id, ', with ', COALESCE(e.n, 0), ' events of it')
FROM points_records r
  LEFT JOIN (SELECT CAST(JSON_UNQUOTE(JSON_EXTRACT(x.payload, '$.recordId')) AS CHAR(36)) AS record_id, COUNT(*) AS n
    FROM (SELECT DISTINCT user_id FROM points_records WHERE id >= ? AND id < ?
        AND created_at > UTC_TIMESTAMP() - INTERVAL 1 DAY
        AND type IN ('mall_exchange', 'mall_refund', 'expire', 'debt_settlement')) w
      JOIN outbox x ON x.aggregate = w.user_id AND x.event_type LIKE 'points.%'
        AND x.created_at > UTC_TIMESTAMP() - INTERVAL 25 HOUR
    GROUP BY record_id) e ON e.record_id = r.id
WHERE r.id >= ? AND r.id < ? AND r.created_at > UTC_TIMESTAMP() - INTERVAL 1 DAY
  AND r.type IN ('mall_exchange', 'mall_refund', 'expire', 'debt_settlement') AND COALESCE(e.n, 0) <> 1 LIMIT 1000;
