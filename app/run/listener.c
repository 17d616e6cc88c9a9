/* SPDX-License-Identifier: Apache-2.0 */
/* listener.c: binding, in the master. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "base/num.h"
#include "run/listener.h"

#define LOOPBACK "127.0.0.1:"
/* listen(2) itself cuts it to net.core.somaxconn. */
#define BACKLOG 4096

static bool
fail(int fd, const char *address, const char *message)
{
	log_error("listen %s: %s", address, message);
	if (fd >= 0)
		close(fd);
	return false;
}

/* Removes the socket of one who is gone. false: it cannot be had, and why was logged. */
static bool
clear_path(const struct sockaddr_un *sun)
{
	struct stat st;
	int fd, saved;

	if (lstat(sun->sun_path, &st) != 0)
		return errno == ENOENT || fail(-1, sun->sun_path, strerror(errno));
	if (!S_ISSOCK(st.st_mode))
		return fail(-1, sun->sun_path, "there is a file that is no socket");
	/* Non-blocking: with its backlog full, a living one would let us wait. */
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) < 0)
		return fail(-1, sun->sun_path, strerror(errno));
	saved = connect(fd, (const struct sockaddr *)sun, sizeof(*sun)) == 0 ? 0 : errno;
	close(fd);
	if (saved != ECONNREFUSED)
		return fail(-1, sun->sun_path, "another process listens on it");
	return unlink(sun->sun_path) == 0 || fail(-1, sun->sun_path, strerror(errno));
}

static bool
open_unix(const char *path, uid_t uid, gid_t gid, struct listener *out)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct stat st;
	mode_t before;
	int fd, rc;

	if (strlen(path) >= sizeof(sun.sun_path))
		return fail(-1, path, "the path is too long for a socket (107 bytes)");
	memcpy(sun.sun_path, path, strlen(path) + 1);
	if (!clear_path(&sun))
		return false;
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) < 0)
		return fail(fd, path, strerror(errno));
	/* Never more open than 0660, not even between two calls. */
	before = umask(0117);
	rc = bind(fd, (const struct sockaddr *)&sun, sizeof(sun));
	umask(before);
	if (rc != 0)
		return fail(fd, path, strerror(errno));
	if ((geteuid() == 0 && lchown(path, uid, gid) != 0) || listen(fd, BACKLOG) != 0 || lstat(path, &st) != 0) {
		rc = errno;
		unlink(path);
		return fail(fd, path, strerror(rc));
	}
	*out = (struct listener){ .fd = fd, .dev = st.st_dev, .ino = st.st_ino };
	memcpy(out->address, path, strlen(path) + 1);
	return true;
}

static bool
open_tcp(const char *address, struct listener *out)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const int on = 1;
	int64_t port;
	int fd;

	if (!num_parse(address + strlen(LOOPBACK), 1, 65535, &port))
		return fail(-1, address, "the port is no number within 1 and 65535");
	sin.sin_port = htons((uint16_t)port);
	if ((fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
	    bind(fd, (const struct sockaddr *)&sin, sizeof(sin)) != 0 || listen(fd, BACKLOG) != 0)
		return fail(fd, address, strerror(errno));
	*out = (struct listener){ .fd = fd };
	memcpy(out->address, address, strlen(address) + 1);
	return true;
}

bool
listener_open(const char *address, uid_t uid, gid_t gid, struct listener *out)
{
	if (strncmp(address, LOOPBACK, strlen(LOOPBACK)) == 0)
		return open_tcp(address, out);
	return open_unix(address, uid, gid, out);
}

void
listener_close(struct listener *l)
{
	struct stat st;

	close(l->fd);
	l->fd = -1;
	if (l->ino == 0 || lstat(l->address, &st) != 0 || st.st_dev != l->dev || st.st_ino != l->ino)
		return;
	/* The directory may be root's; the next start clears the stale socket then. */
	if (unlink(l->address) != 0)
		log_debug("%s: %s", l->address, strerror(errno));
}
