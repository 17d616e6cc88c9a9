/* SPDX-License-Identifier: Apache-2.0 */
/* routes.c: THE table. A new endpoint begins with a row here. */
#include "handlers/handlers.h"
#include "handlers/routes.h"
#include "http/csv.h"

#define KIB 1024

const struct route routes[] = {
	{ GET, "/api/mall/products", products_get, .who = WHO_ANYONE, .public_copy = true, .query = products_query },
	{ GET, "/api/mall/products/:id", product_get_one, .who = WHO_ANYONE, .public_copy = true },
	{ GET, "/api/mall/categories", categories_get, .who = WHO_ANYONE, .public_copy = true },
	{ POST, "/api/mall/inventory/check", inventory_check_post, .who = WHO_ANYONE, .body_max = 8 * KIB },
	{ GET, "/api/mall/inventory/:productId", inventory_get_one, .who = WHO_ANYONE },
	{ POST, "/api/mall/exchange", exchange_post, .who = WHO_USER, .body_max = 8 * KIB, .idempotent = true },
	{ GET, "/api/mall/exchange/orders", orders_get, .who = WHO_USER, .query = orders_query },
	{ GET, "/api/mall/exchange/orders/:id", order_get_one, .who = WHO_USER },
	{ POST, "/api/mall/exchange/orders/:id/cancel", order_cancel_post, .who = WHO_USER, .body_max = 4 * KIB, .idempotent = true },
	{ POST, "/api/mall/exchange/orders/:id/confirm", order_confirm_post, .who = WHO_USER, .body_max = 4 * KIB,
	    .idempotent = true },
	{ POST, "/api/mall/exchange/orders/:id/receive", order_receive_post, .who = WHO_USER, .body_max = 4 * KIB,
	    .idempotent = true },
	{ POST, "/api/mall/exchange/orders/:id/return", order_return_post, .who = WHO_USER, .body_max = 4 * KIB, .idempotent = true },
	{ GET, "/api/mall/exchange/orders/:id/delivery", order_delivery_get, .who = WHO_USER },
	{ PUT, "/api/mall/exchange/orders/:id/delivery-info", order_delivery_info_put, .who = WHO_USER, .body_max = 4 * KIB },
	{ GET, "/api/points/balance", points_balance_get, .who = WHO_USER },
	{ GET, "/api/points/records", points_records_get, .who = WHO_USER, .query = records_query },

	{ POST, "/api/auth/login", auth_login_post, .who = WHO_ANYONE, .body_max = 4 * KIB },
	{ POST, "/api/auth/refresh", auth_refresh_post, .who = WHO_ANYONE, .body_max = 4 * KIB },
	{ POST, "/api/auth/logout", auth_logout_post, .who = WHO_USER, .body_max = 4 * KIB },
	{ GET, "/api/user/profile", user_profile_get, .who = WHO_USER },
	{ PUT, "/api/user/profile", user_profile_put, .who = WHO_USER, .body_max = 8 * KIB },

	{ GET, "/api/admin/products", admin_products_get, .who = WHO_MERCHANT | WHO_ADMIN, .query = admin_products_query },
	{ POST, "/api/admin/products", admin_products_post, .who = WHO_MERCHANT | WHO_ADMIN, .body_max = 64 * KIB,
	    .idempotent = true },
	{ GET, "/api/admin/products/:id", admin_product_get, .who = WHO_MERCHANT | WHO_ADMIN },
	{ PUT, "/api/admin/products/:id", admin_product_put, .who = WHO_MERCHANT | WHO_ADMIN, .body_max = 64 * KIB },
	{ DELETE, "/api/admin/products/:id", admin_product_delete, .who = WHO_MERCHANT | WHO_ADMIN },
	{ GET, "/api/admin/categories", admin_categories_get, .who = WHO_ADMIN },
	{ POST, "/api/admin/categories", admin_categories_post, .who = WHO_ADMIN, .body_max = 16 * KIB, .idempotent = true },
	{ PUT, "/api/admin/categories/:id", admin_category_put, .who = WHO_ADMIN, .body_max = 16 * KIB },
	{ DELETE, "/api/admin/categories/:id", admin_category_delete, .who = WHO_ADMIN },
	{ GET, "/api/admin/inventory/low", admin_low_get, .who = WHO_MERCHANT | WHO_ADMIN, .query = admin_stock_query },
	{ POST, "/api/admin/inventory/:productId", admin_stock_post, .who = WHO_MERCHANT | WHO_ADMIN, .body_max = 4 * KIB,
	    .idempotent = true },
	{ PUT, "/api/admin/inventory/:productId/alert", admin_alert_put, .who = WHO_MERCHANT | WHO_ADMIN, .body_max = 4 * KIB },
	{ GET, "/api/admin/inventory/:productId/records", admin_stock_records_get, .who = WHO_MERCHANT | WHO_ADMIN,
	    .query = admin_stock_query },
	{ GET, "/api/admin/users", admin_users_get, .who = WHO_ADMIN, .query = admin_users_query },
	{ GET, "/api/admin/users/:id", admin_user_get_one, .who = WHO_ADMIN },
	{ POST, "/api/admin/users/:id/points", admin_user_points_post, .who = WHO_ADMIN, .body_max = 4 * KIB, .idempotent = true },
	{ POST, "/api/admin/users/:id/status", admin_user_status_post, .who = WHO_ADMIN, .body_max = 4 * KIB, .idempotent = true },

	{ GET, "/api/admin/orders", admin_orders_get, .who = WHO_MERCHANT | WHO_ADMIN, .query = admin_orders_query },
	{ POST, "/api/admin/orders/ship.csv", admin_orders_ship_post, .who = WHO_MERCHANT | WHO_ADMIN, .body_max = CSV_BODY_MAX },
	{ GET, "/api/admin/orders/:id", admin_order_get_one, .who = WHO_MERCHANT | WHO_ADMIN },
	{ GET, "/api/admin/orders.csv", admin_orders_csv_get, .who = WHO_MERCHANT | WHO_ADMIN, .query = admin_orders_csv_query },
	{ POST, "/api/admin/orders/:id/cancel", admin_order_cancel_post, .who = WHO_MERCHANT | WHO_ADMIN, .body_max = 4 * KIB,
	    .idempotent = true },
	{ POST, "/api/admin/orders/:id/confirm", admin_order_confirm_post, .who = WHO_MERCHANT | WHO_ADMIN, .body_max = 4 * KIB,
	    .idempotent = true },
	{ POST, "/api/admin/orders/:id/delivery", admin_order_delivery_post, .who = WHO_MERCHANT | WHO_ADMIN, .body_max = 4 * KIB,
	    .idempotent = true },
	{ POST, "/api/admin/orders/:id/return", admin_order_return_post, .who = WHO_MERCHANT | WHO_ADMIN, .body_max = 4 * KIB,
	    .idempotent = true },
	{ POST, "/api/admin/orders/:id/ship", admin_order_ship_post, .who = WHO_MERCHANT | WHO_ADMIN, .body_max = 4 * KIB,
	    .idempotent = true },
	{ GET, "/api/admin/audit", admin_audit_get, .who = WHO_ADMIN, .query = admin_audit_query },

	{ GET, "/api/admin/sagas", admin_sagas_get, .who = WHO_ADMIN, .query = admin_sagas_query },
	{ POST, "/api/admin/sagas/:id/retry", admin_saga_retry_post, .who = WHO_ADMIN, .body_max = 4 * KIB, .idempotent = true },

	{ GET, "/healthz", healthz_get, .who = WHO_LOOPBACK },
	{ GET, "/readyz", readyz_get, .who = WHO_LOOPBACK },
	{ GET, "/metrics", metrics_get, .who = WHO_LOOPBACK },
	{ 0 },
};
