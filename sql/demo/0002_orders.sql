-- SPDX-License-Identifier: Apache-2.0
-- The demo shop, 2 of 3: twenty users, and what they exchanged. People, telephone numbers and addresses are invented.
-- Balances and stock come from the ledgers, in 0003.

INSERT INTO users (id, openid, nickname, created_at)
SELECT CONCAT('01980000-0000-7000-9000-', LPAD(LOWER(HEX(n)), 12, '0')), CONCAT('demo-openid-', LPAD(n, 4, '0')),
  ELT(n, '小满', '阿梨', '南风', '橘子汽水', '山间一叶', '豆包不甜', '木木', '今天早睡', '鹿鸣', '冬瓜茶', '云边', '半糖去冰',
    '一只柚子', '拾光', '麦田', '晚风', '青柠', '小鱼干', '星野', '落花生'),
  UTC_TIMESTAMP(3) - INTERVAL 200 - n DAY - INTERVAL n * 37 MINUTE
FROM (SELECT 10 * a.d + b.d + 1 AS n
  FROM (SELECT 0 AS d UNION ALL SELECT 1) AS a
  CROSS JOIN (SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4
    UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9) AS b) AS u;

-- n: order, in the order of time; u, p: user, product; q: pieces; age: minutes ago; st: 1 confirmed, 2 shipped,
-- 3 completed, 4 cancelled. Orders 1 to 280 are what was exchanged all along, the written ones the last days.
INSERT INTO exchange_orders (id, order_no, user_id, product_id, product_name, quantity, points_cost, status,
  delivery_info, carrier, tracking_no, delivery_status, exchanged_at, delivered_at, created_at, merchant_id, category_id,
  unit_points, product_snapshot, source, estimated_delivery, cancelled_at, cancel_reason)
SELECT CONCAT('01980000-0000-7001-8000-', LPAD(LOWER(HEX(o.n)), 12, '0')),
  CONCAT(DATE_FORMAT(o.at, '%y%m%d'), 'DEM0', LPAD(o.n, 8, '0')),
  CONCAT('01980000-0000-7000-9000-', LPAD(LOWER(HEX(o.u)), 12, '0')), p.id, p.name, o.q, o.q * p.points_price, o.st,
  JSON_OBJECT('receiverName', o.name, 'receiverPhone', o.phone, 'address', o.address),
  IF(o.st IN (2, 3) AND m.delivery_days > 0, '示例速运', NULL),
  IF(o.st IN (2, 3) AND m.delivery_days > 0, CONCAT('YS', LPAD(7700000000 + o.n * 7919, 12, '0')), NULL),
  ELT(o.st, 1, 3, 4, 1), o.at,
  IF(o.st = 3, o.at + INTERVAL m.delivery_days * 1300 + 2 MINUTE, NULL), o.at, m.id, c.id, p.points_price,
  JSON_OBJECT('name', p.name, 'description', p.description, 'images', JSON_EXTRACT(p.images, '$'),
    'specifications', JSON_EXTRACT(p.specifications, '$'), 'category', JSON_OBJECT('id', c.id, 'name', c.name),
    'merchant', JSON_OBJECT('id', m.id, 'name', m.name),
    'originalPrice', p.original_price, 'pointsPrice', p.points_price),
  ELT(1 + o.n % 5, 'home', 'category', 'search', 'recommendation', 'payment_preview'),
  o.at + INTERVAL m.delivery_days DAY,
  IF(o.st = 4, o.at + INTERVAL 35 MINUTE, NULL), IF(o.st = 4, '用户取消', NULL)
