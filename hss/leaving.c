/* SPDX-License-Identifier: Apache-2.0 */
#include "leaving.h"

#include <stdlib.h>
#include <string.h>

#include "subscriber.h"
#include "xalloc.h"

static int64_t find_set(struct store *store, const char *impu, const char *peer, char host[128])
{
    struct sql_rows *rows =
        sql_ask(store->sql,
                "SELECT s.id, s.scscf_host FROM impu JOIN implicit_set AS s ON s.id = "
                "impu.implicit_set WHERE impu.impu = ? AND s.state = 1 AND s.scscf_host <> '' AND "
                "s.scscf_host <> ?",
                "tt", impu, peer);
    int64_t set = 0;

    while (sql_next(rows)) {
        set = sql_int(rows, 0);
        sql_text(rows, 1, host, 128);
    }
    return set;
}

/* Every private identity that has the set registered, and every identity of the set. */
static bool fill(struct store *store, int64_t set, struct cx_rtr *rtr)
{
    char impi[CX_MAX_IDS][CX_TEXT];
    size_t count = subscriber_registered_impis(store, set, impi);

    rtr->reason = CX_REASON_NEW_SERVER_ASSIGNED;
    if (count == 0)
        return false;
    memcpy(rtr->impi, impi[0], sizeof rtr->impi);
    rtr->associated_count = count - 1;
    memcpy(rtr->associated, impi[1], (count - 1) * sizeof impi[0]);
    rtr->impu_count = subscriber_impus(store, set, rtr->impu);
    return true;
}

struct push *leaving_find(struct store *store, const char *peer, const struct cx_mar *mar)
{
    struct push *push = NULL;
    struct cx_rtr *rtr;
    char host[128];
    int64_t set;

    sql_begin(store->sql);
    set = find_set(store, mar->impu, peer, host);
    if (set) {
        rtr = xzalloc(sizeof *rtr);
        if (fill(store, set, rtr))
            push = push_rtr_new(host, rtr);
        free(rtr);
    }
    if (sql_commit(store->sql, NULL) < 0 && push) {
        push_free(push);
        push = NULL;
    }
    return push;
}
