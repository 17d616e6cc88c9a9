/* SPDX-License-Identifier: Apache-2.0 */
/*
 * commands.h: the subcommands of the program. Each gets the settings (NULL where main.c's table says that it needs
 * none), its own argv (argv[0] is its name) and gives the exit status: 0, or one of sysexits(3).
 */
#ifndef RUN_COMMANDS_H
#define RUN_COMMANDS_H

#include "base/conf.h"

typedef int command_fn(const struct conf *conf, int argc, char **argv);

int command_serve(const struct conf *conf, int argc, char **argv);
int command_jobs(const struct conf *conf, int argc, char **argv);
int command_migrate(const struct conf *conf, int argc, char **argv);
int command_seed(const struct conf *conf, int argc, char **argv);
int command_import(const struct conf *conf, int argc, char **argv);
int command_token(const struct conf *conf, int argc, char **argv);
int command_verify(const struct conf *conf, int argc, char **argv);
int command_check_config(const struct conf *conf, int argc, char **argv);
/* Without settings: conf is NULL. */
int command_routes(const struct conf *conf, int argc, char **argv);
/* In a build with --enable-failpoints only. */
int command_failpoints(const struct conf *conf, int argc, char **argv);

#endif
