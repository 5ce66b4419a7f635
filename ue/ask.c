/* SPDX-License-Identifier: Apache-2.0 */
/* Who waits for a room's outcome: heard once, later, from the loop, never inside the asking call.
 */
#include <assert.h>
#include <stdarg.h>
#include <string.h>

#include "ue.h"

void ask_open(struct ue_ask *ask, struct loop *loop, ue_done_fn *done, void *arg)
{
    assert(!ask->done);
    ask->loop = loop;
    ask->done = done;
    ask->arg = arg;
}

bool ask_is_open(const struct ue_ask *ask)
{
    return ask->done && !ask->soon;
}

static void on_soon(void *arg)
{
    struct ue_ask *ask = arg;
    ue_done_fn *done = ask->done;
    char sentence[UE_SENTENCE];

    /* the hearer may ask the next thing of the same room */
    memcpy(sentence, ask->sentence, sizeof sentence);
    ask->soon = NULL;
    ask->done = NULL;
    done(ask->arg, ask->err, sentence);
}

void ask_answer(struct ue_ask *ask, int err, const char *format, ...)
{
    va_list ap;

    if (!ask_is_open(ask))
        return;
    ask->err = err;
    va_start(ap, format);
    why_vprint(ask->sentence, sizeof ask->sentence, format, ap);
    va_end(ap);
    ask->soon = loop_after(ask->loop, 0, on_soon, ask);
}

void ask_drop(struct ue_ask *ask)
{
    loop_cancel(&ask->soon);
    ask->done = NULL;
}
