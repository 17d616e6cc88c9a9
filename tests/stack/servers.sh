# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# servers.sh: starts, watches and ends an instance's five processes, each by the pid that was noted at its start.

SERVERS="mariadb memcached serve jobs nginx"

# The moment of its start tells a process from a later one with the same pid.
started_at() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }

pid_of() { cat "$D/run/$1.pid" 2>/dev/null || true; }

alive() {
	local pid start

	pid=$(pid_of "$1")
	[ -n "$pid" ] || return 1
	start=$(started_at "$pid")
	[ -n "$start" ] && [ "$start" = "$(cat "$D/run/$1.start" 2>/dev/null)" ] && ! is_zombie "$pid"
}

is_zombie() { grep -q '^State:	Z' "/proc/$1/status" 2>/dev/null; }

# launch NAME PROGRAM ARGUMENT...: in a session of its own, with its output in log/NAME.log.
launch() {
	local name=$1

	shift
	setsid "$@" </dev/null >>"$D/log/$name.log" 2>&1 8>&- &
	started_at $! >"$D/run/$name.start"
	echo $! >"$D/run/$name.pid"
}

# await NAME SECONDS COMMAND...: until it succeeds; ends us where NAME died or the time is over.
await() {
	local name=$1 until=$((SECONDS + $2))

	shift 2
	until "$@" >/dev/null 2>&1; do
		if ! alive "$name" || [ $SECONDS -ge $until ]; then
			tail -n 15 "$D/log/$name.log" >&2
			die "$name does not come up; its log is $D/log/$name.log"
		fi
		sleep 0.05
	done
}

# finish NAME SIGNAL SECONDS: asks it to end, waits, and at last kills it with what it started.
finish() {
	local name=$1 pid until=$((SECONDS + $3))

	if alive "$name"; then
		pid=$(pid_of "$name")
		kill "-$2" "$pid"
		# A frozen process gets the signal when it goes on.
		kill -CONT "$pid" 2>/dev/null || true
		while alive "$name"; do
			if [ $SECONDS -ge $until ]; then
				say "$name does not end: killed"
				kill -KILL -- "-$pid" 2>/dev/null || true
			fi
			sleep 0.05
		done
	fi
	rm -f "$D/run/$name.pid" "$D/run/$name.start"
}

sql() { mariadb --no-defaults --batch --skip-column-names --socket="$RUN/mysql.sock" --user="$(id -un)" "$@"; }

mariadb_up() {
	alive mariadb && return
	if [ ! -e "$D/conf/db-made" ]; then
		find "$D/db" -mindepth 1 -delete
		mariadb_install >"$D/log/install-db.log" 2>&1 ||
		    { tail -n 15 "$D/log/install-db.log" >&2; die "mariadb-install-db failed"; }
		touch "$D/conf/db-made"
	fi
	launch mariadb mariadbd --defaults-file="$D/conf/my.cnf"
	await mariadb 60 sql -e 'SELECT 1'
}

# Without root's rights and with --rpm: as root it would give the system's own PAM helper (/usr/lib/mysql/plugin) to
# our user.
mariadb_install() {
	local as=()

	[ -z "$RUN_AS" ] || as=(setpriv --reuid="$RUN_AS" --regid=nogroup --clear-groups)
	"${as[@]}" mariadb-install-db --defaults-file="$D/conf/my.cnf" --rpm --skip-test-db \
	    --auth-root-authentication-method=socket --auth-root-socket-user="$(id -un)"
}

# Who migrates may define tables, who serves may not; over TCP both come with TLS only.
accounts_make() {
	{
		database_sql pointsmall "$DB_PASSWORD" "$DB_OWNER_PASSWORD"
		[ -z "$POINTS_APART" ] || database_sql pointsmall_points "$POINTS_PASSWORD" "$POINTS_OWNER_PASSWORD"
	} | sql
}

# database_sql NAME PASSWORD OWNER-PASSWORD: with its users NAME and NAME_owner.
database_sql() {
	echo "CREATE DATABASE IF NOT EXISTS $1 CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;"
	accounts_sql "$@" localhost NONE
	accounts_sql "$@" 127.0.0.1 SSL
}

accounts_sql() {
	cat <<-EOF
	CREATE USER IF NOT EXISTS $1@'$4', $1_owner@'$4';
	ALTER USER $1@'$4' IDENTIFIED BY '$2' REQUIRE $5;
	ALTER USER $1_owner@'$4' IDENTIFIED BY '$3' REQUIRE $5;
	GRANT ALL ON $1.* TO $1_owner@'$4';
	EOF
}

# grants_make DATABASE: table by table, since the ledgers can only be added to.
grants_make() {
	sql -e "SELECT CONCAT('GRANT ', CASE WHEN t.table_name = 'schema_migrations' THEN 'SELECT'
	    WHEN t.table_name IN ('points_records', 'inventory_records', 'order_tracking', 'audit_log') THEN 'SELECT, INSERT'
	    ELSE 'SELECT, INSERT, UPDATE, DELETE' END, ' ON $1.\`', t.table_name, '\` TO $1@''', h.host, ''';')
	    FROM information_schema.tables t, (SELECT 'localhost' AS host UNION SELECT '127.0.0.1') h
	    WHERE t.table_schema = '$1'" | sql
}

memcached_up() {
	alive memcached && return
	rm -f "$RUN/memcached.sock"
	launch memcached memcached -s "$RUN/memcached.sock" -a 0700 -m 64 -c 1024 ${RUN_AS:+-u $RUN_AS}
	await memcached 10 test -S "$RUN/memcached.sock"
}

# The program's own end of a process: what a sanitizer finds ends it, and stands in its log.
program_up() {
	if alive "$1"; then
		[[ $(readlink "/proc/$(pid_of "$1")/exe") != *deleted* ]] ||
		    say "$1 still runs the program of before this build: down and up take the new one"
		return
	fi
	UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1} launch "$1" "$PROGRAM" -c "$D/conf/pointsmall.conf" "$1"
}

nginx_up() {
	alive nginx && return
	launch nginx nginx -c "$D/conf/nginx.conf" -p "$D" -g 'daemon off;'
}

ready() { curl -fsS -m 2 --cacert "$D/tls/ca.crt" "https://localhost:$HTTPS_PORT/readyz"; }

status() {
	local name all=0

	for name in $SERVERS; do
		if alive "$name"; then
			printf '%-10s %s\n' "$name" "$(pid_of "$name")"
		else
			printf '%-10s stopped\n' "$name"
			all=1
		fi
	done
	return $all
}

logs() {
	local follow=() names=("$@") name file files=()

	if [ "${1:-}" = -f ]; then
		follow=(-F)
		names=("${@:2}")
	fi
	[ ${#names[@]} -gt 0 ] || read -ra names <<<"$SERVERS access"
	for name in "${names[@]}"; do
		file="$D/log/$name.log"
		[ "$name" != build ] || file="$BUILD/build.log"
		[ ! -e "$file" ] || files+=("$file")
	done
	[ ${#files[@]} -gt 0 ] || die "there is no such log"
	exec tail -n 50 "${follow[@]}" "${files[@]}"
}

reload() {
	alive serve || die "serve does not run"
	pointsmall check-config >/dev/null || die "the settings are wrong; nothing was reloaded"
	kill -HUP "$(pid_of serve)"
}
