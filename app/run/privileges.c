/* SPDX-License-Identifier: Apache-2.0 */
/* privileges.c: from root to [process] user, in the master and in jobs, before any worker or connection exists. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "run/privileges.h"

bool
privileges_plan(const char *user, struct privileges *out)
{
	const struct passwd *pw;

	*out = (struct privileges){ .user = user, .uid = geteuid(), .gid = getegid(), .drop = geteuid() == 0 };
	if (user[0] == '\0') {
		if (out->drop)
			log_error("started as root: set user in [process], the program does not work as root");
		return !out->drop;
	}
	if ((pw = getpwnam(user)) == NULL) {
		log_error("user in [process]: there is no user \"%s\"", user);
		return false;
	}
	if (pw->pw_uid == 0) {
		log_error("user in [process]: \"%s\" is root, the program does not work as root", user);
		return false;
	}
	if (!out->drop && pw->pw_uid != out->uid) {
		log_error("user in [process]: only root can become \"%s\"", user);
		return false;
	}
	out->uid = pw->pw_uid;
	out->gid = pw->pw_gid;
	return true;
}

bool
privileges_drop(const struct privileges *p)
{
	if (!p->drop)
		return true;
	if (initgroups(p->user, p->gid) != 0 || setgid(p->gid) != 0 || setuid(p->uid) != 0) {
		log_error("cannot become user \"%s\": %s", p->user, strerror(errno));
		return false;
	}
	if (setuid(0) == 0 || geteuid() != p->uid || getuid() != p->uid) {
		log_error("could become root again after becoming \"%s\"", p->user);
		return false;
	}
	return true;
}
