# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# build.sh: autoreconf, configure and make, out of the tree, each only where it is due.

# build [configure's arguments]: into $BUILD; one build at a time in a tree.
build() {
	local args=(CFLAGS="-O2 -g")

	[ -n "$MAKE" ] || return 0
	[ -z "$SANITIZE" ] || args=(CFLAGS="-O1 -g" --enable-asan --enable-ubsan)
	args+=("$@")
	mkdir -p "$HERE/var" "$BUILD"
	(
		flock 9
		build_steps "${args[@]}" >"$BUILD/build.log" 2>&1 9>&-
	) 9>"$HERE/var/build.lock" || {
		tail -n 40 "$BUILD/build.log" >&2
		die "the build failed; all of it is in $BUILD/build.log"
	}
}

build_steps() {
	if [ ! -x "$HERE/configure" ] || [ -n "$(find "$HERE/configure.ac" "$HERE/Makefile.am" "$HERE"/m4/*.m4 \
	    "$HERE"/*/*.am -newer "$HERE/configure" 2>/dev/null)" ]; then
		autoreconf -fi "$HERE" || return
	fi
	cd "$BUILD" || return
	if [ ! -f Makefile ] || [ "$HERE/configure" -nt config.status ] || [ "$*" != "$(cat configured 2>/dev/null)" ]; then
		"$HERE/configure" "$@" || return
		echo "$*" >configured
	fi
	make -j2 all
}
