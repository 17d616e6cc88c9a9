# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# instance.sh: the directory of an instance: its secrets, ports, certificates and configuration files.
#
#   conf/ nginx.conf site.conf pointsmall.conf my.cnf; secrets, ports, settings, points-apart (kept from one up to the next)
#   db/ log/ tls/ files/ tmp/   run/ sockets and NAME.pid

# As root, everything runs as nobody.
if [ "$(id -u)" -eq 0 ]; then
	RUN_AS=nobody
else
	RUN_AS=
fi

# Opens an instance that up has made: sets D (its real directory), RUN, the ports and the secrets.
instance_open() {
	[ -d "$DIR/conf" ] || die "there is no instance in $DIR; ./staging up makes one"
	D=$(cd "$DIR" && pwd -P)
	RUN=$(readlink -f "$D/run")
	# shellcheck source=/dev/null
	. "$D/conf/secrets"
	# shellcheck source=/dev/null
	. "$D/conf/ports"
	POINTS_APART=$(cat "$D/conf/points-apart" 2>/dev/null || true)
	[ -n "$SANITIZE" ] || SANITIZE=$(cat "$D/conf/sanitize" 2>/dev/null || true)
	PROGRAM=$(cat "$D/conf/program" 2>/dev/null || echo "$BUILD/pointsmall")
}

pointsmall() { "$PROGRAM" -c "$D/conf/pointsmall.conf" "$@"; }

# Makes what is not there yet, and opens it.
instance_make() {
	directory_make
	D=$(cd "$DIR" && pwd -P)
	mkdir -p "$D"/{conf,db,log,tls,files,tmp}
	run_make
	echo "${SANITIZE}" >"$D/conf/sanitize"
	echo "$BUILD/pointsmall" >"$D/conf/program"
	[ -z "$POINTS_APART" ] || echo "$POINTS_APART" >"$D/conf/points-apart"
	secrets_make
	ports_make
	instance_open
	certificates_make
	configuration_make
	# The sockets' and data's directories are the servers'; what they read with their own rights is theirs too.
	[ -z "$RUN_AS" ] || chown -h $RUN_AS: "$D"/{db,log,tmp} "$RUN" "$D"/tls/server.key "$D"/conf/pointsmall.conf
}

# nobody must be able to come through; where it cannot (/root, a test's private directory), the instance lies
# elsewhere and a symbolic link leads to it.
directory_make() {
	local real

	[ ! -d "$DIR" ] || return 0
	mkdir -p "$(dirname "$DIR")"
	if [ -z "$RUN_AS" ] || setpriv --reuid=$RUN_AS --regid=nogroup --clear-groups test -x "$(dirname "$DIR")"; then
		mkdir -m 755 "$DIR"
		return
	fi
	real=$(mktemp -d /var/tmp/pointsmall-XXXXXX)
	chmod 755 "$real"
	ln -s "$real" "$DIR"
	say "$RUN_AS cannot enter $(dirname "$DIR"): the instance is in $real, $DIR leads to it"
}

