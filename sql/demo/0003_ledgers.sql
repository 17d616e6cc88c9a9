-- SPDX-License-Identifier: Apache-2.0
-- The demo shop, 3 of 3: the ledgers of points and stock, derived from the orders, and everything that sums them up.

-- Each user came with a balance of the old points system that covers what was spent, and ends near the figure below.
INSERT INTO points_records (id, user_id, seq, type, points, balance_after, description, related_id, created_at)
SELECT CONCAT('01980000-0000-7002-8000-', LPAD(LOWER(HEX(ROW_NUMBER() OVER (ORDER BY at, user_id, step))), 12, '0')),
  user_id, ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY at, step), type, points,
  SUM(points) OVER (PARTITION BY user_id ORDER BY at, step ROWS UNBOUNDED PRECEDING), description, related_id, at
FROM (
  SELECT u.id AS user_id, u.created_at AS at, 0 AS step, 'adjust' AS type,
    1000 * CEILING(COALESCE((SELECT SUM(o.points_cost) FROM exchange_orders o WHERE o.user_id = u.id), 0) / 1000)
      + ELT(u.n, 60000, 128000, 35000, 8800, 15600, 3200, 52000, 900, 21000, 4700, 76000, 12500, 300, 6600, 1800, 250,
        990, 45, 10400, 20) AS points, '积分余额迁入' AS description, NULL AS related_id
  FROM (SELECT id, created_at, CAST(CONV(RIGHT(id, 12), 16, 10) AS SIGNED) AS n FROM users WHERE openid LIKE 'demo-openid-%') AS u
  UNION ALL
  SELECT u.id, UTC_TIMESTAMP(3) - INTERVAL (2 + k.j * 5) * 1440 + u.n * 61 + k.j * 97 MINUTE, 1, 'payment_reward',
    18 + (u.n * 131 + k.j * 379) % 900, '支付奖励', NULL
  FROM (SELECT id, CAST(CONV(RIGHT(id, 12), 16, 10) AS SIGNED) AS n FROM users WHERE openid LIKE 'demo-openid-%') AS u
    JOIN (SELECT 10 * a.d + b.d AS j
      FROM (SELECT 0 AS d UNION ALL SELECT 1) AS a
      CROSS JOIN (SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4
        UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9) AS b) AS k
      ON k.j < 21 - u.n
  UNION ALL
  SELECT u.id, UTC_TIMESTAMP(3) - INTERVAL 20 DAY, 2, 'adjust', IF(u.n = 5, -200, 500),
    IF(u.n = 5, '活动重复发放更正', '客服补偿'), NULL
  FROM (SELECT id, CAST(CONV(RIGHT(id, 12), 16, 10) AS SIGNED) AS n FROM users WHERE openid LIKE 'demo-openid-%') AS u
  WHERE u.n IN (5, 8)
  UNION ALL
  SELECT o.user_id, o.exchanged_at, 3, 'mall_exchange', -o.points_cost, CONCAT('商城兑换-', o.product_name), o.id
  FROM exchange_orders o WHERE o.id LIKE '01980000-0000-7001-8000-%'
  UNION ALL
  SELECT o.user_id, o.cancelled_at, 4, 'mall_refund', o.points_cost, CONCAT('商城退回-', o.product_name), o.id
  FROM exchange_orders o WHERE o.id LIKE '01980000-0000-7001-8000-%' AND o.status = 4) AS e;

UPDATE users u JOIN (
    SELECT user_id, SUM(points) AS balance, COUNT(*) AS seq,
      SUM(IF(type = 'payment_reward' OR type = 'adjust' AND points > 0, points, 0)) AS earned,
      -SUM(IF(type IN ('mall_exchange', 'mall_refund'), points, 0)) AS spent, -SUM(LEAST(points, 0)) AS points_out
    FROM points_records WHERE id LIKE '01980000-0000-7002-8000-%' GROUP BY user_id) AS r ON r.user_id = u.id
SET u.points_balance = r.balance, u.points_seq = r.seq, u.points_earned = r.earned, u.points_spent = r.spent,
  u.points_out = r.points_out;

-- Stocked once, and a second time where the id ends in 5; a product that was stocked with 0 got what it sold.
INSERT INTO inventory_records (id, product_id, change_type, quantity_change, stock_after, related_order_id, description,
  created_at, seq)
SELECT CONCAT('01980000-0000-7003-8000-', LPAD(LOWER(HEX(ROW_NUMBER() OVER (ORDER BY at, product_id, step))), 12, '0')),
  product_id, IF(change_by < 0, 2, 1), change_by,
  SUM(change_by) OVER (PARTITION BY product_id ORDER BY at, step ROWS UNBOUNDED PRECEDING), order_id, description, at,
  ROW_NUMBER() OVER (PARTITION BY product_id ORDER BY at, step)
