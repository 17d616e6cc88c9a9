-- Which migrations this database has had. The table is made by migrate before anything else.

-- name: SCHEMA_VERSION
-- params: -
-- columns: i
SELECT COALESCE(MAX(version), 0) FROM schema_migrations;

-- name: SCHEMA_APPLIED
-- params: i s s
-- columns: -
INSERT INTO schema_migrations (version, name, checksum, applied_at) VALUES (?, ?, ?, UTC_TIMESTAMP());

-- name: SCHEMA_LIST
-- params: -
-- columns: i s s
SELECT version, name, checksum FROM schema_migrations ORDER BY version;
