/* SPDX-License-Identifier: Apache-2.0 */
/*
 * floor.c: a program that does nothing. It is linked with the whole of one floor and with what lies under it, so that a
 * call upwards fails at link time.
 */

int
main(void)
{
	return 0;
}
