/* SPDX-License-Identifier: Apache-2.0 */
/* metrics.c: the table of metrics: each is a statement that gives label and value. */
#include "service/metrics.h"
#include "store/db.h"

#define ROWS_MAX 200

static const struct metric {
	const char	*name;
	const char	*type;
	const char	*label;	/* the name of its one label; NULL: it has none */
	const char	*help;
	enum query	 query;
} metrics[] = {
	{ "pointsmall_verify_last_timestamp_seconds", "gauge", NULL, "When verify last went through.", Q_METRICS_VERIFY_LAST },
	{ "pointsmall_verify_duration_seconds", "gauge", "invariant", "How long each of its checks took.",
	    Q_METRICS_VERIFY_TOOK },
	{ "pointsmall_verify_breaches", "gauge", "invariant", "What it found, by invariant.", Q_METRICS_VERIFY_BREACHES },
	{ "pointsmall_outbox_due", "gauge", NULL, "Events that wait for their delivery, counted up to 100,000.",
	    Q_METRICS_OUTBOX_DUE },
	{ "pointsmall_outbox_oldest_seconds", "gauge", NULL, "The age of the oldest of them.", Q_METRICS_OUTBOX_OLDEST },
	{ "pointsmall_outbox_dead", "gauge", NULL, "Events that were given up.", Q_METRICS_OUTBOX_DEAD },
	{ "pointsmall_sagas", "gauge", "state", "Sagas that are not settled, by state.", Q_METRICS_SAGAS },
};

struct sample {
	const char	*label;
	const char	*value;
};

static const struct db_col sample_cols[] = { DB_STR(struct sample, label), DB_STR(struct sample, value), DB_END };

static enum err
write_metric(struct mall *m, const struct metric *k, struct buf *out)
{
	struct sample *samples;
	size_t n;
	enum err e;

	e = db_rows(m->db, k->query, NO_ARGS, sample_cols, m->arena, sizeof(*samples), ROWS_MAX, &samples, &n);
	if (e != E_OK)
		return e;
	buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", k->name, k->help, k->name, k->type);
	for (size_t i = 0; i < n; i++) {
		if (k->label == NULL)
			buf_printf(out, "%s %s\n", k->name, samples[i].value);
		else
			buf_printf(out, "%s{%s=\"%s\"} %s\n", k->name, k->label, samples[i].label, samples[i].value);
	}
	return E_OK;
}

enum err
metrics_write(struct mall *m, struct buf *out)
{
	enum err e;

	for (size_t i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++)
		if ((e = write_metric(m, &metrics[i], out)) != E_OK)
			return e;
	return E_OK;
}
