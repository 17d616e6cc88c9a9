-- The invariants. Each statement gives what breaches one: an id and what is wrong, at most 100 rows. Each is right in the
-- middle of traffic, because one statement is one snapshot and every change keeps the invariants at its COMMIT.

-- name: VERIFY_POINTS_SUM
-- params: -
-- columns: s s
SELECT u.id, CONCAT('balance ', u.points_balance, ', the records add up to ', COALESCE(r.points, 0))
FROM users u LEFT JOIN (SELECT user_id, SUM(points) AS points FROM points_records GROUP BY user_id) r ON r.user_id = u.id
WHERE u.points_balance <> COALESCE(r.points, 0) LIMIT 100;

-- name: VERIFY_POINTS_LAST
-- params: -
-- columns: s s
SELECT u.id, CONCAT('balance ', u.points_balance, ' after record ', u.points_seq, ', the last record says ',
  COALESCE(r.balance_after, 'nothing'))
FROM users u LEFT JOIN points_records r ON r.user_id = u.id AND r.seq = u.points_seq
WHERE u.points_balance <> COALESCE(r.balance_after, 0) OR (r.id IS NULL AND u.points_seq <> 0)
  OR EXISTS (SELECT 1 FROM points_records n WHERE n.user_id = u.id AND n.seq > u.points_seq) LIMIT 100;

-- name: VERIFY_POINTS_CHAIN
-- params: -
-- columns: s s
SELECT r.id, CONCAT('record ', r.seq, ' of user ', r.user_id, ': ', r.points, ' points on top of ',
  COALESCE(p.balance_after, 'nothing'), ' do not make ', r.balance_after)
FROM points_records r LEFT JOIN points_records p ON p.user_id = r.user_id AND p.seq = r.seq - 1
WHERE r.balance_after <> COALESCE(p.balance_after, 0) + r.points OR r.seq < 1 OR (r.seq > 1 AND p.id IS NULL) LIMIT 100;

-- name: VERIFY_POINTS_OWNER
-- params: -
-- columns: s s
SELECT r.id, CONCAT('a record of user ', r.user_id, ', who is not there')
FROM points_records r LEFT JOIN users u ON u.id = r.user_id WHERE u.id IS NULL LIMIT 100;

-- name: VERIFY_POINTS_TOTALS
-- params: -
-- columns: s s
SELECT u.id, CONCAT('earned ', u.points_earned, ' and spent ', u.points_spent, ', the records say ',
  COALESCE(r.earned, 0), ' and ', COALESCE(r.spent, 0))
FROM users u LEFT JOIN (SELECT user_id,
    SUM(CASE WHEN type = 'payment_reward' OR (type = 'adjust' AND points > 0) THEN points ELSE 0 END) AS earned,
    -SUM(CASE WHEN type IN ('mall_exchange', 'mall_refund') THEN points ELSE 0 END) AS spent
  FROM points_records GROUP BY user_id) r ON r.user_id = u.id
WHERE u.points_earned <> COALESCE(r.earned, 0) OR u.points_spent <> COALESCE(r.spent, 0) LIMIT 100;

-- name: VERIFY_STOCK_LAST
-- params: -
-- columns: s s
SELECT p.id, CONCAT('stock ', p.stock_quantity, ' after record ', p.stock_seq, ', the last record says ',
  COALESCE(r.stock_after, 'nothing'))
FROM products p LEFT JOIN inventory_records r ON r.product_id = p.id AND r.seq = p.stock_seq
WHERE p.stock_quantity <> COALESCE(r.stock_after, 0) OR (r.id IS NULL AND p.stock_seq <> 0)
  OR EXISTS (SELECT 1 FROM inventory_records n WHERE n.product_id = p.id AND n.seq > p.stock_seq) LIMIT 100;

-- name: VERIFY_STOCK_CHAIN
-- params: -
-- columns: s s
SELECT r.id, CONCAT('record ', r.seq, ' of product ', r.product_id, ': ', r.quantity_change, ' on top of ',
  COALESCE(p.stock_after, 'nothing'), ' does not make ', r.stock_after)
FROM inventory_records r LEFT JOIN inventory_records p ON p.product_id = r.product_id AND p.seq = r.seq - 1
WHERE r.stock_after <> COALESCE(p.stock_after, 0) + r.quantity_change OR r.seq < 1 OR (r.seq > 1 AND p.id IS NULL)
LIMIT 100;

