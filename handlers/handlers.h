/* SPDX-License-Identifier: Apache-2.0 */
/* handlers.h: what the table of routes points at; each is described where it is written. */
#ifndef HANDLERS_HANDLERS_H
#define HANDLERS_HANDLERS_H

#include "http/query.h"
#include "http/req.h"

/* mall.c */
handler_fn products_get, product_get_one, categories_get;
extern const struct query_field products_query[];

/* inventory.c */
handler_fn inventory_get_one, inventory_check_post;

/* exchange.c */
handler_fn exchange_post;

/* order.c */
handler_fn orders_get, order_get_one, order_confirm_post, order_cancel_post, order_receive_post, order_return_post,
    order_delivery_info_put, order_delivery_get;
extern const struct query_field orders_query[];

/* points.c */
handler_fn points_balance_get, points_records_get;
extern const struct query_field records_query[];

/* admin_audit.c */
handler_fn admin_audit_get;
extern const struct query_field admin_audit_query[];

/* admin_category.c */
handler_fn admin_categories_get, admin_categories_post, admin_category_put, admin_category_delete;

/* admin_inventory.c */
handler_fn admin_stock_post, admin_alert_put, admin_low_get, admin_stock_records_get;
extern const struct query_field admin_stock_query[];

/* admin_order.c */
handler_fn admin_order_confirm_post, admin_order_ship_post, admin_order_delivery_post, admin_order_cancel_post,
    admin_order_return_post;

/* admin_order_list.c */
handler_fn admin_orders_get, admin_order_get_one, admin_orders_csv_get, admin_orders_ship_post;
extern const struct query_field admin_orders_query[], admin_orders_csv_query[];

/* admin_product.c */
handler_fn admin_products_get, admin_products_post, admin_product_get, admin_product_put, admin_product_delete,
    admin_products_csv_get, admin_products_csv_post;
extern const struct query_field admin_products_query[], admin_products_csv_query[];

/* admin_saga.c */
handler_fn admin_sagas_get, admin_saga_retry_post;
extern const struct query_field admin_sagas_query[];

/* admin_user.c */
handler_fn admin_users_get, admin_user_get_one, admin_user_points_post, admin_user_status_post;
extern const struct query_field admin_users_query[];

/* ops.c */
handler_fn healthz_get, readyz_get, metrics_get;

/* user.c */
handler_fn auth_login_post, auth_refresh_post, auth_logout_post, user_profile_get, user_profile_put;

#endif
