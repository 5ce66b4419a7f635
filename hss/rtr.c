/* SPDX-License-Identifier: Apache-2.0 */
/* Registration-Termination: the HSS ends registrations (TS 29.228 6.1.3).
 *
 *   whoever decides (REST, a refused PPR)      HSS                       S-CSCF
 *     the sets are not registered any more:
 *     committed; then push_rtr_new             rtr_check: not registered
 *                                              there again meanwhile?
 *                                              RTR impi, [impu], reason ->
 *                                              <- RTA [Associated-Identities]
 *     SERVER_CHANGE: one more RTR for each private identity that the RTA does not name (6.1.3.1)
 */
#include <string.h>

#include "push.h"

/* A terminal that has registered there again after the decision is not thrown out. */
static bool is_registered_there(struct store *store, const struct push *push)
{
    struct sql_rows *rows;
    bool registered = false;

    if (push->rtr->impu_count)
        rows =
            sql_ask(store->sql,
                    "SELECT count(*) FROM impu JOIN implicit_set AS s ON s.id = "
                    "impu.implicit_set WHERE impu.impu = ? AND s.state <> 0 AND s.scscf_host = ?",
                    "tt", push->rtr->impu[0], push->host);
    else
        rows = sql_ask(store->sql,
                       "SELECT count(*) FROM impi JOIN registration AS r ON r.impi = impi.id JOIN "
                       "implicit_set AS s ON s.id = r.implicit_set WHERE impi.impi = ? AND "
                       "s.state <> 0 AND s.scscf_host = ?",
                       "tt", push->rtr->impi, push->host);
    while (sql_next(rows))
        registered = sql_int(rows, 0) > 0;
    return registered;
}

void rtr_check(struct store *store, struct push *push)
{
    sql_begin(store->sql);
    push->due = !is_registered_there(store, push);
    if (sql_commit(store->sql, NULL) < 0)
        push->due = true;
}

static bool is_named(const struct cx_rta *rta, const char *impi)
{
    for (size_t i = 0; i < rta->associated_count; i++) {
        if (strcmp(rta->associated[i], impi) == 0)
            return true;
    }
    return false;
}

/* One RTR for each that was to be de-registered with the first one and was not. */
static void repeat_for_the_others(struct push *push, const struct cx_rta *rta)
{
    for (size_t i = 0; i < push->rtr->associated_count; i++) {
        struct cx_rtr again = *push->rtr;
        struct push *p;

        if (is_named(rta, push->rtr->associated[i]))
            continue;
        memcpy(again.impi, push->rtr->associated[i], sizeof again.impi);
        again.associated_count = 0;
        p = push_rtr_new(push->host, &again);
        p->next = push->follows;
        push->follows = p;
    }
}

static void on_rta(void *arg, int err, const struct cx_rta *rta)
{
    struct push *push = arg;

    if (err) {
        push_failed(push, err);
        return;
    }
    push->result = rta->result;
    if (push->rtr->reason == CX_REASON_SERVER_CHANGE && rta->result == CX_SUCCESS)
        repeat_for_the_others(push, rta);
    push_answered(push);
}

void rtr_send(struct cx *cx, struct push *push)
{
    push->op = cx_ask_rtr(cx, push->host, push->rtr, NULL, on_rta, push);
}
