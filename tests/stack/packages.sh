# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# packages.sh: the Debian packages that are needed for what, installed only where they are missing.

packages_of() {
	case $1 in
	build) echo gcc make autoconf automake pkg-config libmariadb-dev libjson-c-dev libjwt-dev libmemcached-dev \
	    libcurl4-openssl-dev libssl-dev libfcgi-dev libcmocka-dev ;;
	run) echo mariadb-server-core mariadb-client-core nginx memcached openssl curl iproute2 procps util-linux tzdata ;;
	test)
		echo python3 python3-pytest python3-yaml python3-jsonschema libfaketime
		# Node.js of another source brings its npm along.
		command -v npm >/dev/null || echo nodejs npm
		;;
	bench) echo python3 wrk ;;
	full) echo clang libclang-rt-14-dev ;;
	esac
}

# packages_need WHAT...: installs what is missing, with sudo where we are not root.
packages_need() {
	local what package missing=() sudo=()

	for what; do
		for package in $(packages_of "$what"); do
			package_here "$package" || missing+=("$package")
		done
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	[ -n "$INSTALL" ] || die "missing packages: ${missing[*]}"
	[ "$(id -u)" -eq 0 ] || sudo=(sudo)
	say "installing ${missing[*]}"
	packages_install || { "${sudo[@]}" apt-get -q update >&2 && packages_install; } ||
	    die "cannot install ${missing[*]}"
}

package_here() {
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Installing a server must not start it: the system's services are none of ours.
packages_install() (
	policy=/usr/sbin/policy-rc.d

	if [ ! -e $policy ]; then
		trap '"${sudo[@]}" rm -f $policy' EXIT
		printf '#!/bin/sh\nexit 101\n' | "${sudo[@]}" tee $policy >/dev/null
		"${sudo[@]}" chmod 755 $policy
	fi
	"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install \
	    "${missing[@]}" </dev/null >&2
)
