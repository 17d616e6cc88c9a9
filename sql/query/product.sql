-- Products and categories as everybody may see them: on sale, not deleted, the sale window not over.
--
-- Lists: one statement a sort, so that the index which gives its order is plain. A NULL parameter folds its condition away.
-- What comes after a place is written as two ranges of that index (beyond the key, or at the key and beyond the
-- id), so that a late page costs what the first one costs. Nearly every product is on sale: an index that finds those
-- would only tempt the server to sort them all.

-- part: PRODUCT_ROW
-- columns: s s s s s s s i s s s i i o o i i t t i i i
p.id, p.name, p.description, p.category_id, c.name, p.merchant_id, m.name, p.points_price, p.original_price,
       p.images, p.specifications, p.stock_quantity, p.sales_count, p.is_hot, p.is_new, p.status, p.purchase_limit,
       p.available_from, p.available_until, p.sort_order, p.alert_threshold, m.delivery_days;

-- part: PRODUCT_NAMES
-- columns: -
LEFT JOIN product_categories c ON c.id = p.category_id
LEFT JOIN merchants m ON m.id = p.merchant_id;

-- part: PRODUCT_FILTERED
-- columns: -
p.status = 1 AND p.deleted_at IS NULL AND (p.available_until IS NULL OR p.available_until > ?)
AND (? IS NULL OR p.category_id IN (SELECT d.id FROM product_categories d
  LEFT JOIN product_categories e ON e.id = d.parent_id WHERE d.id = ? OR d.parent_id = ? OR e.parent_id = ?))
AND (? IS NULL OR p.points_price >= ?) AND (? IS NULL OR p.points_price <= ?)
AND (? IS NULL OR p.is_hot = ?) AND (? IS NULL OR p.is_new = ?)
AND (? IS NULL OR (p.stock_quantity > 0) = ?);

-- name: PRODUCT_GET
-- params: s t
-- columns: {PRODUCT_ROW}
SELECT
{PRODUCT_ROW}
FROM products p
{PRODUCT_NAMES}
WHERE p.id = ? AND p.status = 1 AND p.deleted_at IS NULL AND (p.available_until IS NULL OR p.available_until > ?);

-- name: PRODUCT_LIST_DEFAULT
-- params: t s s s s i i i i i i i i i i i i i s i
-- columns: {PRODUCT_ROW}
SELECT
{PRODUCT_ROW}
FROM products p IGNORE INDEX (idx_status)
{PRODUCT_NAMES}
WHERE
{PRODUCT_FILTERED}
  AND (? IS NULL OR p.sort_order > ? OR (p.sort_order = ? AND p.id > ?))
ORDER BY p.sort_order ASC, p.id ASC LIMIT ?;

-- name: PRODUCT_LIST_POINTS_ASC
-- params: t s s s s i i i i i i i i i i i i i s i
-- columns: {PRODUCT_ROW}
SELECT
{PRODUCT_ROW}
FROM products p IGNORE INDEX (idx_status)
{PRODUCT_NAMES}
WHERE
{PRODUCT_FILTERED}
  AND (? IS NULL OR p.points_price > ? OR (p.points_price = ? AND p.id > ?))
ORDER BY p.points_price ASC, p.id ASC LIMIT ?;

-- name: PRODUCT_LIST_POINTS_DESC
-- params: t s s s s i i i i i i i i i i i i i s i
-- columns: {PRODUCT_ROW}
SELECT
{PRODUCT_ROW}
FROM products p IGNORE INDEX (idx_status)
{PRODUCT_NAMES}
WHERE
{PRODUCT_FILTERED}
  AND (? IS NULL OR p.points_price < ? OR (p.points_price = ? AND p.id < ?))
ORDER BY p.points_price DESC, p.id DESC LIMIT ?;

-- name: PRODUCT_LIST_SALES
-- params: t s s s s i i i i i i i i i i i i i s i
-- columns: {PRODUCT_ROW}
SELECT
{PRODUCT_ROW}
FROM products p IGNORE INDEX (idx_status)
{PRODUCT_NAMES}
WHERE
{PRODUCT_FILTERED}
  AND (? IS NULL OR p.sales_count < ? OR (p.sales_count = ? AND p.id < ?))
ORDER BY p.sales_count DESC, p.id DESC LIMIT ?;

-- name: PRODUCT_LIST_NEWEST
-- params: t s s s s i i i i i i i i i i i i i s i
-- columns: {PRODUCT_ROW}
SELECT
{PRODUCT_ROW}
FROM products p IGNORE INDEX (idx_status)
{PRODUCT_NAMES}
WHERE
{PRODUCT_FILTERED}
  AND (? IS NULL OR ? IS NULL OR ? IS NULL OR p.id < ?)
ORDER BY p.id DESC LIMIT ?;

-- name: CATEGORY_LIST
-- params: -
-- columns: s s s s s i i
SELECT id, name, description, icon, parent_id, level, sort_order
FROM product_categories WHERE status = 1 ORDER BY level, sort_order, id;
