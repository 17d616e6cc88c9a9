/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf.h: the settings, read once from one file. conf.c holds the one table of them: section, key,
 * type, range, default and meaning; pointsmall.conf(5) is checked against it.
 */
#ifndef BASE_CONF_H
#define BASE_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONF_POOLS_MAX 8
#define CONF_KEYS_MAX 16
#define CONF_KEY_BYTES_MAX 128

/* [pool NAME]: workers that share one listening socket. */
struct conf_pool {
	const char	*name;
	const char	*listen;	/* path of a UNIX socket, or 127.0.0.1:port */
	int64_t		 workers;
	int64_t		 deadline_ms;	/* a request over it is killed with its worker */
	int64_t		 max_requests;	/* a worker ends after that many */
	bool		 keep_connections;
};

/* A database server and what is said to it. */
struct conf_db {
	const char	*socket;	/* "": TCP */
	const char	*host;
	int64_t		 port;
	const char	*ca;
	const char	*name;
	const char	*user;
	const char	*password;
	const char	*owner;		/* who migrates; "": user */
	const char	*owner_password;
	int64_t		 connect_timeout_ms;
	int64_t		 timeout_ms;
};

/* [key KID]: a key that tokens are accepted by, or signed with. */
struct conf_key {
	const char	*kid;
	const char	*secret_hex;	/* as written; never logged */
	uint8_t		 secret[CONF_KEY_BYTES_MAX];
	size_t		 secret_len;	/* 32 to CONF_KEY_BYTES_MAX */
	const char	*issuer;
	const char	*audience;
	const char	*roles;		/* what it may grant: "user merchant admin service" */
	const char	*default_role;	/* for tokens without a role, or "" */
	bool		 sign;		/* exactly one key signs */
};

struct conf {
	/* [process] */
	const char	*user;		/* become this user after binding; "" only when not root */
	const char	*pid_file;
	const char	*log_level;
	int64_t		 stop_timeout_ms;
	/* [db] */
	const char	*db_socket;	/* "": TCP */
	const char	*db_host;
	int64_t		 db_port;
	const char	*db_ca;		/* CA file; TLS with verification is on for TCP always */
	const char	*db_name;
	const char	*db_user;
	const char	*db_password;
	const char	*db_owner;	/* who migrates; "" : db_user */
	const char	*db_owner_password;
	int64_t		 db_connect_timeout_ms;
	int64_t		 db_timeout_ms;
	/* [points] */
	const char	*points_dsn;	/* "": the points live in the mall's own database; never logged */
	const char	*points_owner;
	const char	*points_owner_password;
	int64_t		 points_connect_timeout_ms;
	int64_t		 points_timeout_ms;
	struct conf_db	 points;	/* what the above say */
	/* [memcached] */
	const char	*memcached;	/* "host:port,host:port" or a socket's path; "": none */
	int64_t		 memcached_timeout_ms;
	/* [copies] */
	int64_t		 copies_slots;	/* 0: no copies of a worker's own */
	int64_t		 copies_bytes;	/* the largest answer kept */
	/* [limits] */
	int64_t		 user_rate;	/* requests per second and user; 0: none */
	int64_t		 user_burst;
	/* [token] */
	int64_t		 access_ttl_s;
	int64_t		 refresh_ttl_s;
	int64_t		 clock_leeway_s;
	const char	*cursor_secret_hex;	/* signs cursors */
	/* [wechat] */
	const char	*wechat_url;
	const char	*wechat_appid;
	const char	*wechat_secret;
	int64_t		 wechat_timeout_ms;
	/* [jobs] */
	int64_t		 jobs_poll_ms;
	int64_t		 event_attempts;
	int64_t		 saga_attempts;
	int64_t		 saga_retry_ms;
	/* [shop] */
	int64_t		 complete_after_days;
	int64_t		 default_delivery_days;
	const char	*points_expiry;	/* a rule of base/day.h */
	int64_t		 refund_grace_days;
	const char	*time_zone;
	int64_t		 settle_wait_ms;
	int64_t		 hold_minutes;
	int64_t		 return_days;
	int64_t		 review_over_points;	/* 0: none waits */

	struct conf_pool pools[CONF_POOLS_MAX];
	size_t		 npools;
	struct conf_key	 keys[CONF_KEYS_MAX];
	size_t		 nkeys;

	struct arena	*arena;		/* owns every string here */
};

/* One wrong line, setting or combination each; called for every one of them. */
typedef void conf_complain(void *arg, const char *message);

/* Reads path. NULL where anything is wrong: every wrong thing has then been told to complain.
 * The caller frees it with conf_free(). */
struct conf *conf_read(const char *path, conf_complain *complain, void *arg);
void conf_free(struct conf *c);
/* The mall's own database, from [db]. */
struct conf_db conf_db(const struct conf *c);
/* Whether the points live in another database than the mall's. */
bool conf_points_apart(const struct conf *c);

/* The table as text: one "section<TAB>key<TAB>type<TAB>default<TAB>meaning" a line, on standard output. */
void conf_print_table(void);

#endif
