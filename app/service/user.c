/* SPDX-License-Identifier: Apache-2.0 */
/* user.c: a user's own profile, read and changed; in a worker. */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "service/user.h"
#include "store/db.h"

#define POINTS_WAIT_US US_PER_S

/* A row of USER_PROFILE: the terms are two columns there, one thing in a profile. */
struct profile_row {
	struct user_profile	 p;
	struct user_points	 points;
	const char		*terms_version;
	int64_t			 terms_agreed_at_us;
};

static const struct db_col profile_cols[] = {
	DB_STR(struct profile_row, p.id),
	DB_STR(struct profile_row, p.nickname),
	DB_STR(struct profile_row, p.avatar),
	DB_BOOL(struct profile_row, p.personalized),
	DB_BOOL(struct profile_row, p.blocked),
	DB_STR(struct profile_row, terms_version),
	DB_TIME(struct profile_row, terms_agreed_at_us),
	DB_I64(struct profile_row, points.balance),
	DB_I64(struct profile_row, points.held),
	DB_I64(struct profile_row, points.debt),
	DB_I64(struct profile_row, points.total_earned),
	DB_I64(struct profile_row, points.total_spent),
	DB_TIME(struct profile_row, p.created_at_us),
	DB_END
};

enum err
user_read(struct db *db, const char *id, struct arena *a, struct user_profile *out)
{
	struct profile_row row = { 0 };
	enum err e;

	if ((e = db_row(db, Q_USER_PROFILE, ARGS(A_STR(id)), profile_cols, a, &row)) != E_OK)
		return e;
	*out = row.p;
	out->points = arena_alloc(a, sizeof(*out->points));
	*out->points = row.points;
	if (row.terms_version == NULL)
		return E_OK;
	out->terms = arena_alloc(a, sizeof(*out->terms));
	*out->terms = (struct user_terms){ row.terms_version, row.terms_agreed_at_us };
	return E_OK;
}

static const struct db_col funds_cols[] = {
	DB_I64(struct user_points, balance), DB_I64(struct user_points, debt), DB_I64(struct user_points, total_earned),
	DB_I64(struct user_points, total_spent), DB_END,
};

/* A login does not fail because they cannot be told. Whoever was never there has none. */
void
user_points(struct mall *m, struct user_profile *p)
{
	struct fault before = *m->fault;
	enum err e;

	if (!mall_points_apart(m))
		return;
	db_cut_at(m->points, clock_mono_us() + POINTS_WAIT_US);
	e = db_row(m->points, Q_POINTS_FUNDS, ARGS(A_STR(p->id)), funds_cols, m->arena, p->points);
	db_cut_at(m->points, 0);
	if (e == E_OK || e == E_NOT_FOUND)
		return;
	log_warn("the points of a profile cannot be read: %s", m->fault->cause);
	p->points = NULL;
	*m->fault = before;
}

enum err
user_profile(struct mall *m, const char *id, struct user_profile *out)
{
	enum err e;

	if ((e = user_read(m->db, id, m->arena, out)) == E_OK)
		user_points(m, out);
	return e;
}

/* A picture on the web over TLS, or one of our own; only characters that stand in an address as they are. */
static bool
avatar_fits(const char *url)
{
	static const char *const starts[] = { "https://", "/files/" };

	if (url[strcspn(url, "\"'<>\\^`{|}")] != '\0')
		return false;
	for (const char *p = url; *p != '\0'; p++)
		if (*p <= ' ' || *p > '~')
			return false;
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (strncmp(url, starts[i], strlen(starts[i])) == 0 && url[strlen(starts[i])] != '\0')
			return strstr(url, "/../") == NULL;
	return false;
}

static enum err
check_change(const struct user_change *in, struct fault *f)
{
	if (in->nickname == NULL && !in->set_avatar && in->personalized == I64_NONE && in->agreed_terms == NULL)
		return fault_field(f, "", "至少要修改一项", "must change at least one member");
	if (in->set_avatar && in->avatar != NULL && !avatar_fits(in->avatar))
		return fault_field(f, "avatar", "必须是 https:// 或 /files/ 开头的地址",
		    "must be an address that starts with https:// or /files/");
	return E_OK;
}

struct update {
	struct mall			*m;
	const char			*id;
	const struct user_change	*in;
	struct user_profile		*out;
};

static enum err
update_tx(struct db *db, void *arg)
{
	const struct update *u = arg;
	const struct user_change *in = u->in;
	uint64_t matched;
	enum err e;

	e = db_exec(db, Q_USER_UPDATE, ARGS(A_STR(in->nickname), A_I64(in->set_avatar), A_STR(in->avatar),
	    A_I64(in->personalized), A_STR(in->agreed_terms), A_STR(in->agreed_terms), A_TIME(u->m->now_us),
	    A_STR(in->agreed_terms), A_STR(u->id)), &matched);
	if (e != E_OK)
		return e;
	if (matched == 0)
		return E_NOT_FOUND;
	return user_read(db, u->id, u->m->arena, u->out);
}

enum err
user_update(struct mall *m, const char *id, const struct user_change *in, struct user_profile *out)
{
	struct update u = { m, id, in, out };
	enum err e;

	if ((e = check_change(in, m->fault)) != E_OK)
		return e;
	if ((e = db_tx(m->tx, update_tx, &u)) == E_OK)
		user_points(m, out);
	return e;
}
