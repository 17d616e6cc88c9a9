/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_check.c: holds bytes against RFC 8259, in one pass. In workers, on what callers and the outside world send,
 * before json-c sees it.
 */
#include "base/json.h"

#include <string.h>

#include "base/utf8.h"

#define NAMES_AT_ONCE 64u

/* A member's name, unescaped. */
struct name {
	const char	*p;
	uint32_t	 len;
	uint32_t	 hash;
};

struct check {
	const char	*p;
	const char	*end;
	const char	*wrong;		/* NULL so far */
	const char	*wrong_at;
	struct arena	*arena;
	unsigned	 depth;
	struct name	*names;		/* of all objects that are open, the inner ones last */
	size_t		 nnames;
	size_t		 cap;
};

/* A string as it stands in the text: what is between its quotes. */
struct span {
	const char	*p;
	size_t		 len;
	bool		 escaped;
};

static bool value(struct check *c);

bool
utf8_valid(const char *s, size_t n, size_t *points)
{
	const char	*end = s + n;
	size_t		 step, count = 0;

	for (; s < end; s += step, count++)
		if ((step = utf8_step(s, end)) == 0)
			return false;
	*points = count;
	return true;
}

bool
text_valid(const char *s, size_t n, int64_t min, int64_t max, const char *except)
{
	const unsigned char	*p = (const unsigned char *)s;
	size_t			 points;

	if (!utf8_valid(s, n, &points) || (int64_t)points < min || (int64_t)points > max)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (p[i] < 0x20 && (p[i] == 0 || strchr(except, p[i]) == NULL))
			return false;
		/* DEL, and U+0080 to U+009F */
		if (p[i] == 0x7f || (p[i] == 0xc2 && p[i + 1] < 0xa0))
			return false;
	}
	return true;
}

static bool
is_white(const char *p, size_t n)
{
	static const char *const white[] = {
		" ", "\t", "\n", "\r", "\u00a0", "\u1680", "\u2000", "\u2001", "\u2002", "\u2003", "\u2004", "\u2005", "\u2006",
		"\u2007", "\u2008", "\u2009", "\u200a", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000", "\ufeff",
	};

	for (size_t i = 0; i < sizeof(white) / sizeof(white[0]); i++)
		if (strlen(white[i]) == n && memcmp(p, white[i], n) == 0)
			return true;
	return false;
}

bool
text_blank(const char *s)
{
	const char	*end = s + strlen(s);
	size_t		 n;

	while (s < end && (n = utf8_step(s, end)) > 0 && is_white(s, n))
		s += n;
	return s == end;
}

static bool
bad(struct check *c, const char *at, const char *wrong)
{
	c->wrong = wrong;
	c->wrong_at = at;
	return false;
}

static void
skip_blanks(struct check *c)
{
	while (c->p < c->end && (*c->p == ' ' || *c->p == '\n' || *c->p == '\r' || *c->p == '\t'))
		c->p++;
}

/* ---- strings ---- */

/* Whether one of the 8 bytes at p is not plain ASCII text: a control character, '"', '\' or 0x80 and above. */
static inline bool
any_special(const char *p)
{
	const uint64_t	ones = UINT64_C(0x0101010101010101), highs = UINT64_C(0x8080808080808080);
	uint64_t	w, quote, slash;

	memcpy(&w, p, sizeof(w));
	quote = w ^ ones * '"';
	slash = w ^ ones * '\\';
	/* x - 1 borrows into the high bit where a byte is 0; w - 0x20 where it is a control character. */
	return ((w | (w - ones * 0x20) | (quote - ones) | (slash - ones)) & highs) != 0;
}

static int
hex_digit(char h)
{
	if (h >= '0' && h <= '9')
		return h - '0';
	h = (char)(h | 0x20);
	return h >= 'a' && h <= 'f' ? h - 'a' + 10 : -1;
}

/* The four hex digits at p as a number, or -1. */
static int
hex4(const char *p, const char *end)
{
	int v = 0, d;

	if (end - p < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		if ((d = hex_digit(p[i])) < 0)
			return -1;
		v = v << 4 | d;
	}
	return v;
}

static bool
is_high(int u)
{
	return u >= 0xd800 && u <= 0xdbff;
}

static bool
is_low(int u)
{
	return u >= 0xdc00 && u <= 0xdfff;
}

/* At the 'u' of an escape. */
static bool
unicode_escape(struct check *c)
{
	const char	*at = c->p - 1;
	int		 u = hex4(c->p + 1, c->end);

	if (u < 0)
		return bad(c, at, "\\u without four hex digits");
	c->p += 5;
	if (is_low(u))
		return bad(c, at, "a lone surrogate");
	if (!is_high(u))
		return true;
	if (c->end - c->p < 6 || c->p[0] != '\\' || c->p[1] != 'u' || !is_low(hex4(c->p + 2, c->end)))
		return bad(c, at, "a lone surrogate");
	c->p += 6;
	return true;
}

