/* SPDX-License-Identifier: Apache-2.0 */
/* start.c: settings, log and schema before the work begins; runs in every long-lived process's first moments. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/day.h"
#include "base/log.h"
#include "run/start.h"
#include "store/db.h"
#include "store/points_schema.h"

#define SCHEMA_DEADLINE_US (10 * US_PER_S)

static const char *conf_path;

void
start_complain(void *arg, const char *message)
{
	(void)arg;
	fprintf(stderr, "pointsmall: %s\n", message);
}

static void
log_complaint(void *arg, const char *message)
{
	(void)arg;
	log_error("%s", message);
}

static struct conf *
read_settings(conf_complain *complain)
{
	struct conf *conf = conf_read(conf_path, complain, NULL);

	if (conf != NULL)
		day_zone(conf->time_zone);
	return conf;
}

struct conf *
start_read(const char *path)
{
	conf_path = path;
	return read_settings(start_complain);
}

struct conf *
start_reread(void)
{
	return read_settings(log_complaint);
}

void
start_log(const struct conf *conf, const char *role)
{
	static const struct {
		const char	*name;
		enum log_level	 level;
	} levels[] = {
		{ "debug", LOG_DEBUG },
		{ "info", LOG_INFO },
		{ "warn", LOG_WARN },
		{ "error", LOG_ERROR },
	};
	enum log_level level = LOG_INFO;

	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		if (strcmp(levels[i].name, conf->log_level) == 0)
			level = levels[i].level;
	}
	log_setup(level, role);
}

/* What one of the databases is called, and how it comes to its schema. */
struct schema {
	const char	*name;
	const char	*command;
	int		 version;
};

static const struct schema own = { "the database", "pointsmall migrate", SCHEMA_VERSION };
static const struct schema of_points = {
	"the points' database", "pointsmall migrate --points", POINTS_SCHEMA_VERSION
};

static bool
judge_schema(const struct schema *s, enum err e, int64_t version, const struct fault *fault)
{
	if (e == E_DOWN || e == E_TIMEOUT) {
		log_warn("%s cannot be reached, going on without: %s", s->name, fault->cause);
		return true;
	}
	if (e != E_OK) {
		log_error("the schema's version of %s cannot be read (was \"%s\" run?): %s", s->name, s->command,
		    fault->cause);
		return false;
	}
	if (version < s->version) {
		log_error("the schema of %s is at version %lld, this program needs %d: run \"%s\"", s->name,
		    (long long)version, s->version, s->command);
		return false;
	}
	return true;
}

static bool
schema_good(struct db *db, const struct schema *s)
{
	struct fault fault = { 0 };
	int64_t version = 0;
	enum err e;

	db_request(db, &fault, clock_mono_us() + SCHEMA_DEADLINE_US);
	e = db_schema_version(db, &version);
	db_free(db);
	return judge_schema(s, e, version, &fault);
}

bool
start_schema(const struct conf *conf)
{
	bool good = schema_good(db_new(conf, DB_PLAIN), &own);

	if (conf_points_apart(conf))
		good = schema_good(db_new_points(conf, DB_PLAIN), &of_points) && good;
	return good;
}
