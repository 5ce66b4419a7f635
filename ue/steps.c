/* SPDX-License-Identifier: Apache-2.0 */
/* What must come before what: attached, then an address, then registered; and back in the reverse
 * order, as TS 24.229 5.1.1.6 wants it: de-register while the address is still ours. */
#include <stdlib.h>
#include <string.h>

#include "ue.h"
#include "xalloc.h"

struct steps {
    struct steps **self; /* the owner's handle */
    struct ue *ue;
    enum ue_level level; /* where to */
    bool down;
    ue_done_fn *done;
    void *arg;
    int err; /* coming down: of the first step that failed */
    char sentence[UE_SENTENCE];
};

typedef void ask_fn(struct ue *ue, ue_done_fn *done, void *arg);

static ask_fn *const rise[] = {
    [UE_ATTACHED] = attach_begin, [UE_ACTIVE] = pdp_begin, [UE_REGISTERED] = register_begin};
static ask_fn *const fall[] = {
    [UE_ATTACHED] = detach_begin, [UE_ACTIVE] = pdp_end, [UE_REGISTERED] = register_end};

static void climb(struct steps *s);
static void come_down(struct steps *s);

enum ue_level steps_level(const struct ue *ue)
{
    if (ue->attach.state != GMM_ATTACHED)
        return UE_OFF;
    if (ue->pdp.state != PDP_ACTIVE)
        return UE_ATTACHED;
    return register_is_on(ue) ? UE_REGISTERED : UE_ACTIVE;
}

static void finish(struct steps *s, int err, const char *sentence)
{
    ue_done_fn *done = s->done;
    void *arg = s->arg;

    *s->self = NULL;
    free(s);
    done(arg, err, sentence);
}

static void on_risen(void *arg, int err, const char *sentence)
{
    struct steps *s = arg;

    if (err || steps_level(s->ue) >= s->level)
        finish(s, err, sentence);
    else
        climb(s);
}

/* When the terminal is there already, the room is asked all the same: it says what is, and a
 * registration is refreshed. */
static void climb(struct steps *s)
{
    enum ue_level next = steps_level(s->ue) + 1;

    rise[next < s->level ? next : s->level](s->ue, on_risen, s);
}

static void on_fallen(void *arg, int err, const char *sentence)
{
    struct steps *s = arg;
    char first[UE_SENTENCE];

    if (err && !s->err) {
        s->err = err;
        memcpy(s->sentence, sentence, strnlen(sentence, sizeof s->sentence - 1) + 1);
    }
    if (steps_level(s->ue) >= s->level) {
        come_down(s);
        return;
    }
    memcpy(first, s->sentence, sizeof first);
    finish(s, s->err, s->err ? first : sentence);
}

/* level is the one that shall be left. */
static void come_down(struct steps *s)
{
    enum ue_level now = steps_level(s->ue);

    fall[now > s->level ? now : s->level](s->ue, on_fallen, s);
}

static void begin(struct steps **handle, struct ue *ue, enum ue_level level, bool down,
                  ue_done_fn *done, void *arg)
{
    struct steps *s = xzalloc(sizeof *s);

    *s = (struct steps){
        .self = handle, .ue = ue, .level = level, .down = down, .done = done, .arg = arg};
    *handle = s;
    if (down)
        come_down(s);
    else
        climb(s);
}

void steps_up(struct steps **handle, struct ue *ue, enum ue_level level, ue_done_fn *done,
              void *arg)
{
    begin(handle, ue, level, false, done, arg);
}

void steps_down(struct steps **handle, struct ue *ue, enum ue_level level, ue_done_fn *done,
                void *arg)
{
    begin(handle, ue, level, true, done, arg);
}

void steps_cancel(struct steps **handle)
{
    if (!*handle)
        return;
    ue_abort((*handle)->ue);
    free(*handle);
    *handle = NULL;
}
