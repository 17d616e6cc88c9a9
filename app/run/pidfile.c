/* SPDX-License-Identifier: Apache-2.0 */
/* pidfile.c: one master an instance, by flock(2), which the kernel gives up however the master ends. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "run/pidfile.h"

/* Whether fd is still what path names: the one before us may have removed it between our open and our lock. */
static bool
is_current(int fd, const char *path)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && stat(path, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static void
log_holder(const char *path, int fd)
{
	char pid[16] = "";
	ssize_t n = pread(fd, pid, sizeof(pid) - 1, 0);

	if (n > 0)
		pid[strcspn(pid, "\n")] = '\0';
	log_error("%s: another instance is running (pid %s)", path, pid[0] != '\0' ? pid : "unknown");
}

static int
open_locked(const char *path)
{
	int fd;

	for (;;) {
		if ((fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644)) < 0) {
			log_error("%s: %s", path, strerror(errno));
			return -1;
		}
		if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
			log_holder(path, fd);
			close(fd);
			return -1;
		}
		if (is_current(fd, path))
			return fd;
		close(fd);
	}
}

int
pidfile_take(const char *path)
{
	int fd;

	if ((fd = open_locked(path)) < 0)
		return -1;
	if (ftruncate(fd, 0) != 0 || dprintf(fd, "%ld\n", (long)getpid()) < 0) {
		log_error("%s: %s", path, strerror(errno));
		close(fd);
		return -1;
	}
	return fd;
}

void
pidfile_drop(const char *path, int fd)
{
	if (unlink(path) != 0 && ftruncate(fd, 0) != 0)
		log_warn("%s: %s", path, strerror(errno));
	close(fd);
}
