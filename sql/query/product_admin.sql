-- Products as operators see and change them: off sale too, and deleted where they ask for it. A merchant's name stands in every
-- WHERE, as NULL for an admin.

-- part: ADMIN_PRODUCT_ROW
-- columns: s s s s s s s i s s s i i o o i i t t i i i i t t t
p.id, p.name, p.description, p.category_id, c.name, p.merchant_id, m.name, p.points_price, p.original_price,
  p.images, p.specifications, p.stock_quantity, p.sales_count, p.is_hot, p.is_new, p.status, p.purchase_limit,
  p.available_from, p.available_until, p.sort_order, p.reserved_quantity, p.alert_threshold, p.version,
  p.created_at, p.updated_at, p.deleted_at;

-- part: ADMIN_PRODUCT_FILTERED
-- columns: -
(? IS NULL OR p.merchant_id = ?) AND (p.deleted_at IS NOT NULL) = ?
  AND (? IS NULL OR p.merchant_id = ?) AND (? IS NULL OR p.status = ?)
  AND (? IS NULL OR p.category_id IN (SELECT d.id FROM product_categories d
    LEFT JOIN product_categories e ON e.id = d.parent_id WHERE d.id = ? OR d.parent_id = ? OR e.parent_id = ?))
  AND (? IS NULL OR LOWER(p.name) LIKE LOWER(?));

-- name: ADMIN_PRODUCT_GET
-- params: s s s
-- columns: {ADMIN_PRODUCT_ROW}
SELECT
{ADMIN_PRODUCT_ROW}
FROM products p
{PRODUCT_NAMES}
WHERE p.id = ? AND p.deleted_at IS NULL AND (? IS NULL OR p.merchant_id = ?);

-- name: ADMIN_PRODUCT_COUNT
-- params: s s i s s i i s s s s s s
-- columns: i
SELECT COUNT(*) FROM (SELECT 1 FROM products p WHERE
{ADMIN_PRODUCT_FILTERED}
LIMIT 10000) AS counted;

-- name: ADMIN_PRODUCT_LIST_NEWEST
-- params: s s i s s i i s s s s s s i i i s i
-- columns: {ADMIN_PRODUCT_ROW}
SELECT
{ADMIN_PRODUCT_ROW}
FROM products p
{PRODUCT_NAMES}
WHERE
{ADMIN_PRODUCT_FILTERED}
  AND (? IS NULL OR ? IS NULL OR ? IS NULL OR p.id < ?)
ORDER BY p.id DESC LIMIT ?;

-- name: ADMIN_PRODUCT_LIST_DEFAULT
-- params: s s i s s i i s s s s s s i i i s i
-- columns: {ADMIN_PRODUCT_ROW}
SELECT
{ADMIN_PRODUCT_ROW}
FROM products p
{PRODUCT_NAMES}
WHERE
{ADMIN_PRODUCT_FILTERED}
  AND (? IS NULL OR p.sort_order > ? OR (p.sort_order = ? AND p.id > ?))
ORDER BY p.sort_order ASC, p.id ASC LIMIT ?;

-- name: ADMIN_PRODUCT_LIST_POINTS_ASC
-- params: s s i s s i i s s s s s s i i i s i
-- columns: {ADMIN_PRODUCT_ROW}
SELECT
{ADMIN_PRODUCT_ROW}
FROM products p
{PRODUCT_NAMES}
WHERE
{ADMIN_PRODUCT_FILTERED}
  AND (? IS NULL OR p.points_price > ? OR (p.points_price = ? AND p.id > ?))
ORDER BY p.points_price ASC, p.id ASC LIMIT ?;

-- name: ADMIN_PRODUCT_LIST_POINTS_DESC
-- params: s s i s s i i s s s s s s i i i s i
-- columns: {ADMIN_PRODUCT_ROW}
SELECT
{ADMIN_PRODUCT_ROW}
FROM products p
{PRODUCT_NAMES}
WHERE
{ADMIN_PRODUCT_FILTERED}
  AND (? IS NULL OR p.points_price < ? OR (p.points_price = ? AND p.id < ?))
ORDER BY p.points_price DESC, p.id DESC LIMIT ?;

-- name: ADMIN_PRODUCT_LIST_SALES
-- params: s s i s s i i s s s s s s i i i s i
-- columns: {ADMIN_PRODUCT_ROW}
SELECT
{ADMIN_PRODUCT_ROW}
FROM products p
{PRODUCT_NAMES}
WHERE
{ADMIN_PRODUCT_FILTERED}
  AND (? IS NULL OR p.sales_count < ? OR (p.sales_count = ? AND p.id < ?))
ORDER BY p.sales_count DESC, p.id DESC LIMIT ?;

-- name: ADMIN_PRODUCT_LIST_STOCK
-- params: s s i s s i i s s s s s s i i i s i
-- columns: {ADMIN_PRODUCT_ROW}
SELECT
{ADMIN_PRODUCT_ROW}
FROM products p
{PRODUCT_NAMES}
WHERE
{ADMIN_PRODUCT_FILTERED}
  AND (? IS NULL OR p.stock_quantity > ? OR (p.stock_quantity = ? AND p.id > ?))
ORDER BY p.stock_quantity ASC, p.id ASC LIMIT ?;

-- name: ADMIN_PRODUCT_EXPORT
-- params: s s i s s i i s s s s s s
-- columns: {ADMIN_PRODUCT_ROW}
SELECT
{ADMIN_PRODUCT_ROW}
FROM products p
{PRODUCT_NAMES}
WHERE
{ADMIN_PRODUCT_FILTERED};

-- name: ADMIN_PRODUCT_PLACES
-- params: s s
-- columns: o o
-- Whether the category and the merchant that a product is to have are there.
SELECT EXISTS (SELECT 1 FROM product_categories WHERE id = ?), EXISTS (SELECT 1 FROM merchants WHERE id = ?);

-- name: CATEGORY_USE
-- params: s
-- columns: -
-- Something is put into the category: it is there, and stays until this is committed.
UPDATE product_categories SET uses = uses + 1, updated_at = updated_at WHERE id = ?;

-- name: PRODUCT_ADD
-- params: s s s s i s s s i i i i t t i s i i
-- columns: -
INSERT INTO products (id, name, description, category_id, points_price, original_price, images, specifications, is_hot,
  is_new, status, purchase_limit, available_from, available_until, sort_order, merchant_id, stock_quantity, stock_seq)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: PRODUCT_CHANGE
-- params: s s s i s s s i i i i t t i s s i
-- columns: -
UPDATE products SET name = ?, description = ?, category_id = ?, points_price = ?, original_price = ?, images = ?,
  specifications = ?, is_hot = ?, is_new = ?, status = ?, purchase_limit = ?, available_from = ?, available_until = ?,
  sort_order = ?, merchant_id = ?, version = version + 1
WHERE id = ? AND version = ? AND deleted_at IS NULL;

-- name: PRODUCT_DELETE
-- params: t s i
-- columns: -
UPDATE products SET deleted_at = ?, version = version + 1 WHERE id = ? AND version = ? AND deleted_at IS NULL;
