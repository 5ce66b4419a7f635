/* SPDX-License-Identifier: Apache-2.0 */
/* Push-Profile: the S-CSCF of a set gets its profile anew (TS 29.228 6.2.2).
 *
 *   REST: a profile, a barring, an identity changed      HSS                            S-CSCF
 *     committed; then push_ppr_new                       ppr_check: who has it
 *                                                        registered, the whole profile
 *                                                        PPR impi, user data, charging ->
 *                                                        <- PPA
 *     ppr_settle: USER_UNKNOWN: once more with the next private identity that has it registered.
 *                   None left: everything stays, for restoration brings the two together (6.2.2.1).
 *                 TOO_MUCH_DATA, NOT_SUPPORTED_USER_DATA, UNABLE_TO_COMPLY: that S-CSCF cannot
 * serve the user: RTR SERVER_CHANGE, and another one is chosen.
 */
#include <stdlib.h>
#include <string.h>

#include "hss.h"
#include "push.h"

/* ---- what is sent ---- */

static bool load_server(struct store *store, struct push *push)
{
    struct sql_rows *rows =
        sql_ask(store->sql,
                "SELECT s.scscf_host, u.primary_ecf, u.secondary_ecf, u.primary_ccf, "
                "u.secondary_ccf FROM implicit_set AS s JOIN subscription AS u ON u.id = "
                "s.subscription WHERE s.id = ? AND s.state <> 0",
                "i", push->set);
    struct cx_charging *c = &push->ppr.charging;
    bool served = false;

    while (sql_next(rows)) {
        sql_text(rows, 0, push->host, sizeof push->host);
        sql_text(rows, 1, c->primary_ecf, sizeof c->primary_ecf);
        sql_text(rows, 2, c->secondary_ecf, sizeof c->secondary_ecf);
        sql_text(rows, 3, c->primary_ccf, sizeof c->primary_ccf);
        sql_text(rows, 4, c->secondary_ccf, sizeof c->secondary_ccf);
        served = push->host[0];
    }
    return served;
}

/* Those that have it registered; when it is served without a registration, those that may. */
static void load_impis(struct store *store, struct push *push)
{
    struct sql_rows *rows =
        sql_ask(store->sql,
                "SELECT impi.impi FROM registration AS r JOIN impi ON impi.id = r.impi "
                "JOIN implicit_set AS s ON s.id = r.implicit_set "
                "WHERE s.id = ? AND (r.registered OR s.state = 2) ORDER BY impi.id LIMIT ?",
                "ii", push->set, (int64_t)CX_MAX_IDS);

    push->impi_count = 0;
    while (sql_next(rows))
        sql_text(rows, 0, push->impi[push->impi_count++], CX_TEXT);
}

void ppr_check(struct store *store, struct push *push)
{
    free(push->ppr.user_data);
    push->ppr = (struct cx_ppr){0};
    sql_begin(store->sql);
    push->due = load_server(store, push);
    if (push->due)
        load_impis(store, push);
    push->due = push->due && push->impi_at < push->impi_count;
    if (push->due) {
        memcpy(push->ppr.impi, push->impi[push->impi_at], sizeof push->ppr.impi);
        /* what that S-CSCF can read is not kept: written so that every one can */
        push->ppr.user_data = user_data(store, push->set, push->ppr.impi, 0);
    }
    if (sql_commit(store->sql, NULL) < 0)
        push->due = false;
}

static void on_ppa(void *arg, int err, const struct cx_ppa *ppa)
{
    struct push *push = arg;

    if (err) {
        push_failed(push, err);
        return;
    }
    push->result = ppa->result;
    push_answered(push);
}

void ppr_send(struct cx *cx, struct push *push)
{
    push->op = cx_ask_ppr(cx, push->host, &push->ppr, NULL, on_ppa, push);
}

/* ---- what a refusal means ---- */

/* The set leaves its S-CSCF; the terminal registers anew, and another one is chosen. */
static void change_server(struct store *store, struct push *push)
{
    struct cx_rtr rtr = {.reason = CX_REASON_SERVER_CHANGE, .impu_count = 1};
    struct sql_rows *rows = sql_ask(store->sql,
                                    "SELECT impu FROM impu WHERE implicit_set = ? AND kind < 2 "
                                    "ORDER BY is_default DESC, position LIMIT 1",
                                    "i", push->set);

    while (sql_next(rows))
        sql_text(rows, 0, rtr.impu[0], sizeof rtr.impu[0]);
    memcpy(rtr.impi, push->impi[0], sizeof rtr.impi);
    for (size_t i = 1; i < push->impi_count; i++)
        memcpy(rtr.associated[rtr.associated_count++], push->impi[i], CX_TEXT);
    push->follows = push_rtr_new(push->host, &rtr);
    sql_run(store->sql,
            "UPDATE registration SET registered = 0, auth_pending = 0 WHERE implicit_set = ?", "i",
            push->set);
    sql_run(store->sql,
            "UPDATE implicit_set SET state = 0, scscf_name = '', scscf_host = '' WHERE id = ?", "i",
            push->set);
}

void ppr_settle(struct store *store, struct push *push)
{
    push->due = false;
    switch (push->result) {
    case CX_USER_UNKNOWN:
        push->impi_at++;
        push->due = push->impi_at < push->impi_count;
        return;
    case CX_TOO_MUCH_DATA:
    case CX_NOT_SUPPORTED_USER_DATA:
    case CX_UNABLE_TO_COMPLY: break;
    default: return;
    }
    sql_begin(store->sql);
    change_server(store, push);
    if (sql_commit(store->sql, NULL) < 0) {
        push_free(push->follows);
        push->follows = NULL;
    }
}
