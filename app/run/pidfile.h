/* SPDX-License-Identifier: Apache-2.0 */
/* pidfile.h: the master's pid in a file that is locked as long as the master lives. */
#ifndef RUN_PIDFILE_H
#define RUN_PIDFILE_H

/* Writes the pid into path and locks it. The descriptor (the caller's), or -1 and one line logged: another one
 * lives, or the file cannot be made. */
int pidfile_take(const char *path);
/* Removes the file (where the directory does not let us: empties it) and unlocks it. */
void pidfile_drop(const char *path, int fd);

#endif
