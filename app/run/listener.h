/* SPDX-License-Identifier: Apache-2.0 */
/* listener.h: the listening sockets of the pools, made by the master before it gives up root. */
#ifndef RUN_LISTENER_H
#define RUN_LISTENER_H

#include <stdbool.h>
#include <sys/types.h>

struct listener {
	int	fd;
	char	address[108];
	dev_t	dev;		/* of a UNIX socket's file, to remove no other one's */
	ino_t	ino;
};

/* Binds address (the path of a UNIX socket, or 127.0.0.1:port) and listens. A socket that nobody listens on any
 * more is replaced; its file gets mode 0660 and belongs to uid and gid (where that takes root, only as root).
 * false: one line logged, nothing open. */
bool listener_open(const char *address, uid_t uid, gid_t gid, struct listener *out);
/* Closes it, and removes its file where it is still ours. */
void listener_close(struct listener *l);

#endif
