-- The tree of categories, by operators. Whoever changes it takes its turn first (CATEGORY_TURN) and then looks at the whole of it.

-- part: ADMIN_CATEGORY_ROW
-- columns: s s s s s i i i i t t
id, name, description, icon, parent_id, level, sort_order, status, version, created_at, updated_at;

-- name: CATEGORY_TURN
-- params: -
-- columns: -
UPDATE category_tree SET changes = changes + 1 WHERE id = 1;

-- name: ADMIN_CATEGORY_ALL
-- params: -
-- columns: {ADMIN_CATEGORY_ROW}
SELECT
{ADMIN_CATEGORY_ROW}
FROM product_categories ORDER BY level, sort_order, id;

-- name: ADMIN_CATEGORY_GET
-- params: s
-- columns: {ADMIN_CATEGORY_ROW}
SELECT
{ADMIN_CATEGORY_ROW}
FROM product_categories WHERE id = ?;

-- name: CATEGORY_ADD
-- params: s s s s s i i i
-- columns: -
INSERT INTO product_categories (id, name, description, icon, parent_id, level, sort_order, status)
VALUES (?, ?, ?, ?, ?, ?, ?, ?);

-- name: CATEGORY_CHANGE
-- params: s s s s i i i s i
-- columns: -
UPDATE product_categories SET name = ?, description = ?, icon = ?, parent_id = ?, level = ?, sort_order = ?, status = ?,
  version = version + 1
WHERE id = ? AND version = ?;

-- name: CATEGORY_CHILDREN_LEVEL
-- params: i s
-- columns: -
UPDATE product_categories SET level = ?, version = version + 1 WHERE parent_id = ?;

-- name: CATEGORY_USED
-- params: s
-- columns: i
SELECT COUNT(*) FROM (SELECT 1 FROM products WHERE category_id = ? AND deleted_at IS NULL LIMIT 10000) AS used;

-- name: CATEGORY_DELETE
-- params: s i
-- columns: -
DELETE FROM product_categories WHERE id = ? AND version = ?;
