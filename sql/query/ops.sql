-- What check-config asks the server about its limits. SHOW VARIABLES cannot be prepared everywhere.

-- name: CHECK_MAX_CONNECTIONS
-- params: -
-- columns: i
SELECT @@max_connections;

-- name: CHECK_MAX_PREPARED
-- params: -
-- columns: i
SELECT @@max_prepared_stmt_count;
