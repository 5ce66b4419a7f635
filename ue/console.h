/* SPDX-License-Identifier: Apache-2.0 */
/* The user's side of the terminal: commands from the command line, a script, a pipe or a keyboard;
 * outcomes on stdout, one sentence each. */
#ifndef IMSLAB_UE_CONSOLE_H
#define IMSLAB_UE_CONSOLE_H

#include "ue.h"

struct console;

/* console_open - begin: the commands of argv when there are any, else those of standard input. When
 * they are done, and on `quit`, the loop is stopped. Commands of argv: the first that fails ends
 * the list. */
struct console *console_open(struct ue *ue, int argc, char **argv);
/* console_close - whatever runs is left. Returns what the program shall exit with: 0 when every
 * command succeeded. */
int console_close(struct console *console);
/* console_help - the list of commands. */
const char *console_help(void);

#endif
