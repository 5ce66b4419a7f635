/* SPDX-License-Identifier: Apache-2.0 */
/* The nodes on the other side: their restart counters (TS 23.007 17), and an echo request now and
 * then to those in use (29.060 7.2.1: not more often than every 60 s). */
#include <stdlib.h>
#include <string.h>

#include "gtp1_path_inner.h"
#include "xalloc.h"

static void on_echo_timer(void *arg);

static struct gtp_peer *find(struct gtp_path *path, const struct addr *peer)
{
    for (struct gtp_peer *p = path->peers; p; p = p->next)
        if (addr_same_host(&p->host, peer))
            return p;
    return NULL;
}

static void free_peer(struct gtp_peer *p)
{
    loop_cancel(&p->timer);
    gtp_path_cancel(&p->request);
    free(p);
}

/* Somebody who has no context makes room: a peer costs memory, and anybody can send a datagram. */
static void make_room(struct gtp_path *path)
{
    for (struct gtp_peer **at = &path->peers, *p; (p = *at); at = &p->next) {
        if (p->users == 0) {
            *at = p->next;
            path->peer_count--;
            free_peer(p);
            return;
        }
    }
}

static struct gtp_peer *find_or_add(struct gtp_path *path, const struct addr *peer)
{
    struct gtp_peer *p = find(path, peer);

    if (p)
        return p;
    if (path->peer_count >= GTP_PEERS)
        make_room(path);
    p = xzalloc(sizeof *p);
    p->path = path;
    p->host = addr_with_port(*peer, path->conf.peer_port);
    p->next = path->peers;
    path->peers = p;
    path->peer_count++;
    return p;
}

void gtp_peer_recovered(struct gtp_path *path, const struct addr *peer, uint8_t recovery)
{
    struct gtp_peer *p = find_or_add(path, peer);
    bool restarted = p->has_recovery && p->recovery != recovery;
    char was[24], is[24], a[ADDR_TEXT];

    if (restarted)
        log_arrow_at(LEVEL_WARN, NULL, "==", NULL, "peer-restarted", "proto", "gtp", "peer",
                     path->conf.peer_name, "at", addr_host(&p->host, a), "recovery-was",
                     log_number(p->recovery, was), "recovery", log_number(recovery, is), NULL);
    p->has_recovery = true;
    p->recovery = recovery;
    if (restarted)
        path->conf.on_restart(path->conf.arg, peer);
}

static void on_echo(void *arg, int err, const struct gtp1 *answer)
{
    struct gtp_peer *p = arg;
    char a[ADDR_TEXT];

    (void)answer;
    p->request = NULL;
    if ((err < 0) != p->silent)
        log_warn(NULL, "%s at %s %s", p->path->conf.peer_name, addr_host(&p->host, a),
                 err < 0 ? "does not answer echo requests" : "answers echo requests again");
    p->silent = err < 0;
    if (p->users)
        p->timer = loop_after(p->path->loop, p->path->conf.echo_s * 1000, on_echo_timer, p);
}

static void on_echo_timer(void *arg)
{
    struct gtp_peer *p = arg;
    struct gtp1 m = {.type = GTP_ECHO_REQUEST};

    p->timer = NULL;
    if (p->users)
        p->request = gtp_path_ask(p->path, &p->host, &m, "", on_echo, p);
}

void gtp_path_use(struct gtp_path *path, const struct addr *peer)
{
    struct gtp_peer *p = find_or_add(path, peer);

    p->users++;
    if (path->conf.echo_s && !p->timer && !p->request)
        p->timer = loop_after(path->loop, path->conf.echo_s * 1000, on_echo_timer, p);
}

void gtp_path_leave(struct gtp_path *path, const struct addr *peer)
{
    struct gtp_peer *p = find(path, peer);

    if (p && p->users && --p->users == 0)
        loop_cancel(&p->timer);
}

void gtp_peers_end(struct gtp_path *path)
{
    struct gtp_peer *p;

    while ((p = path->peers)) {
        path->peers = p->next;
        free_peer(p);
    }
    path->peer_count = 0;
}
