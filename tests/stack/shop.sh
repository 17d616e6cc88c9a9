# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# shop.sh: the mall as a whole: up, down, and what scripts need to know of it.

DEMO_USER=01980000-0000-7000-9000-000000000001
DEMO_PRODUCT=01980000-0000-7000-8000-000000000001

# Harmless when repeated; two ups of one instance wait for each other.
up() {
	packages_need build run
	build
	mkdir -p "$(dirname "$DIR")"
	exec 8>"$(dirname "$DIR")/.$(basename "$DIR").lock"
	flock 8
	instance_make
	mariadb_up
	memcached_up
	shop_fill
	program_up serve
	program_up jobs
	nginx_up
	await nginx 10 port_taken "$HTTPS_PORT"
	await serve 30 ready
	alive jobs || await jobs 0 false
	announce
}

# Migrates and loads the demo shop: what is there is left as it is.
shop_fill() {
	accounts_make
	filling migrate
	grants_make pointsmall
	if [ -n "$POINTS_APART" ]; then
		filling migrate --points
		grants_make pointsmall_points
	fi
	mkdir -p "$D/files/demo"
	cp -R "$HERE/sql/demo/pictures/." "$D/files/demo/"
	[ ! -e "$D/conf/demo-loaded" ] || return 0
	filling seed --demo
	[ -z "$POINTS_APART" ] || points_move
	touch "$D/conf/demo-loaded"
}

filling() {
	pointsmall "$@" >>"$D/log/migrate.log" 2>&1 || { tail -n 15 "$D/log/migrate.log" >&2; die "$* failed"; }
}

# As pointsmall(8) says under POINTS APART.
points_move() {
	local account=points_balance,points_debt,points_seq,points_earned,points_spent,points_out

	sql <<-EOF
	START TRANSACTION;
	INSERT INTO pointsmall_points.users (id, $account) SELECT id, $account FROM pointsmall.users;
	INSERT INTO pointsmall_points.points_records SELECT * FROM pointsmall.points_records;
	INSERT INTO pointsmall_points.points_lots SELECT * FROM pointsmall.points_lots;
	INSERT INTO pointsmall_points.points_sources SELECT * FROM pointsmall.points_sources;
	INSERT INTO pointsmall_points.outbox (event_id, event_type, source, targets, aggregate, payload, created_at, state,
	  attempts, next_at, last_error) SELECT event_id, event_type, source, targets, aggregate, payload, created_at, state,
	  attempts, next_at, last_error FROM pointsmall.outbox WHERE source = 'points' ORDER BY seq;
	DELETE FROM pointsmall.outbox WHERE source = 'points';
	UPDATE pointsmall.users SET points_balance = 0, points_debt = 0, points_seq = 0, points_earned = 0, points_spent = 0,
	  points_out = 0;
	DELETE FROM pointsmall.points_records;
	DELETE FROM pointsmall.points_lots;
	DELETE FROM pointsmall.points_sources;
	COMMIT;
	EOF
}

print_env() {
	cat <<-EOF
	URL=https://localhost:$HTTPS_PORT
	LIMITED_URL=https://localhost:$LIMITED_PORT
	DIRECT_URL=https://localhost:$DIRECT_PORT
	HTTP_URL=http://localhost:$HTTP_PORT
	ADMIN_TOKEN=$(pointsmall token --role admin)
	USER_TOKEN=$(pointsmall token --role user --user $DEMO_USER)
	CONF=$D/conf/pointsmall.conf
	CA=$D/tls/ca.crt
	DB_SOCKET=$RUN/mysql.sock
	DB_PORT=$DB_PORT
	MEMCACHED=$RUN/memcached.sock
	WECHAT_URL=http://127.0.0.1:$WECHAT_PORT
	DIR=$D
	PROGRAM=$PROGRAM
	EOF
}

announce() {
	local line
	local -A env=()

	while IFS= read -r line; do
		env[${line%%=*}]=${line#*=}
	done < <(print_env)
	cat <<-EOF
	The mall is at   ${env[URL]}
	admin token      ${env[ADMIN_TOKEN]}
	user token       ${env[USER_TOKEN]}
	Points for goods:
	curl --cacert ${env[CA]} ${env[URL]}/api/mall/exchange -H 'Authorization: Bearer ${env[USER_TOKEN]}' -H 'Content-Type: application/json' -H 'Idempotency-Key: $(cat /proc/sys/kernel/random/uuid)' -d '{"productId":"$DEMO_PRODUCT","quantity":1,"deliveryInfo":{"receiverName":"王小明","receiverPhone":"13800138000","address":"北京市海淀区中关村大街1号"}}'
	EOF
}

# What comes last goes first; each finishes what it has in hand.
down() {
	local found=0

	case ${1:-} in
	''|--purge) ;;
	*) die "down takes --purge only, not $1" ;;
	esac
	[ -d "$DIR/conf" ] || return 0
	instance_open
	finish nginx QUIT 10
	finish serve QUIT 40
	finish jobs TERM 40
	finish memcached TERM 10
	finish mariadb TERM 60
	sanitizers_judge || found=1
	if [ "${1:-}" = --purge ]; then
		rm -rf "$RUN" "$D"
		rm -f "$DIR" "$(dirname "$DIR")/.$(basename "$DIR").lock"
	elif [ -L "$D/run" ]; then
		rm -rf "$RUN"
		rm -f "$D/run"
	fi
	return $found
}

# What AddressSanitizer and its kin said, at any time of the instance's life.
sanitizers_judge() {
	if grep -sE 'ERROR: (Address|Leak)Sanitizer|runtime error:' "$D"/log/{serve,jobs,migrate}.log >&2; then
		say "the sanitizers found something: see $D/log"
		return 1
	fi
}
