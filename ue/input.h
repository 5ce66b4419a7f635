/* SPDX-License-Identifier: Apache-2.0 */
/* Where the lines of the console come from: the command line, a pipe, a file, a keyboard. */
#ifndef IMSLAB_UE_INPUT_H
#define IMSLAB_UE_INPUT_H

#include "loop.h"

#define INPUT_LINE 512 /* longest line with its NUL */

struct input;

/* input_open - lines are the words of argv when there are any (`wait 5` is one line), else those of
 * standard input. more is called from the loop, or inside this call, when there is something to
 * take or when the end has come. Never NULL. */
struct input *input_open(struct loop *loop, int argc, char **argv, loop_fn *more, void *arg);
void input_close(struct input *input);

/* input_take - the next line, without its newline, printable. false: none now. */
bool input_take(struct input *input, char line[INPUT_LINE]);
/* input_is_over - the end has come and every line was taken. */
bool input_is_over(const struct input *input);
/* input_end - throw away what is left and take no more. */
void input_end(struct input *input);

bool input_is_script(const struct input *input);   /* argv */
bool input_is_keyboard(const struct input *input); /* somebody sits there */

#endif
