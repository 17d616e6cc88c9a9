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
handler_fn exchange_post, orders_get, order_get_one, order_cancel_post;
extern const struct query_field orders_query[];

/* points.c */
handler_fn points_balance_get, points_records_get;
extern const struct query_field records_query[];

/* admin_inventory.c */
handler_fn admin_stock_post, admin_alert_put, admin_low_get, admin_stock_records_get;
extern const struct query_field admin_stock_query[];

/* ops.c */
handler_fn healthz_get, readyz_get;

/* user.c */
handler_fn auth_login_post, auth_refresh_post, auth_logout_post, user_profile_get, user_profile_put;

#endif
