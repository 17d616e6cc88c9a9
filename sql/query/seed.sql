-- Any size of shop for load tests. Row n of each table has the id that its number makes, so that a later run adds only
-- what is missing. Up to 10,000 rows a statement: from the first number to the last.

-- name: SEED_DEMO_THERE
-- params: -
-- columns: i
SELECT COUNT(*) FROM products WHERE id = '01980000-0000-7000-8000-000000000001';

-- name: SEED_LAST_MERCHANT
-- params: -
-- columns: i
SELECT CAST(CONV(RIGHT(COALESCE(MAX(id), '0'), 12), 16, 10) AS SIGNED) FROM merchants
WHERE id BETWEEN '01900000-0000-7000-b000-000000000000' AND '01900000-0000-7000-b000-ffffffffffff';

-- name: SEED_LAST_CATEGORY
-- params: -
-- columns: i
SELECT CAST(CONV(RIGHT(COALESCE(MAX(id), '0'), 12), 16, 10) AS SIGNED) FROM product_categories
WHERE id BETWEEN '01900000-0000-7000-a000-000000000000' AND '01900000-0000-7000-a000-ffffffffffff';

-- name: SEED_LAST_PRODUCT
-- params: -
-- columns: i
SELECT CAST(CONV(RIGHT(COALESCE(MAX(id), '0'), 12), 16, 10) AS SIGNED) FROM products
WHERE id BETWEEN '01900000-0000-7000-8000-000000000000' AND '01900000-0000-7000-8000-ffffffffffff';

-- name: SEED_LAST_USER
-- params: -
-- columns: i
SELECT CAST(CONV(RIGHT(COALESCE(MAX(id), '0'), 12), 16, 10) AS SIGNED) FROM users
WHERE id BETWEEN '01900000-0000-7000-9000-000000000000' AND '01900000-0000-7000-9000-ffffffffffff';

-- part: SEED_NUMBERS
-- columns: -
(SELECT ? + 1000 * d.d + 100 * c.d + 10 * b.d + a.d AS n
  FROM (SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4
    UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9) AS a
  CROSS JOIN (SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4
    UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9) AS b
  CROSS JOIN (SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4
    UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9) AS c
  CROSS JOIN (SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4
    UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9) AS d) AS k;

-- name: SEED_MERCHANTS
-- params: i i
-- columns: -
INSERT INTO merchants (id, name, logo, points_rate, delivery_days)
SELECT CONCAT('01900000-0000-7000-b000-', LPAD(LOWER(HEX(n)), 12, '0')),
  CONCAT(ELT(1 + n % 5, '晴川', '禾木', '青岚', '云起', '望山'), ELT(1 + n DIV 5 % 4, '优选', '百货', '生活馆', '旗舰店')),
  CONCAT('/files/demo/m', 1 + n % 3, '.svg'), 80 + n % 5 * 10, 1 + n % 5
FROM (SELECT ? + 10 * b.d + a.d AS n
  FROM (SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4
    UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9) AS a
  CROSS JOIN (SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4
    UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9) AS b) AS k
WHERE n <= ?;

-- name: SEED_CATEGORIES
-- params: i i
-- columns: -
-- 1, 6, 11, … are at the top; the four after each are below it.
INSERT INTO product_categories (id, name, description, icon, parent_id, level, sort_order)
SELECT CONCAT('01900000-0000-7000-a000-', LPAD(LOWER(HEX(n)), 12, '0')),
  CONCAT(ELT(1 + (n - 1) DIV 5 % 10, '数码', '家居', '厨房', '美食', '美妆', '运动', '户外', '母婴', '图书', '宠物'),
    ELT(1 + (n - 1) % 5, '专区', '精选', '好物', '新品', '特惠')),
  '精选好物，积分即兑', CONCAT('/files/demo/c', LPAD(1 + n % 20, 2, '0'), '.svg'),
  IF(n % 5 = 1, NULL, CONCAT('01900000-0000-7000-a000-', LPAD(LOWER(HEX(n - (n - 1) % 5)), 12, '0'))),
  IF(n % 5 = 1, 1, 2), 1000 + n
FROM
{SEED_NUMBERS}
WHERE k.n <= ?;

-- name: SEED_PRODUCTS
-- params: i i i i
-- columns: -
-- merchants, leaf categories (leaf j, from 0, is category 5 * (j DIV 4) + 2 + j % 4), first, last. The texts make a
-- list of 20 products about 11.5 KB of JSON.
INSERT INTO products (id, name, description, category_id, points_price, original_price, stock_quantity, images,
  specifications, is_hot, is_new, sort_order, created_at, merchant_id, stock_seq)