FROM (
  SELECT p.id AS product_id, p.created_at AS at, 0 AS step,
    IF(p.stock_quantity > 0, p.stock_quantity, (SELECT SUM(o.quantity) FROM exchange_orders o
      WHERE o.product_id = p.id AND o.status <> 4)) AS change_by, NULL AS order_id, '首批入库' AS description
  FROM products p WHERE p.id LIKE '01980000-0000-7000-8000-%'
  UNION ALL
  SELECT p.id, p.created_at + INTERVAL 150 DAY, 1, 100, NULL, '补货入库'
  FROM products p WHERE p.id LIKE '01980000-0000-7000-8000-%5' AND p.created_at < UTC_TIMESTAMP() - INTERVAL 190 DAY
  UNION ALL
  SELECT o.product_id, o.exchanged_at, 2, -o.quantity, o.id, '商城兑换'
  FROM exchange_orders o WHERE o.id LIKE '01980000-0000-7001-8000-%'
  UNION ALL
  SELECT o.product_id, o.cancelled_at, 3, o.quantity, o.id, '取消兑换'
  FROM exchange_orders o WHERE o.id LIKE '01980000-0000-7001-8000-%' AND o.status = 4) AS e;

UPDATE products p JOIN (
    SELECT product_id, SUM(quantity_change) AS stock, COUNT(*) AS seq
    FROM inventory_records WHERE id LIKE '01980000-0000-7003-8000-%' GROUP BY product_id) AS r ON r.product_id = p.id
SET p.stock_quantity = r.stock, p.stock_seq = r.seq,
  p.sales_count = (SELECT COALESCE(SUM(o.quantity), 0) FROM exchange_orders o
    WHERE o.product_id = p.id AND o.status IN (1, 2, 3));

INSERT INTO purchase_counters (user_id, product_id, quantity)
SELECT user_id, product_id, SUM(IF(status = 4, 0, quantity)) FROM exchange_orders
WHERE id LIKE '01980000-0000-7001-8000-%' GROUP BY user_id, product_id;

INSERT INTO user_preferences (user_id, category_id, exchanges, points_spent, updated_at)
SELECT user_id, category_id, COUNT(*), SUM(points_cost), MAX(exchanged_at) FROM exchange_orders
WHERE id LIKE '01980000-0000-7001-8000-%' GROUP BY user_id, category_id;

-- What happened has its events, delivered long ago (state 1).
INSERT INTO outbox (event_id, event_type, source, targets, aggregate, payload, created_at, state, next_at)
SELECT CONCAT('01980000-0000-7004-8000-', LPAD(LOWER(HEX(ROW_NUMBER() OVER (ORDER BY at, user_id, step))), 12, '0')),
  event_type, source, targets, user_id, payload, at, 1, at
FROM (
  SELECT r.user_id, r.created_at AS at, 1 AS step,
    IF(r.points < 0, 'points.consumed', 'points.refunded') AS event_type, 'points' AS source,
    '["notify","stats"]' AS targets, JSON_OBJECT('userId', r.user_id, 'points', ABS(r.points),
      'balanceAfter', r.balance_after, 'recordId', r.id, 'relatedId', r.related_id) AS payload
  FROM points_records r WHERE r.id LIKE '01980000-0000-7002-8000-%' AND r.type IN ('mall_exchange', 'mall_refund')
  UNION ALL
  SELECT o.user_id, o.exchanged_at, 2, 'mall.product.exchanged', 'exchange', '["profile","recommend","notify","stats"]',
    JSON_OBJECT('userId', o.user_id, 'productId', o.product_id, 'quantity', o.quantity, 'pointsCost', o.points_cost,
      'orderId', o.id)
  FROM exchange_orders o WHERE o.id LIKE '01980000-0000-7001-8000-%'
  UNION ALL
  SELECT o.user_id, o.cancelled_at, 3, 'mall.order.cancelled', 'exchange', '["notify","recommend","stats"]',
    JSON_OBJECT('userId', o.user_id, 'productId', o.product_id, 'orderId', o.id, 'status', 4, 'reason', o.cancel_reason)
  FROM exchange_orders o WHERE o.id LIKE '01980000-0000-7001-8000-%' AND o.status = 4
  UNION ALL
  SELECT o.user_id, o.exchanged_at + INTERVAL 1 MINUTE, 4, 'mall.order.shipped', 'exchange',
    '["notify","recommend","stats"]', JSON_OBJECT('userId', o.user_id, 'productId', o.product_id, 'orderId', o.id,
      'status', 2)
  FROM exchange_orders o WHERE o.id LIKE '01980000-0000-7001-8000-%' AND o.status IN (2, 3)
  UNION ALL
  SELECT o.user_id, o.delivered_at, 5, 'mall.order.delivered', 'exchange', '["notify","stats"]',
    JSON_OBJECT('userId', o.user_id, 'orderId', o.id)
  FROM exchange_orders o WHERE o.id LIKE '01980000-0000-7001-8000-%' AND o.status = 3) AS e
ORDER BY at, user_id, step;
