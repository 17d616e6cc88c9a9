# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# suite.sh: ./staging test. Each part tells its own counts; the last line is their sum.

PASSED=0
FAILED=0

# part NAME LOG KIND COMMAND...: runs it, shows it, and adds the counts that KIND_count finds in its log. A part that
# failed without a failure that could be counted counts as one.
part() {
	local name=$1 log=$2 kind=$3 status=0 counts begun=$SECONDS

	shift 3
	echo "== $name"
	"$@" 2>&1 | tee "$log" | "$kind"_show || status=$?
	read -ra counts < <("$kind"_count "$log")
	if [ $status -ne 0 ] && [ "${counts[1]}" -eq 0 ]; then
		tail -n 30 "$log"
		counts[1]=1
	fi
	PASSED=$((PASSED + counts[0]))
	FAILED=$((FAILED + counts[1]))
	echo "== $name: ${counts[0]} passed, ${counts[1]} failed ($((SECONDS - begun)) s)"
}

check_show() { grep -E '^(FAIL|ERROR|XPASS):|^# (TOTAL|FAIL|ERROR)|error:' || true; }
check_count() {
	awk '/^# PASS:/ { p += $3 } /^# (FAIL|XPASS|ERROR):/ { f += $3 } END { print p + 0, f + 0 }' "$1"
}

pytest_show() { cat; }
pytest_count() {
	awk '/ in [0-9.]+s/ { for (i = 2; i <= NF; i++) {
		if ($i ~ /^passed/) p += $(i - 1)
		if ($i ~ /^(failed|error)/) f += $(i - 1)
	} } END { print p + 0, f + 0 }' "$1"
}

fault_show() { cat; }
fault_count() { awk '/^[0-9]+ passed, [0-9]+ failed$/ { p += $1; f += $3 } END { print p + 0, f + 0 }' "$1"; }

# step NAME COMMAND...: one thing that passes or fails as a whole.
step() {
	local name=$1

	shift
	if "$@" >"$LOGS/step.log" 2>&1; then
		PASSED=$((PASSED + 1))
		echo "== $name: passed"
	else
		FAILED=$((FAILED + 1))
		tail -n 40 "$LOGS/step.log"
		echo "== $name: FAILED"
	fi
}

check() { make -C "$BUILD" -j2 check; }

integration() {
	STAGING_BUILD=$BUILD STAGING_SANITIZE=$SANITIZE /usr/bin/python3 -m pytest -p no:cacheprovider "$HERE/tests/it" "$@"
}

# What must be so wherever the points are.
WHEREVER="exchange idempotency orders moves holds points user admin_users admin_orders events expiry random verify"

integration_apart() {
	local name files=()

	for name in $WHEREVER; do
		files+=("$HERE/tests/it/test_$name.py")
	done
	PM_POINTS=apart STAGING_BUILD=$BUILD STAGING_SANITIZE=$SANITIZE /usr/bin/python3 -m pytest -p no:cacheprovider \
	    "${files[@]}" "$@"
}

# judge: of what clients saw; faults PROGRAM ARGUMENT...: one of tests/fault, on this build.
judge() { /usr/bin/python3 -m pytest -p no:cacheprovider -q "$HERE/tests/fault"; }
faults() { STAGING_BUILD=$BUILD /usr/bin/python3 "$HERE/tests/fault/$1.py" --out "$HERE/var/faults" "${@:2}"; }
faults_apart() { PM_POINTS=apart faults "$@"; }

# What stands for all faults where every change waits for it.
FAULTS_SHORT="points-exit database-killed connections-exhausted cache-frozen cache-stale client-gone commit-lost line-spoiled
    clock-jumping disk-full"
FAULTS_SHORT_APART="points-exit commit-lost"