SELECT CONCAT('01900000-0000-7000-8000-', LPAD(LOWER(HEX(n)), 12, '0')),
  CONCAT(ELT(1 + n % 12, '轻享', '云感', '优选', '匠心', '简约', '臻品', '暖冬', '清新', '经典', '便携', '加厚', '智能'),
    ELT(1 + n DIV 12 % 20, '保温杯', '双肩包', '蓝牙耳机', '充电宝', '四件套', '咖啡豆', '坚果礼盒', '洗脸巾', '瑜伽垫', '台灯',
      '收纳箱', '电动牙刷', '雨伞', '面膜', '洗发水', '红茶', '空气炸锅', '颈枕', '露营椅', '数据线'),
    ELT(1 + n DIV 240 % 6, '标准款', '升级款', '礼盒装', '家庭装', '旅行装', '联名款'), ' ', n),
  CONCAT(ELT(1 + n % 7, '甄选优质材料，做工细致', '日常自用送礼皆宜', '小巧轻便，出行无忧', '口碑热销，复购之选', '设计简洁，百搭耐看',
    '用料扎实，经久耐用', '贴心细节，用过都说好'), '。'),
  CONCAT('01900000-0000-7000-a000-', LPAD(LOWER(HEX(5 * (j DIV 4) + 2 + j % 4)), 12, '0')),
  points, ROUND(points * (115 + n % 7 * 5) / 10000, 2), 1000000,
  JSON_ARRAY(CONCAT('/files/demo/p', LPAD(1 + n % 72, 3, '0'), '.svg')),
  JSON_OBJECT('颜色', ELT(1 + n % 6, '雾白', '深空灰', '薄荷绿', '樱花粉', '藏青', '奶茶色'),
    '规格', ELT(1 + n % 4, '单件', '两件装', '三件装', '礼盒'), '产地', ELT(1 + n % 5, '浙江', '广东', '福建', '江苏', '云南')),
  n % 13 = 0, n % 17 = 0, 1000 + n * 7919 % 99991, UTC_TIMESTAMP() - INTERVAL n * 7 % 43200 MINUTE,
  CONCAT('01900000-0000-7000-b000-', LPAD(LOWER(HEX(merchant)), 12, '0')), 1
FROM (SELECT n, 90 + 100 * (n * 37 % 290) AS points, 1 + n % ? AS merchant, n * 7 % ? AS j
  FROM
{SEED_NUMBERS}
  WHERE k.n <= ?) AS k;

-- name: SEED_STOCK
-- params: i i
-- columns: -
INSERT INTO inventory_records (id, product_id, change_type, quantity_change, stock_after, description, seq)
SELECT CONCAT('01900000-0000-7003-8000-', RIGHT(id, 12)), id, 1, stock_quantity, stock_quantity, '首批入库', stock_seq
FROM products
WHERE id BETWEEN CONCAT('01900000-0000-7000-8000-', LPAD(LOWER(HEX(? + 0)), 12, '0'))
  AND CONCAT('01900000-0000-7000-8000-', LPAD(LOWER(HEX(? + 0)), 12, '0'));

-- name: SEED_USERS
-- params: i i i i i
-- columns: -
-- With so many records each.
INSERT INTO users (id, openid, nickname, points_balance, points_seq, points_earned, created_at)
SELECT CONCAT('01900000-0000-7000-9000-', LPAD(LOWER(HEX(n)), 12, '0')), CONCAT('seed-', n),
  CONCAT(ELT(1 + n % 8, '小雨', '阿北', '晨曦', '木子', '星河', '山风', '一禾', '清和'), n),
  1000000 + 10 * (? - 1), ?, 1000000 + 10 * (? - 1), UTC_TIMESTAMP(3)
FROM
{SEED_NUMBERS}
WHERE k.n <= ?;

-- name: SEED_POINTS
-- params: i i
-- columns: -
INSERT INTO points_records (id, user_id, seq, type, points, balance_after, description, created_at)
SELECT CONCAT('01900000-0000-7002-9000-', RIGHT(id, 12)), id, 1, 'adjust', 1000000, 1000000, '积分余额迁入', created_at
FROM users
WHERE id BETWEEN CONCAT('01900000-0000-7000-9000-', LPAD(LOWER(HEX(? + 0)), 12, '0'))
  AND CONCAT('01900000-0000-7000-9000-', LPAD(LOWER(HEX(? + 0)), 12, '0'));

-- name: SEED_LAST_RECORD
-- params: i i
-- columns: i
-- Of those with this number in their users' ledgers.
SELECT CAST(CONV(RIGHT(COALESCE(MAX(id), '0'), 12), 16, 10) AS SIGNED) FROM points_records
WHERE id BETWEEN CONCAT('0190', LPAD(LOWER(HEX(? + 0)), 4, '0'), '-0000-7002-9000-000000000000')
  AND CONCAT('0190', LPAD(LOWER(HEX(? + 0)), 4, '0'), '-0000-7002-9000-ffffffffffff');

-- name: SEED_RECORDS
-- params: i i i i i i
-- columns: -
-- A record of this number for each of so many users beyond a base. Among 10,000 users the order of time is none of the order of
-- users, as in life: a multiplication by a prime beyond them all leads from one to the other. Among more it would keep
-- a small buffer pool busy for an hour.
INSERT INTO points_records (id, user_id, seq, type, points, balance_after, description, related_id, created_at)
SELECT CONCAT('0190', LPAD(LOWER(HEX(p.seq)), 4, '0'), '-0000-7002-9000-', LPAD(LOWER(HEX(k.n)), 12, '0')),
  CONCAT('01900000-0000-7000-9000-', LPAD(LOWER(HEX(p.base + 1 + (k.n - p.base - 1) DIV 10000 * 10000
    + (k.n - p.base - 1) % 10000 * p.prime % LEAST(10000, p.users - (k.n - p.base - 1) DIV 10000 * 10000))), 12, '0')),
  p.seq, 'payment_reward', 10, 1000000 + 10 * (p.seq - 1), '支付奖励',
  CONCAT('0190', LPAD(LOWER(HEX(p.seq)), 4, '0'), '-0000-7004-9000-', LPAD(LOWER(HEX(k.n)), 12, '0')),
  UTC_TIMESTAMP(3)
FROM (SELECT ? AS seq, ? AS base, ? AS prime, ? AS users) AS p CROSS JOIN
{SEED_NUMBERS}
WHERE k.n <= ?;