static bool
escape(struct check *c)
{
	const char *at = c->p++;

	if (c->p == c->end)
		return bad(c, c->end, "a string without an end");
	switch (*c->p) {
	case '"': case '\\': case '/': case 'b': case 'f': case 'n': case 'r': case 't':
		c->p++;
		return true;
	case 'u':
		return unicode_escape(c);
	default:
		return bad(c, at, "an unknown escape");
	}
}

/* At a byte that is neither a quote nor an escape: it, and the non-ASCII text that follows it. */
static bool
plain(struct check *c)
{
	size_t n;

	if ((unsigned char)*c->p < 0x20)
		return bad(c, c->p, "a control character in a string");
	do {
		if ((n = utf8_step(c->p, c->end)) == 0)
			return bad(c, c->p, "invalid UTF-8");
		c->p += n;
	} while (c->p < c->end && (unsigned char)*c->p >= 0x80);
	return true;
}

/* At the opening quote. */
static bool
string(struct check *c, struct span *out)
{
	out->p = ++c->p;
	out->escaped = false;
	for (;;) {
		while (c->end - c->p >= 8 && !any_special(c->p))
			c->p += 8;
		if (c->p == c->end)
			return bad(c, c->end, "a string without an end");
		if (*c->p == '"')
			break;
		if (*c->p == '\\') {
			out->escaped = true;
			if (!escape(c))
				return false;
		} else if (!plain(c)) {
			return false;
		}
	}
	out->len = (size_t)(c->p++ - out->p);
	return true;
}

/* ---- names ---- */

static char *
put_utf8(char *to, unsigned u)
{
	if (u < 0x80) {
		*to++ = (char)u;
	} else if (u < 0x800) {
		*to++ = (char)(0xc0 | u >> 6);
		*to++ = (char)(0x80 | (u & 0x3f));
	} else if (u < 0x10000) {
		*to++ = (char)(0xe0 | u >> 12);
		*to++ = (char)(0x80 | (u >> 6 & 0x3f));
		*to++ = (char)(0x80 | (u & 0x3f));
	} else {
		*to++ = (char)(0xf0 | u >> 18);
		*to++ = (char)(0x80 | (u >> 12 & 0x3f));
		*to++ = (char)(0x80 | (u >> 6 & 0x3f));
		*to++ = (char)(0x80 | (u & 0x3f));
	}
	return to;
}

/* What a checked \uXXXX at *p means; *p gets past it, and past the second half of a pair. */
static unsigned
read_unicode(const char **p, const char *end)
{
	int u = hex4(*p + 2, end);

	*p += 6;
	if (!is_high(u))
		return (unsigned)u;
	u = 0x10000 + ((u - 0xd800) << 10) + (hex4(*p + 2, end) - 0xdc00);
	*p += 6;
	return (unsigned)u;
}

/* s, checked already, without its escapes: never longer than it was. */
static struct span
unescape(struct arena *a, struct span s)
{
	static const char	 letters[] = "bfnrt", meant[] = "\b\f\n\r\t";
	const char		*p = s.p, *end = s.p + s.len, *letter;
	char			*text = arena_alloc(a, s.len), *to = text;

	while (p < end) {
		if (*p != '\\') {
			*to++ = *p++;
		} else if (p[1] == 'u') {
			to = put_utf8(to, read_unicode(&p, end));
		} else {
			letter = memchr(letters, p[1], sizeof(letters) - 1);
			*to++ = letter != NULL ? meant[letter - letters] : p[1];
			p += 2;
		}
	}
	return (struct span){ text, (size_t)(to - text), false };
}

static uint32_t
hash(const char *p, size_t n)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)p[i]) * 16777619u;
	return h;
}

static void
push_name(struct check *c, struct name n)
{
	struct name *more;

	if (c->nnames == c->cap) {
		more = arena_array(c->arena, c->cap * 2, sizeof(*more));
		memcpy(more, c->names, c->nnames * sizeof(*more));
		c->names = more;
		c->cap *= 2;
	}
	c->names[c->nnames++] = n;
}

/* Adds a name to the object whose names begin at first. No more than JSON_MEMBERS_MAX are ever compared,
 * so that the whole stays linear. */
static bool
add_name(struct check *c, size_t first, struct span s)
{
	const char	*at = s.p - 1;
	struct name	 n;

	if (c->nnames - first == JSON_MEMBERS_MAX)
		return bad(c, at, "an object with too many members");
	if (s.escaped)
		s = unescape(c->arena, s);
	n = (struct name){ s.p, (uint32_t)s.len, hash(s.p, s.len) };
	for (size_t i = first; i < c->nnames; i++) {
		const struct name *o = &c->names[i];

		if (o->hash == n.hash && o->len == n.len && memcmp(o->p, n.p, n.len) == 0)
			return bad(c, at, "a member that is there twice");
	}
	push_name(c, n);
	return true;
}