suite_faults() {
	local short short_apart

	read -rd '' -a short <<<"$FAULTS_SHORT" || true
	read -ra short_apart <<<"$FAULTS_SHORT_APART"
	part "the judge of faults, judged" "$LOGS/judge.log" pytest judge
	BUILD="$HERE/var/build-fault"
	build --enable-failpoints
	part "make check, with failpoints" "$LOGS/check-fault.log" check check
	part "faults" "$LOGS/faults.log" fault faults run --short "${short[@]}"
	part "faults, points apart" "$LOGS/faults-apart.log" fault faults_apart run --short "${short_apart[@]}"
}

# 20 seeds of each, and the judge against a mall that does lose.
FAULT_SEEDS=20
suite_faults_full() {
	BUILD="$HERE/var/build-fault"
	build --enable-failpoints
	part "faults, in full" "$LOGS/faults-full.log" fault faults run --seeds $FAULT_SEEDS --seed 1
	part "faults, points apart, in full" "$LOGS/faults-apart-full.log" fault faults_apart run --seeds $FAULT_SEEDS --seed 1
	part "the judge against sabotage" "$LOGS/sabotage.log" fault faults sabotage
}

# One build, with its unit and integration tests.
suite_of() {
	local name=$1

	shift
	build "$@"
	part "make check, $name" "$LOGS/check-$name.log" check check
	part "integration, $name" "$LOGS/it-$name.log" pytest integration -q
	part "integration, points apart, $name" "$LOGS/apart-$name.log" pytest integration_apart -q
}

# The two builds have a lane each, side by side: what they wait for is mostly not the processor.
lane_plain() {
	suite_of plain
	step "openapi, linted" "$HERE/tests/openapi/lint"
	step "openapi, against the routes" /usr/bin/python3 "$HERE/tests/openapi/compare.py" --program "$BUILD/pointsmall"
	suite_faults
}

lane_sanitized() {
	SANITIZE=yes
	BUILD="$HERE/var/build-san"
	suite_of sanitized
}

# Should it not come to its end, that counts as a failure.
lane() {
	PASSED=0
	FAILED=0
	echo 0 1 >"$LOGS/lane-$1.counts"
	"lane_$1"
	echo "$PASSED $FAILED" >"$LOGS/lane-$1.counts"
}

lanes() {
	local name counts

	for name in "$@"; do
		lane "$name" 2>&1 </dev/null | sed -u "s/^/$name: /" &
	done
	wait
	for name in "$@"; do
		read -ra counts <"$LOGS/lane-$name.counts"
		PASSED=$((PASSED + counts[0]))
		FAILED=$((FAILED + counts[1]))
	done
}

suite() {
	local full=

	if [ "${1:-}" = --full ]; then
		full=yes
		shift
	fi
	packages_need build run test
	if [ $# -gt 0 ]; then
		build
		integration "$@"
		return
	fi
	LOGS="$HERE/var/test"
	mkdir -p "$LOGS"
	lanes plain sanitized
	[ -z "$full" ] || suite_full
	echo "$PASSED passed, $FAILED failed"
	[ "$FAILED" -eq 0 ]
}

FUZZ_SECONDS=60

# What it found before is kept beside the build, and is where it begins.
fuzz() {
	mkdir -p "$BUILD/corpus-$1"
	"$BUILD/tests/fuzz/$1" -max_total_time=$FUZZ_SECONDS -max_len=4096 "$BUILD/corpus-$1"
}

# What takes longer than every change can wait for.
suite_full() {
	local compiler target

	packages_need full
	SANITIZE=
	for compiler in gcc clang; do
		BUILD="$HERE/var/build-$compiler"
		build CC=$compiler --enable-werror
		part "make check, $compiler" "$LOGS/check-$compiler.log" check check
	done
	BUILD="$HERE/var/build-fuzz"
	build CC=clang --enable-fuzz --enable-asan --enable-ubsan
	for target in fuzz_csv fuzz_json fuzz_request; do
		step "$target, $FUZZ_SECONDS s" fuzz "$target"
	done
	BUILD="$HERE/var/build"
	build
	step distcheck make -C "$BUILD" distcheck
	suite_faults_full
	BUILD="$HERE/var/build"
	POINTSMALL_FULL=1 part "integration, in full" "$LOGS/it-full.log" pytest integration -q
}
