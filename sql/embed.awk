# SPDX-License-Identifier: Apache-2.0
#
# embed.awk: turns the files of sql/ into C, at build time. Any POSIX awk will do.
#
#   awk -v mode=MODE -f embed.awk FILE...
#
#   queries-h, queries-c        sql/query/*.sql: enum query, and the table of named statements
#   migrations-h, migrations-c  sql/migrations/NNNN_name.sql: one script each, numbered from 1 without a gap
#   points-h, points-c          sql/points/NNNN_name.sql: the same for the database of the points
#   demo-h, demo-c              sql/demo/*.sql: scripts, in the order given
#
# A statement of sql/query is written so:
#
#   -- name: USER_PROFILE        [A-Z0-9_]+, once in all files
#   -- params: s i               one letter per '?', in order: s text, b bytes, i integer, t time; '-' for none
#   -- columns: s i o t          one letter per result column: s, i, o boolean, t, b; '-' for none
#   -- any further comment lines
#   SELECT ... ;                 one statement, ended by a semicolon
#
# What several statements share is written once, before them, and named in braces on a line of its own:
#
#   -- part: PRODUCT_ROW
#   -- columns: s s i            '-' where it is no list of columns; a statement's "-- columns: {PRODUCT_ROW}" are these
#   p.id, p.name, p.stock_quantity;
#
#   SELECT
#   {PRODUCT_ROW}
#   FROM ...
#
# Anything else is told as FILE:LINE and nothing is written.

function fail(message)
{
	fail_at(FILENAME, FNR, message)
}

function fail_at(file, line, message)
{
	printf "%s:%d: %s\n", file, line, message > "/dev/stderr"
	failed = 1
	exit 1
}

