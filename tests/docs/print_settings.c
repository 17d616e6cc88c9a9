/* SPDX-License-Identifier: Apache-2.0 */
/* print_settings.c: the table of settings as text, for the check of pointsmall.conf(5). */
#include "base/conf.h"

int
main(void)
{
	conf_print_table();
	return 0;
}