-- name: VERIFY_STOCK_TYPE
-- params: -
-- columns: s s
SELECT id, CONCAT('type ', change_type, ' with a change of ', quantity_change) FROM inventory_records
WHERE change_type NOT IN (1, 2, 3, 4) OR quantity_change = 0 OR (quantity_change > 0) <> (change_type IN (1, 4)) LIMIT 100;

-- name: VERIFY_STOCK_OWNER
-- params: -
-- columns: s s
SELECT r.id, CONCAT('a record of product ', r.product_id, ', which is not there')
FROM inventory_records r LEFT JOIN products p ON p.id = r.product_id WHERE p.id IS NULL LIMIT 100;

-- name: VERIFY_RESERVED
-- params: -
-- columns: s s
SELECT p.id, CONCAT('reserved ', p.reserved_quantity, ', pending orders hold ', COALESCE(o.held, 0),
  ', open reservations hold ', COALESCE(r.held, 0))
FROM products p
  LEFT JOIN (SELECT product_id, SUM(quantity) AS held FROM exchange_orders WHERE status = 0 GROUP BY product_id) o
    ON o.product_id = p.id
  LEFT JOIN (SELECT product_id, -SUM(quantity_change) AS held FROM inventory_records WHERE change_type IN (3, 4)
    GROUP BY product_id) r ON r.product_id = p.id
WHERE p.reserved_quantity <> COALESCE(o.held, 0) OR p.reserved_quantity <> COALESCE(r.held, 0) LIMIT 100;

-- name: VERIFY_SALES
-- params: -
-- columns: s s
SELECT p.id, CONCAT('sales ', p.sales_count, ', its orders say ', COALESCE(o.sold, 0))
FROM products p LEFT JOIN (SELECT product_id, SUM(quantity) AS sold FROM exchange_orders WHERE status IN (1, 2, 3, 5)
  GROUP BY product_id) o ON o.product_id = p.id
WHERE p.sales_count <> COALESCE(o.sold, 0) LIMIT 100;

-- name: VERIFY_ORDER_TAKEN
-- params: -
-- columns: s s
SELECT o.id, CONCAT('costs ', o.points_cost, ', ', COUNT(r.id), ' records took ', COALESCE(-SUM(r.points), 0))
FROM exchange_orders o
  LEFT JOIN points_records r ON r.related_id = o.id AND r.user_id = o.user_id AND r.type = 'mall_exchange'
GROUP BY o.id, o.points_cost HAVING COUNT(r.id) <> 1 OR SUM(r.points) <> -o.points_cost LIMIT 100;

-- name: VERIFY_ORDER_GIVEN_BACK
-- params: -
-- columns: s s
SELECT o.id, CONCAT('status ', o.status, ', costs ', o.points_cost, ', ', COUNT(r.id), ' records gave back ',
  COALESCE(SUM(r.points), 0))
FROM exchange_orders o
  LEFT JOIN points_records r ON r.related_id = o.id AND r.user_id = o.user_id AND r.type = 'mall_refund'
GROUP BY o.id, o.status, o.points_cost
HAVING COUNT(r.id) <> CASE WHEN o.status IN (4, 6) THEN 1 ELSE 0 END OR COALESCE(SUM(r.points), o.points_cost) <> o.points_cost
LIMIT 100;

-- name: VERIFY_ORDER_OF_RECORD
-- params: -
-- columns: s s
SELECT r.id, CONCAT(r.type, ' of order ', COALESCE(r.related_id, 'none'), ', which user ', r.user_id, ' does not have')
FROM points_records r LEFT JOIN exchange_orders o ON o.id = r.related_id AND o.user_id = r.user_id
WHERE r.type IN ('mall_exchange', 'mall_refund') AND o.id IS NULL LIMIT 100;

-- name: VERIFY_ORDER_STOCK
-- params: -
-- columns: s s
-- A return may have come back in pieces that cannot be sold again: then nothing came back to the stock. By the order's
-- index: by the product's, a hot product's whole ledger would be read for each of its orders.
SELECT o.id, CONCAT('status ', o.status, ', ', o.quantity, ' pieces, its records changed the stock by ',
  COALESCE(SUM(r.quantity_change), 0))
FROM exchange_orders o LEFT JOIN inventory_records r IGNORE INDEX (idx_product_id, uq_product_seq)
  ON r.related_order_id = o.id AND r.product_id = o.product_id
GROUP BY o.id, o.status, o.quantity
HAVING COALESCE(SUM(r.quantity_change), 0) <> CASE WHEN o.status = 4 THEN 0 ELSE -o.quantity END
  AND NOT (o.status = 6 AND SUM(r.quantity_change) = 0)
  OR COUNT(r.id) = 0 LIMIT 100;