FROM (
  SELECT n, u, p, q, st, UTC_TIMESTAMP() - INTERVAL age MINUTE - INTERVAL n * 17 % 60 SECOND AS at,
    ELT(1 + u % 8, '张三', '李四', '王五', '赵六', '孙七', '周八', '吴九', '郑十') AS name,
    CONCAT('1380000', LPAD(u, 4, '0')) AS phone, CONCAT('示例省示范市演示区样板路 ', u * 8, ' 号') AS address
  FROM (
    SELECT k AS n, 1 + (k * 5 + k DIV 14) % 14 AS u,
      CAST(ELT(1 + (k * k * 7 + k DIV 9 * 5) % 37, 1, 69, 17, 70, 30, 7, 35, 71, 41, 26, 1, 6, 57, 39, 52, 69, 33, 68, 22, 50,
        1, 36, 47, 13, 59, 70, 20, 8, 46, 69, 43, 65, 5, 55, 15, 29, 58) AS UNSIGNED) AS p,
      1 + (k % 11 = 0) AS q, 20160 + (281 - k) * 500 + k * 83 % 400 AS age, IF(k % 23 = 0, 4, 3) AS st
    FROM (SELECT 100 * a.d + 10 * b.d + c.d + 1 AS k
      FROM (SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2) AS a
      CROSS JOIN (SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4
        UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9) AS b
      CROSS JOIN (SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4
        UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9) AS c) AS ks
    WHERE k <= 280
    UNION ALL SELECT 281, 2, 2, 1, 18900, 3 UNION ALL SELECT 282, 11, 11, 1, 18200, 3
    UNION ALL SELECT 283, 1, 67, 1, 17300, 3 UNION ALL SELECT 284, 7, 3, 1, 16900, 3
    UNION ALL SELECT 285, 4, 3, 1, 16100, 3 UNION ALL SELECT 286, 9, 2, 1, 15400, 3
    UNION ALL SELECT 287, 12, 38, 2, 14800, 3 UNION ALL SELECT 288, 15, 3, 1, 13900, 3
    UNION ALL SELECT 289, 3, 32, 2, 13100, 3 UNION ALL SELECT 290, 17, 3, 1, 12500, 3
    UNION ALL SELECT 291, 2, 44, 1, 11800, 3 UNION ALL SELECT 292, 5, 66, 2, 11000, 3
    UNION ALL SELECT 293, 8, 3, 1, 10400, 3 UNION ALL SELECT 294, 1, 44, 2, 9700, 3
    UNION ALL SELECT 295, 16, 3, 1, 9100, 3 UNION ALL SELECT 296, 6, 53, 1, 8600, 3
    UNION ALL SELECT 297, 11, 60, 1, 7900, 3 UNION ALL SELECT 298, 19, 25, 1, 7300, 3
    UNION ALL SELECT 299, 10, 21, 1, 6700, 3 UNION ALL SELECT 300, 2, 64, 1, 6100, 3
    UNION ALL SELECT 301, 9, 49, 1, 5600, 2 UNION ALL SELECT 302, 1, 2, 1, 5200, 3
    UNION ALL SELECT 303, 14, 31, 1, 4900, 4 UNION ALL SELECT 304, 12, 66, 1, 4500, 3
    UNION ALL SELECT 305, 3, 9, 1, 4100, 2 UNION ALL SELECT 306, 7, 18, 1, 3700, 2
    UNION ALL SELECT 307, 5, 72, 1, 3300, 3 UNION ALL SELECT 308, 11, 23, 1, 2900, 2
    UNION ALL SELECT 309, 4, 34, 1, 2500, 2 UNION ALL SELECT 310, 1, 56, 1, 2200, 2
    UNION ALL SELECT 311, 13, 61, 1, 1900, 4 UNION ALL SELECT 312, 2, 10, 1, 1600, 1
    UNION ALL SELECT 313, 8, 1, 3, 1300, 1 UNION ALL SELECT 314, 1, 62, 1, 1000, 1
    UNION ALL SELECT 315, 10, 40, 1, 760, 1 UNION ALL SELECT 316, 6, 51, 1, 540, 4
    UNION ALL SELECT 317, 9, 42, 2, 370, 1 UNION ALL SELECT 318, 1, 35, 1, 240, 1
    UNION ALL SELECT 319, 14, 1, 1, 110, 1 UNION ALL SELECT 320, 3, 71, 1, 45, 1) AS t) AS o
  JOIN products p ON p.id = CONCAT('01980000-0000-7000-8000-', LPAD(LOWER(HEX(o.p)), 12, '0'))
  JOIN product_categories c ON c.id = p.category_id
  JOIN merchants m ON m.id = p.merchant_id
ORDER BY o.n;

INSERT INTO order_parcels (order_id, tracking_no)
SELECT id, tracking_no FROM exchange_orders WHERE id LIKE '01980000-0000-7001-8000-%' AND tracking_no IS NOT NULL;

-- What became of the parcels, and when those on their way complete by themselves.
UPDATE exchange_orders SET shipped_at = exchanged_at + INTERVAL 5 HOUR, completed_at = delivered_at
WHERE id LIKE '01980000-0000-7001-8000-%' AND status IN (2, 3) AND tracking_no IS NOT NULL;

INSERT INTO order_tracking (order_id, version, delivery_status, description, created_at)
SELECT o.id, w.version, IF(w.version = 0, 2, o.delivery_status),
  IF(w.version = 0, '商品已发出', IF(o.status = 2, '包裹运输中', '用户已确认收货')),
  IF(w.version = 0, o.shipped_at, COALESCE(o.delivered_at, o.shipped_at + INTERVAL 3 HOUR))
FROM exchange_orders o CROSS JOIN (SELECT 0 AS version UNION ALL SELECT 1) AS w
WHERE o.id LIKE '01980000-0000-7001-8000-%' AND o.shipped_at IS NOT NULL;

INSERT INTO order_timers (order_id, due_at)
SELECT id, UTC_TIMESTAMP(3) + INTERVAL 15 DAY FROM exchange_orders
WHERE id LIKE '01980000-0000-7001-8000-%' AND status = 2;