/* ---- values ---- */

static const char *
digits(const char *p, const char *end)
{
	while (p < end && *p >= '0' && *p <= '9')
		p++;
	return p;
}

static bool
number(struct check *c)
{
	const char *at = c->p, *p = at + (*at == '-'), *from = p, *end = c->end;

	p = digits(p, end);
	if (p == from || (*from == '0' && p - from > 1))
		return bad(c, at, "a malformed number");
	if (p < end && *p == '.') {
		from = ++p;
		if ((p = digits(p, end)) == from)
			return bad(c, at, "a malformed number");
	}
	if (p < end && (*p == 'e' || *p == 'E')) {
		p++;
		if (p < end && (*p == '+' || *p == '-'))
			p++;
		from = p;
		if ((p = digits(p, end)) == from)
			return bad(c, at, "a malformed number");
	}
	c->p = p;
	return true;
}

static bool
literal(struct check *c, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(c->end - c->p) < n || memcmp(c->p, word, n) != 0)
		return bad(c, c->p, "what is no JSON value");
	c->p += n;
	return true;
}

/* After a value in an object or array: true and *more where another follows, true and !*more at its end. */
static bool
separator(struct check *c, char close, bool *more)
{
	skip_blanks(c);
	if (c->p == c->end)
		return bad(c, c->end, "the text ends too early");
	*more = *c->p == ',';
	if (!*more && *c->p != close)
		return bad(c, c->p, "neither a comma nor an end");
	c->p++;
	return true;
}

/* At the opening bracket: true and *empty where it closes at once. */
static bool
enter(struct check *c, char close, bool *empty)
{
	if (++c->depth > JSON_DEPTH_MAX)
		return bad(c, c->p, "nested too deeply");
	c->p++;
	skip_blanks(c);
	*empty = c->p < c->end && *c->p == close;
	if (*empty) {
		c->p++;
		c->depth--;
	}
	return true;
}

static bool
array(struct check *c)
{
	bool empty, more = true;

	if (!enter(c, ']', &empty))
		return false;
	if (empty)
		return true;
	while (more)
		if (!value(c) || !separator(c, ']', &more))
			return false;
	c->depth--;
	return true;
}

static bool
member(struct check *c, size_t first)
{
	struct span s;

	skip_blanks(c);
	if (c->p == c->end)
		return bad(c, c->end, "the text ends too early");
	if (*c->p != '"')
		return bad(c, c->p, "a member's name must be a string");
	if (!string(c, &s) || !add_name(c, first, s))
		return false;
	skip_blanks(c);
	if (c->p == c->end || *c->p != ':')
		return bad(c, c->p, "a member without a colon");
	c->p++;
	return value(c);
}

static bool
object(struct check *c)
{
	size_t	first = c->nnames;
	bool	empty, more = true;

	if (!enter(c, '}', &empty))
		return false;
	if (empty)
		return true;
	while (more)
		if (!member(c, first) || !separator(c, '}', &more))
			return false;
	c->nnames = first;
	c->depth--;
	return true;
}

static bool
value(struct check *c)
{
	struct span s;

	skip_blanks(c);
	if (c->p == c->end)
		return bad(c, c->end, "the text ends too early");
	switch (*c->p) {
	case '{':
		return object(c);
	case '[':
		return array(c);
	case '"':
		return string(c, &s);
	case 't':
		return literal(c, "true");
	case 'f':
		return literal(c, "false");
	case 'n':
		return literal(c, "null");
	case '-': case '0': case '1': case '2': case '3': case '4':
	case '5': case '6': case '7': case '8': case '9':
		return number(c);
	default:
		return bad(c, c->p, "what is no JSON value");
	}
}

static bool
whole(struct check *c)
{
	if (c->end - c->p >= 3 && memcmp(c->p, "\xef\xbb\xbf", 3) == 0)
		return bad(c, c->p, "a byte order mark");
	if (!value(c))
		return false;
	skip_blanks(c);
	return c->p == c->end || bad(c, c->p, "text after the end");
}

const char *
json_check(const char *p, size_t n, struct arena *a, size_t *at)
{
	return json_check_within(p, n, 0, a, at);
}

const char *
json_check_within(const char *p, size_t n, unsigned levels, struct arena *a, size_t *at)
{
	struct name	names[NAMES_AT_ONCE];
	struct check	c = { .p = p, .end = p + n, .depth = levels, .arena = a, .names = names, .cap = NAMES_AT_ONCE };

	*at = 0;
	if (n > UINT32_MAX)
		return "the text is too long";
	if (whole(&c))
		return NULL;
	*at = (size_t)(c.wrong_at - p);
	return c.wrong;
}