# A socket's path has 107 bytes at most.
run_make() {
	if [ -L "$D/run" ] && [ ! -d "$D/run" ]; then
		rm "$D/run"
	fi
	[ ! -d "$D/run" ] || return 0
	if [ $((${#D} + 20)) -le 107 ]; then
		mkdir "$D/run"
		return
	fi
	RUN=$(mktemp -d /tmp/pm-XXXXXX)
	chmod 755 "$RUN"
	ln -s "$RUN" "$D/run"
	say "$D is too long for sockets: they are in $RUN"
}

# Those that an older instance lacks are added.
secrets_make() {
	local name

	(
		umask 077
		touch "$D/conf/secrets"
		for name in DB_PASSWORD DB_OWNER_PASSWORD POINTS_PASSWORD POINTS_OWNER_PASSWORD KEY_SECRET LEGACY_SECRET \
		    CURSOR_SECRET WECHAT_SECRET; do
			grep -q "^$name=" "$D/conf/secrets" || echo "$name=$(openssl rand -hex 32)" >>"$D/conf/secrets"
		done
	)
}

port_taken() { [ -n "$(ss -Hltn "sport = :$1")" ]; }

# Under 32768, where no connection of anybody's gets its own end from.
port_free() {
	local port

	while :; do
		port=$((20000 + (RANDOM << 15 | RANDOM) % 12000))
		port_taken $port || { echo $port; return; }
	done
}

# port_keep NAME DEFAULT: the port of last time, or DEFAULT, or, said so, a free one where that is taken.
port_keep() {
	local port=${!1:-$2}

	[ "$port" != 0 ] || port=$(port_free)
	if port_taken "$port"; then
		say "port $port is taken (for $1)"
		port=$(port_free)
		say "taking $port"
	fi
	echo "$1=$port"
}

# While nginx or the database runs, its ports are what they are.
ports_make() {
	local HTTPS_PORT='' HTTP_PORT='' LIMITED_PORT='' DIRECT_PORT='' WECHAT_PORT='' DB_PORT=''

	if [ -s "$D/conf/ports" ]; then
		# shellcheck source=/dev/null
		. "$D/conf/ports"
		if alive nginx || alive mariadb; then
			return 0
		fi
	fi
	[ -z "$PORT" ] || HTTPS_PORT=$PORT
	{
		port_keep HTTPS_PORT 8443
		port_keep HTTP_PORT 0
		port_keep LIMITED_PORT 0
		port_keep DIRECT_PORT 0
		port_keep WECHAT_PORT 0
		port_keep DB_PORT 0
	} >"$D/conf/ports.new"
	mv "$D/conf/ports.new" "$D/conf/ports"
}

# A CA of the instance's own, and one key pair for nginx and for the database over TCP.
certificates_make() {
	local t="$D/tls"

	[ ! -s "$t/server.crt" ] || return 0
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -keyout "$t/ca.key" \
	    -out "$t/ca.crt" -subj "/CN=pointsmall staging CA" -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$t/server.key" \
	    -out "$t/server.csr" -subj /CN=localhost 2>/dev/null
	openssl x509 -req -in "$t/server.csr" -CA "$t/ca.crt" -CAkey "$t/ca.key" -CAcreateserial -days 3650 \
	    -out "$t/server.new" 2>/dev/null -extfile <(printf '%s\n' basicConstraints=critical,CA:FALSE \
	    extendedKeyUsage=serverAuth subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1)
	chmod 600 "$t"/*.key
	mv "$t/server.new" "$t/server.crt"
}

configuration_make() {
	local N="$HERE/nginx" C="$D/conf"

	[ ${#SETTINGS[@]} -eq 0 ] || printf '%s\n' "${SETTINGS[@]}" >"$C/settings"
	[ ${#DB_OPTIONS[@]} -eq 0 ] || printf '%s\n' "${DB_OPTIONS[@]}" >"$C/db-options"
	touch "$C/settings" "$C/db-options"
	ln -sfn "$N" "$C/pointsmall"
	nginx_fill "$N/staging.conf.in" >"$C/nginx.conf"
	nginx_fill "$N/site.conf.in" >"$C/site.conf"
	nginx_fill "$N/staging-site.conf.in" >"$C/staging-site.conf"
	(umask 077; nginx_fill "$N/staging-wechat.conf.in" >"$C/staging-wechat.conf")
	mariadb_configuration >"$C/my.cnf"
	(
		umask 077
		pointsmall_configuration | settings_apply "$C/settings" >"$C/pointsmall.conf.new"
		mv "$C/pointsmall.conf.new" "$C/pointsmall.conf"
	)
}

nginx_fill() {
	local user=

	[ -z "$RUN_AS" ] || user="user $RUN_AS nogroup;"
	sed -e "s|@RUN@|$RUN|g; s|@CACHE@|$D/tmp/micro|g; s|@ROOT@|$D|g; s|@TLS@|$D/tls|g; s|@LOG@|$D/log|g" \
	    -e "s|@TEMP@|$D/tmp|g; s|@USER@|$user|g; s|@ADDRESS@|127.0.0.1:|g; s|@NAME@|_|g; s|@HSTS@||g" \
	    -e "s|@HTTPS_PORT@|$HTTPS_PORT|g; s|@HTTP_PORT@|$HTTP_PORT|g; s|@HTTPS_SUFFIX@|:$HTTPS_PORT|g" \
	    -e "s|@FREE_PORT@|$HTTPS_PORT|g; s|@DIRECT_PORT@|$DIRECT_PORT|g; s|@LIMITED_PORT@|$LIMITED_PORT|g" \
	    -e "s|@STAGING@|include staging-site.conf;|g" \
	    -e "s|@WECHAT_PORT@|$WECHAT_PORT|g; s|@WECHAT_APPID@|wxstaging|g; s|@WECHAT_SECRET@|$WECHAT_SECRET|g" "$1"
}

mariadb_configuration() {
	cat <<-EOF
	[mariadbd]
	${RUN_AS:+user=$RUN_AS}
	datadir=$D/db
	socket=$RUN/mysql.sock
	pid-file=$D/db/mariadbd.pid
	tmpdir=$D/tmp
	bind-address=127.0.0.1
	port=$DB_PORT
	ssl-ca=$D/tls/ca.crt
	ssl-cert=$D/tls/server.crt
	ssl-key=$D/tls/server.key
	character-set-server=utf8mb4
	collation-server=utf8mb4_bin
	innodb-flush-log-at-trx-commit=1
	innodb-buffer-pool-size=512M
	innodb-buffer-pool-dump-at-shutdown=OFF
	innodb-buffer-pool-load-at-startup=OFF
	performance-schema=OFF
	max-connections=300
	local-infile=OFF
	skip-log-bin
	skip-name-resolve
	$(cat "$D/conf/db-options")
	EOF
}

pointsmall_configuration() {
	cat <<-EOF
	[process]
	user = $RUN_AS
	pid_file = $RUN/master.pid
	[db]
	socket = $RUN/mysql.sock
	name = pointsmall
	user = pointsmall
	password = $DB_PASSWORD
	owner = pointsmall_owner
	owner_password = $DB_OWNER_PASSWORD
	$([ -z "$POINTS_APART" ] || points_configuration)
	[memcached]
	servers = $RUN/memcached.sock
	[token]
	cursor_secret = $CURSOR_SECRET
	[wechat]
	url = http://127.0.0.1:$WECHAT_PORT
	appid = wxstaging
	secret = $WECHAT_SECRET
	[limits]
	user_rate = 20
	user_burst = 40
	[pool read]
	listen = $RUN/read.sock
	workers = 4
	[pool write]
	listen = $RUN/write.sock
	workers = 16
	[pool bulk]
	listen = $RUN/bulk.sock
	workers = 2
	deadline_ms = 300000
	[key staging]
	secret = $KEY_SECRET
	issuer = pointsmall
	audience = pointsmall
	roles = user merchant admin service
	sign = yes
	[key legacy]
	secret = $LEGACY_SECRET
	issuer = legacy
	audience = pointsmall
	roles = user
	default_role = user
	EOF
}

points_configuration() {
	cat <<-EOF
	[points]
	dsn = unix://pointsmall_points:$POINTS_PASSWORD@$RUN/mysql.sock?name=pointsmall_points
	owner = pointsmall_points_owner
	owner_password = $POINTS_OWNER_PASSWORD
	EOF
}

# Reads a configuration; each line SECTION.KEY=VALUE of the file $1 replaces that key's line, or is added.
settings_apply() {
	awk -v settings="$1" '
	function flush_section(k) {
		for (k = 1; k <= n; k++)
			if (section_of[k] == section && !done[k]) {
				print key_of[k] " = " value_of[k]
				done[k] = 1
			}
	}
	BEGIN {
		while ((getline line < settings) > 0) {
			eq = index(line, "=")
			path = substr(line, 1, eq - 1)
			dot = match(path, /\.[^.]*$/)
			if (!eq || !dot) {
				print "staging: not SECTION.KEY=VALUE: " line > "/dev/stderr"
				exit 1
			}
			for (k = 1; k <= n; k++)
				if (path_of[k] == path)
					break
			if (k > n)
				path_of[n = k] = path
			section_of[k] = substr(path, 1, dot - 1)
			key_of[k] = substr(path, dot + 1)
			value_of[k] = substr(line, eq + 1)
		}
	}
	/^\[/ { flush_section(); section = substr($0, 2, length($0) - 2); print; next }
	{
		for (k = 1; k <= n; k++)
			if (section_of[k] == section && key_of[k] == $1)
				next
		print
	}
	END {
		flush_section()
		for (k = 1; k <= n; k++)
			if (!done[k]) {
				section = section_of[k]
				print "[" section "]"
				flush_section()
			}
	}'
}
