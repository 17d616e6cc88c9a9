# SPDX-License-Identifier: Apache-2.0

# PM_TRY_CFLAG(FLAG, VARIABLE): appends FLAG to VARIABLE where the compiler takes it without a warning.
AC_DEFUN([PM_TRY_CFLAG], [
	AS_VAR_PUSHDEF([pm_flag], [pm_cv_cflag_$1])
	AC_CACHE_CHECK([whether $CC takes $1], [pm_flag], [
		pm_save_CFLAGS=$CFLAGS
		CFLAGS="$CFLAGS -Werror $1"
		AC_COMPILE_IFELSE([AC_LANG_PROGRAM()], [AS_VAR_SET([pm_flag], [yes])], [AS_VAR_SET([pm_flag], [no])])
		CFLAGS=$pm_save_CFLAGS
	])
	AS_VAR_IF([pm_flag], [yes], [AS_VAR_APPEND([$2], [" $1"])])
	AS_VAR_POPDEF([pm_flag])
])

# PM_TRY_LINK(FLAGS, VARIABLE): appends FLAGS to VARIABLE where a program can be compiled and linked with them.
AC_DEFUN([PM_TRY_LINK], [
	AS_VAR_PUSHDEF([pm_flag], [pm_cv_link_$1])
	AC_CACHE_CHECK([whether a program can be linked with $1], [pm_flag], [
		pm_save_CFLAGS=$CFLAGS
		pm_save_LDFLAGS=$LDFLAGS
		CFLAGS="$CFLAGS $PM_CFLAGS"
		LDFLAGS="$LDFLAGS -Werror $1"
		AC_LINK_IFELSE([AC_LANG_PROGRAM()], [AS_VAR_SET([pm_flag], [yes])], [AS_VAR_SET([pm_flag], [no])])
		CFLAGS=$pm_save_CFLAGS
		LDFLAGS=$pm_save_LDFLAGS
	])
	AS_VAR_IF([pm_flag], [yes], [AS_VAR_APPEND([$2], [" $1"])])
	AS_VAR_POPDEF([pm_flag])
])

# PM_TRY_SANITIZER(NAME, FLAGS): FLAGS to compile and link with, or an error where they do not work.
AC_DEFUN([PM_TRY_SANITIZER], [
	AC_MSG_CHECKING([whether $CC has $1])
	pm_save_CFLAGS=$CFLAGS
	CFLAGS="$CFLAGS $2"
	AC_LINK_IFELSE([AC_LANG_PROGRAM()], [AC_MSG_RESULT([yes])], [
		AC_MSG_RESULT([no])
		AC_MSG_ERROR([--enable-$1 was asked for, but $CC cannot link with $2])
	])
	CFLAGS=$pm_save_CFLAGS
	AS_VAR_APPEND([PM_CFLAGS], [" $2"])
	AS_VAR_APPEND([PM_LDFLAGS], [" $2"])
])

# PM_FORTIFY: _FORTIFY_SOURCE works by optimisation only, and hides faults from ASan.
AC_DEFUN([PM_FORTIFY], [
	AC_MSG_CHECKING([whether _FORTIFY_SOURCE works])
	pm_save_CFLAGS=$CFLAGS
	CFLAGS="$CFLAGS -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2"
	AS_IF([test "x$enable_asan" = xyes], [pm_fortify="no (ASan)"], [
		AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[
			#include <features.h>
			#if !defined(__OPTIMIZE__) || __USE_FORTIFY_LEVEL < 2
			#error not fortified
			#endif
		]])], [pm_fortify=yes], [pm_fortify="no (no optimisation)"])
	])
	CFLAGS=$pm_save_CFLAGS
	AC_MSG_RESULT([$pm_fortify])
	AS_IF([test "x$pm_fortify" = xyes], [AS_VAR_APPEND([PM_CPPFLAGS], [" -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2"])])
])

# PM_MYSQL: MYSQL_CFLAGS and MYSQL_LIBS of libmariadb, or else of Oracle's libmysqlclient.
AC_DEFUN([PM_MYSQL], [
	pm_mysql=given
	AS_IF([test "x$MYSQL_CFLAGS$MYSQL_LIBS" = x], [
		PKG_CHECK_MODULES([MYSQL], [libmariadb], [pm_mysql="libmariadb $($PKG_CONFIG --modversion libmariadb)"], [
			PKG_CHECK_MODULES([MYSQL], [mysqlclient], [pm_mysql="mysqlclient $($PKG_CONFIG --modversion mysqlclient)"],
			    [PM_MYSQL_CONFIG])
		])
	])
	pm_save_CPPFLAGS=$CPPFLAGS
	pm_save_LIBS=$LIBS
	CPPFLAGS="$CPPFLAGS $MYSQL_CFLAGS"
	LIBS="$MYSQL_LIBS $LIBS"
	AC_MSG_CHECKING([whether the database's client library can be linked])
	AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <mysql.h>]], [[return mysql_stmt_prepare(0, "", 0);]])],
	    [AC_MSG_RESULT([yes])], [
		AC_MSG_RESULT([no])
		AC_MSG_ERROR([cannot link with $MYSQL_LIBS (MYSQL_CFLAGS and MYSQL_LIBS can be given)])
	])
	CPPFLAGS=$pm_save_CPPFLAGS
	LIBS=$pm_save_LIBS
])

# PM_MYSQL_CONFIG: the old way of asking libmysqlclient.
AC_DEFUN([PM_MYSQL_CONFIG], [
	AC_PATH_PROGS([MYSQL_CONFIG], [mariadb_config mysql_config], [no])
	AS_IF([test "x$MYSQL_CONFIG" = xno],
	    [AC_MSG_ERROR([neither libmariadb nor mysqlclient was found (Debian: apt-get install libmariadb-dev)])])
	MYSQL_CFLAGS=$($MYSQL_CONFIG --include)
	MYSQL_LIBS=$($MYSQL_CONFIG --libs)
	pm_mysql="$MYSQL_CONFIG $($MYSQL_CONFIG --version)"
])

# PM_LIBJWT: 1.10 to 1.x; 3 has another API (jwt_checker_t, jwk_set_t).
AC_DEFUN([PM_LIBJWT], [
	PKG_CHECK_MODULES([LIBJWT], [libjwt >= 1.10 libjwt < 2], [], [
		AS_IF([$PKG_CONFIG --exists libjwt], [
			AC_MSG_ERROR([libjwt $($PKG_CONFIG --modversion libjwt) was found, and its API is another one: pointsmall needs libjwt 1.10 or a later 1.x (Debian 12: apt-get install libjwt-dev)])
		], [
			AC_MSG_ERROR([libjwt was not found (Debian 12: apt-get install libjwt-dev)])
		])
	])
])

# PM_FCGI: libfcgi has no pkg-config file everywhere.
AC_DEFUN([PM_FCGI], [
	AC_CHECK_HEADER([fcgiapp.h], [], [AC_MSG_ERROR([fcgiapp.h was not found (Debian: apt-get install libfcgi-dev)])])
	AC_CHECK_LIB([fcgi], [FCGX_Accept_r], [FCGI_LIBS=-lfcgi],
	    [AC_MSG_ERROR([libfcgi was not found (Debian: apt-get install libfcgi-dev)])])
	AC_SUBST([FCGI_LIBS])
])
