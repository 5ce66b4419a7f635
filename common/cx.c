/* SPDX-License-Identifier: Apache-2.0 */
/* The life of Cx in a daemon: opened, looked at, closed. Asking is in cx_ask.c, answering in
 * cx_serve.c. */
#include "cx.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "cx_core.h"
#include "cx_stack.h"
#include "xalloc.h"

struct cx cx_only;

/* ---- open, close ---- */

static void copy_config(struct cx_config *to, const struct cx_config *from)
{
    *to = *from;
    to->identity = xstrdup(from->identity);
    to->realm = xstrdup(from->realm);
    to->destination_realm =
        xstrdup(from->destination_realm ? from->destination_realm : from->realm);
    if (!to->wait_ms)
        to->wait_ms = 4000;
    if (!to->max_outstanding)
        to->max_outstanding = 500;
}

struct cx *cx_open(struct loop *loop, const struct cx_config *config, struct why *why)
{
    struct cx *cx = &cx_only;
    sigset_t all, before;
    int rc;

    assert(!cx->loop); /* the library cannot be started twice */
    cx->loop = loop;
    copy_config(&cx->config, config);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are for the loop, not for the threads */
    rc = cx_stack_prepare(&cx->config, why);
    if (rc == 0)
        rc = cx_serve_register(cx, why);
    if (rc == 0)
        rc = cx_stack_start(&cx->config, why);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    cx->open = rc == 0;
    if (rc < 0) {
        cx_stack_stop();
        return NULL;
    }
    return cx;
}

void cx_close(struct cx *cx)
{
    cx_stack_stop();
    cx->open = false;
    cx_ask_close(cx);
    cx_serve_close(cx);
    free((char *)cx->config.identity);
    free((char *)cx->config.realm);
    free((char *)cx->config.destination_realm);
}

/* ---- state ---- */

static struct peer_hdr *open_peer(const char *identity)
{
    struct peer_hdr *p = NULL;

    if (fd_peer_getbyid((char *)identity, strlen(identity), 1, &p) != 0 || !p ||
        fd_peer_get_state(p) != STATE_OPEN)
        return NULL;
    return p;
}

bool cx_peer_is_open(const struct cx *cx, const char *identity)
{
    return cx->open && open_peer(identity);
}

bool cx_peer_realm(const char *identity, char realm[CX_TEXT])
{
    const struct peer_hdr *peer = open_peer(identity);

    if (!peer || !peer->info.runtime.pir_realm)
        return false;
    snprintf(realm, CX_TEXT, "%s", peer->info.runtime.pir_realm);
    return true;
}

/* ---- a peer that comes ---- */

static void on_peer_open(void *arg)
{
    struct cx *cx = &cx_only;
    char *identity = arg;

    if (cx->open && cx->handlers && cx->handlers->peer_open)
        cx->handlers->peer_open(cx->env, identity);
    free(identity);
}

/* On a thread of the library. */
void cx_peer_opened(const char *identity)
{
    loop_post(cx_only.loop, on_peer_open, xstrdup(identity));
}

bool cx_is_open(const struct cx *cx)
{
    for (size_t i = 0; i < cx->config.peer_count; i++) {
        if (open_peer(cx->config.peer[i].identity))
            return true;
    }
    return false;
}

void cx_print_live(const struct cx *cx, FILE *out)
{
    for (size_t i = 0; i < cx->config.peer_count; i++)
        fprintf(out, "diameter peer=%s state=%s\n", cx->config.peer[i].identity,
                open_peer(cx->config.peer[i].identity) ? "open" : "closed");
    cx_ask_print(cx, out);
    cx_serve_print(cx, out);
    fprintf(out, "cx sent=%lu answered=%lu timed_out=%lu served=%lu\n", cx->sent, cx->answered,
            cx->timed_out, cx->served);
}