-- name: VERIFY_ORDER_COST
-- params: -
-- columns: s s
SELECT id, CONCAT('costs ', points_cost, ' for ', quantity, ' at ', unit_points) FROM exchange_orders
WHERE points_cost <> unit_points * quantity LIMIT 100;

-- name: VERIFY_ORDER_PLACES
-- params: -
-- columns: s s
SELECT o.id, CONCAT(CASE WHEN u.id IS NULL THEN 'its user ' ELSE 'its product ' END,
  CASE WHEN u.id IS NULL THEN o.user_id ELSE o.product_id END, ' is not there')
FROM exchange_orders o LEFT JOIN users u ON u.id = o.user_id LEFT JOIN products p ON p.id = o.product_id
WHERE u.id IS NULL OR p.id IS NULL LIMIT 100;

-- name: VERIFY_COUNTER
-- params: -
-- columns: s s
SELECT o.user_id, CONCAT('product ', o.product_id, ': counter ', COALESCE(n.quantity, 'missing'), ', orders ', o.kept)
FROM (SELECT user_id, product_id, SUM(CASE WHEN status IN (4, 6) THEN 0 ELSE quantity END) AS kept
    FROM exchange_orders GROUP BY user_id, product_id) o
  LEFT JOIN purchase_counters n ON n.user_id = o.user_id AND n.product_id = o.product_id
WHERE n.quantity IS NULL OR n.quantity <> o.kept LIMIT 100;

-- name: VERIFY_COUNTER_EXTRA
-- params: -
-- columns: s s
SELECT n.user_id, CONCAT('product ', n.product_id, ': counter ', n.quantity, ' without an order') FROM purchase_counters n
WHERE n.quantity <> 0 AND NOT EXISTS
  (SELECT 1 FROM exchange_orders o IGNORE INDEX (idx_product_id)
    WHERE o.user_id = n.user_id AND o.product_id = n.product_id) LIMIT 100;

-- name: VERIFY_KEY_ANSWER
-- params: -
-- columns: s s
-- Keys of a day and older are being forgotten.
SELECT CONVERT(CONCAT(k.caller, ' ', k.idem_key) USING utf8mb4), 'an idempotency key without an answer' FROM idempotency_keys k
  LEFT JOIN idempotency_answers a ON a.caller = k.caller AND a.idem_key = k.idem_key
WHERE a.caller IS NULL AND k.created_at > UTC_TIMESTAMP(3) - INTERVAL 23 HOUR LIMIT 100;

-- name: VERIFY_ANSWER_KEY
-- params: -
-- columns: s s
SELECT CONVERT(CONCAT(a.caller, ' ', a.idem_key) USING utf8mb4), 'an answer without its idempotency key' FROM idempotency_answers a
  LEFT JOIN idempotency_keys k ON k.caller = a.caller AND k.idem_key = a.idem_key
WHERE k.caller IS NULL LIMIT 100;

-- name: VERIFY_EVENT_EXCHANGED
-- params: -
-- columns: s s
-- Older events may have been put away. The events are grouped once: joined row by row they would be read for every order.
SELECT o.id, CONCAT('confirmed, with ', COALESCE(e.n, 0), ' events mall.product.exchanged') FROM exchange_orders o
  LEFT JOIN (SELECT CAST(JSON_UNQUOTE(JSON_EXTRACT(payload, '$.orderId')) AS CHAR(36)) AS order_id, COUNT(*) AS n
    FROM outbox WHERE event_type = 'mall.product.exchanged' AND created_at > UTC_TIMESTAMP() - INTERVAL 25 HOUR
    GROUP BY order_id) e ON e.order_id = o.id
WHERE o.exchanged_at > UTC_TIMESTAMP() - INTERVAL 1 DAY AND COALESCE(e.n, 0) <> 1 LIMIT 100;

-- name: VERIFY_EVENT_CANCELLED
-- params: -
-- columns: s s
SELECT o.id, CONCAT('cancelled, with ', COALESCE(e.n, 0), ' events mall.order.cancelled') FROM exchange_orders o
  LEFT JOIN (SELECT CAST(JSON_UNQUOTE(JSON_EXTRACT(payload, '$.orderId')) AS CHAR(36)) AS order_id, COUNT(*) AS n
    FROM outbox WHERE event_type = 'mall.order.cancelled' AND created_at > UTC_TIMESTAMP() - INTERVAL 25 HOUR
    GROUP BY order_id) e ON e.order_id = o.id
WHERE o.cancelled_at > UTC_TIMESTAMP() - INTERVAL 1 DAY AND COALESCE(e.n, 0) <> 1 LIMIT 100;