# s as the inside of a C string literal.
function c_text(s)
{
	gsub(/\\/, "&&", s)
	gsub(/"/, "\\\\&", s)
	gsub(/\t/, "\\t", s)
	return s
}

function basename(path)
{
	sub(/.*\//, "", path)
	return path
}

# The letters of "-- params: s i" without blanks, held against the allowed ones.
function letters(line, what, allowed,	i)
{
	sub(/^-- [a-z]+:/, "", line)
	gsub(/[ \t]/, "", line)
	if (line == "-")
		return ""
	if (what == "columns" && line ~ /^\{.*\}$/)
		return q_columns[part_of(line)]
	if (line == "")
		fail(what " is empty: write '-' for none")
	for (i = 1; i <= length(line); i++)
		if (index(allowed, substr(line, i, 1)) == 0)
			fail(what ": '" substr(line, i, 1) "' is none of " allowed)
	return line
}

# The number of the part that "{NAME}" means.
function part_of(line)
{
	gsub(/[{}]/, "", line)
	if (!(line in seen) || !is_part[number[line]])
		fail("there is no part " line " before this")
	return number[line]
}

function query_begin(line,	part)
{
	query_end()
	part = line ~ /^-- part:/
	sub(/^-- (name|part):[ \t]*/, "", line)
	sub(/[ \t]+$/, "", line)
	if (line !~ /^[A-Z0-9_]+$/)
		fail("name '" line "' is not [A-Z0-9_]+")
	if (line in seen)
		fail("name " line " is there already, at " seen[line])
	seen[line] = FILENAME ":" FNR
	q_file[++n] = FILENAME
	q_line[n] = FNR
	q_name[n] = line
	q_marks[n] = 0
	q_lines[n] = 0
	number[line] = n
	is_part[n] = part
	expect = part ? "columns" : "params"
}

# Before the next name, and at the end of each file.
function query_end()
{
	if (expect == "params" || expect == "columns")
		fail_at(q_file[n], q_line[n], q_name[n] " lacks its '-- " expect ":' line")
	if (expect == "text")
		fail_at(q_file[n], q_line[n], q_name[n] " does not end with ';'")
	if (n > 0 && expect == "name" && !is_part[n] && q_marks[n] != length(q_params[n]))
		fail_at(q_file[n], q_line[n], q_name[n] " has " q_marks[n] " '?' but params '" q_params[n] "'")
	expect = "name"
}

function query_line(line)
{
	if (line ~ /^-- (name|part):/)
		return query_begin(line)
	if (expect == "params") {
		if (line !~ /^-- params:/)
			fail("'-- params:' is due here")
		q_params[n] = letters(line, "params", "sbit")
		expect = "columns"
		return
	}
	if (expect == "columns") {
		if (line !~ /^-- columns:/)
			fail("'-- columns:' is due here")
		q_columns[n] = letters(line, "columns", "siotb")
		expect = "text"
		return
	}
	if (line ~ /^-- (params|columns):/)
		fail("a header line out of its place")
	if (line ~ /^[ \t]*(--.*)?$/)
		return
	if (expect == "name")
		fail("text without a '-- name:' line, or after a ';'")
	query_text(line)
}

# One line of SQL: counts the '?' outside quotes and finds the end of the statement.
function query_text(line,	i, c, quote)
{
	sub(/^[ \t]+/, "", line)
	sub(/[ \t]+$/, "", line)
	if (line ~ /^\{[A-Z0-9_]+\};?$/) {
		if (sub(/;$/, "", line))
			expect = "name"
		return take_part(part_of(line))
	}
	quote = ""
	for (i = 1; i <= length(line); i++) {
		c = substr(line, i, 1)
		if (quote != "") {
			if (c == "\\" && quote != "`")
				i++
			else if (c == quote)
				quote = ""
		} else if (c == "'" || c == "\"" || c == "`")
			quote = c
		else if (c == "?")
			q_marks[n]++
		else if (c == "#" || substr(line, i, 3) == "-- " || substr(line, i, 2) == "/*")
			fail("a comment within a line would not survive the folding of lines")
		else if (c == ";") {
			if (i < length(line))
				fail("text after ';': one statement each")
			line = substr(line, 1, i - 1)
			expect = "name"
		}
	}
	if (quote != "")
		fail("a quote is open at the end of the line")
	if (line != "")
		q_text[n, ++q_lines[n]] = line
}

function take_part(part,	i)
{
	for (i = 1; i <= q_lines[part]; i++)
		q_text[n, ++q_lines[n]] = q_text[part, i]
	q_marks[n] += q_marks[part]
}

function queries_h(	i)
{
	print "#ifndef STORE_QUERIES_H\n#define STORE_QUERIES_H\n"
	print "enum query {"
	for (i = 1; i <= n; i++)
		if (!is_part[i])
			print "\tQ_" q_name[i] ","
	print "\tQ__MAX\n};\n"
	print "struct query_def {"
	print "\tconst char\t*name;"
	print "\tconst char\t*text;"
	print "\tconst char\t*params;\t/* a type letter per '?' */"
	print "\tconst char\t*columns;\t/* a type letter per result column */"
	print "};\n"
	print "extern const struct query_def queries[Q__MAX];\n\n#endif"
}

function queries_c(	i, j)
{
	print "#include \"store/queries.h\"\n"
	print "const struct query_def queries[Q__MAX] = {"
	for (i = 1; i <= n; i++) {
		if (is_part[i])
			continue
		print "\t[Q_" q_name[i] "] = {"
		print "\t\t\"" q_name[i] "\","
		for (j = 1; j <= q_lines[i]; j++)
			print "\t\t\"" (j > 1 ? " " : "") c_text(q_text[i, j]) "\"" (j == q_lines[i] ? "," : "")
		print "\t\t\"" q_params[i] "\","
		print "\t\t\"" q_columns[i] "\""
		print "\t},"
	}
	print "};"
}

function migration_begin(	name)
{
	name = basename(FILENAME)
	if (name !~ /^[0-9][0-9][0-9][0-9]_[a-z0-9_]+\.sql$/)
		fail("a migration is named NNNN_name.sql")
	if (name + 0 != ++n)
		fail("migration " n " is due here: they are numbered without a gap")
	sub(/\.sql$/, "", name)
	script_begin(name)
}

function script_begin(name)
{
	s_name[n] = name
	s_lines[n] = 0
}

function script_text(i, indent,	j)
{
	for (j = 1; j <= s_lines[i]; j++)
		print indent "\"" c_text(s_text[i, j]) "\\n\"" (j == s_lines[i] ? "," : "")
	if (s_lines[i] == 0)
		print indent "\"\","
}

function migrations_h()
{
	print "#ifndef STORE_MIGRATIONS_H\n#define STORE_MIGRATIONS_H\n"
	print "/* The version that this program was made for. */"
	print "#define SCHEMA_VERSION " n + 0 "\n"
	print "struct migration {"
	print "\tint\t\t version;"
	print "\tconst char\t*name;"
	print "\tconst char\t*text;"
	print "};\n"
	print "/* In order; ends with version 0. */"
	print "extern const struct migration migrations[];\n\n#endif"
}

function migrations_c(header, table,	i)
{
	print "#include <stddef.h>\n\n#include \"store/" header ".h\"\n"
	print "const struct migration " table "[] = {"
	for (i = 1; i <= n; i++) {
		print "\t{\n\t\t" i ",\n\t\t\"" s_name[i] "\","
		script_text(i, "\t\t")
		print "\t},"
	}
	print "\t{ 0, NULL, NULL }\n};"
}

function points_h()
{
	print "#ifndef STORE_POINTS_SCHEMA_H\n#define STORE_POINTS_SCHEMA_H\n"
	print "#include \"store/migrations.h\"\n"
	print "/* The version of the points' own database that this program was made for. */"
	print "#define POINTS_SCHEMA_VERSION " n + 0 "\n"
	print "/* In order; ends with version 0. */"
	print "extern const struct migration points_migrations[];\n\n#endif"
}

function demo_h()
{
	print "#ifndef STORE_DEMO_H\n#define STORE_DEMO_H\n"
	print "/* The scripts of the demo shop, in order; ends with NULL. */"
	print "extern const char *const demo_script[];\n\n#endif"
}

function demo_c(	i)
{
	print "#include <stddef.h>\n\n#include \"store/demo.h\"\n"
	print "const char *const demo_script[] = {"
	for (i = 1; i <= n; i++) {
		print "\t/* " s_name[i] " */"
		script_text(i, "\t")
	}
	print "\tNULL\n};"
}

BEGIN {
	kind = mode
	sub(/-[hc]$/, "", kind)
	if (mode !~ /-[hc]$/ || (kind != "queries" && kind != "migrations" && kind != "points" &&
	    kind != "demo")) {
		print "embed.awk: unknown mode '" mode "'" > "/dev/stderr"
		failed = 1
		exit 1
	}
	n = 0
	expect = "name"
}

FNR == 1 && kind == "queries" { query_end() }
FNR == 1 && (kind == "migrations" || kind == "points") { migration_begin() }
FNR == 1 && kind == "demo" { n++; script_begin(basename(FILENAME)) }

{
	sub(/\r$/, "")
	if (kind == "queries")
		query_line($0)
	else
		s_text[n, ++s_lines[n]] = $0
}

END {
	if (failed)
		exit 1
	if (kind == "queries")
		query_end()
	print "/* SPDX-License-Identifier: Apache-2.0 */"
	print "/* Made by sql/embed.awk; do not edit. */"
	if (mode == "queries-h")
		queries_h()
	else if (mode == "queries-c")
		queries_c()
	else if (mode == "migrations-h")
		migrations_h()
	else if (mode == "migrations-c")
		migrations_c("migrations", "migrations")
	else if (mode == "points-h")
		points_h()
	else if (mode == "points-c")
		migrations_c("points_schema", "points_migrations")
	else if (mode == "demo-h")
		demo_h()
	else
		demo_c()
}
