/* SPDX-License-Identifier: Apache-2.0 */
/* GTPv1-C between two nodes (TS 29.060 7.2, 11): the socket on port 2123, T3-RESPONSE and
 * N3-REQUESTS, answers kept for requests that come twice, echo, restart counters. A message is
 * logged here and nowhere else: one arrow line for each time it crosses the wire. */
#ifndef IMSLAB_GTP1_PATH_H
#define IMSLAB_GTP1_PATH_H

#include <stdio.h>

#include "gtp1.h"
#include "loop.h"

struct gtp_path;
struct gtp_request;

/* gtp_serve_fn - a request came: fill in the answer. answer->type, teid 0 and seq are set already;
 * answer->type = 0 gives none. */
typedef void gtp_serve_fn(void *arg, const struct addr *peer, const struct gtp1 *request,
                          struct gtp1 *answer);
/* gtp_imsi_fn - whose context it is that a TEID of ours names, "" when unknown: for the log. */
typedef const char *gtp_imsi_fn(void *arg, uint32_t teid);
/* gtp_restart_fn - the restart counter of a peer changed: its contexts are gone. */
typedef void gtp_restart_fn(void *arg, const struct addr *peer);
/* gtp_done_fn - err 0: the answer, valid during the call; -ETIMEDOUT: none after N3 tries. */
typedef void gtp_done_fn(void *arg, int err, const struct gtp1 *answer);

struct gtp_path_conf {
    struct addr local;     /* exactly this; with port 0 the kernel chooses (tests) */
    uint16_t peer_port;    /* 2123 */
    const char *name;      /* element of the log lines: "sgsn", "ggsn" */
    const char *peer_name; /* "ggsn", "sgsn" */
    unsigned t3_ms, n3;    /* wait for an answer; how often a request is sent in all */
    unsigned echo_s;       /* between echo requests to a peer in use; 0: none */
    uint8_t recovery;      /* our restart counter */
    gtp_serve_fn *on_request;
    gtp_imsi_fn *imsi_of;
    gtp_restart_fn *on_restart;
    void *arg;
};

/* gtp_path_open - bind. 0 or -errno with a sentence. *conf is copied. */
int gtp_path_open(struct gtp_path **path, struct loop *loop, const struct gtp_path_conf *conf,
                  struct why *why);
/* gtp_path_close - nothing that waits is called any more. NULL is fine. */
void gtp_path_close(struct gtp_path *path);

/* gtp_path_ask - send a request and wait for its answer.
 * peer    host; the port is always peer_port
 * m       the message; its seq is chosen here
 * imsi    for the log
 * done    called exactly once, later, from the loop; NULL: send it, repeat it, nobody waits
 * returns a handle for gtp_path_cancel; gone when done was called. Never NULL. */
struct gtp_request *gtp_path_ask(struct gtp_path *path, const struct addr *peer,
                                 const struct gtp1 *m, const char *imsi, gtp_done_fn *done,
                                 void *arg);
/* gtp_path_cancel - forget it: done is not called; *r becomes NULL. NULL is fine. */
void gtp_path_cancel(struct gtp_request **r);

/* gtp_path_use, gtp_path_leave - one more, one fewer context with this peer: who has any is sent
 * echo requests. */
void gtp_path_use(struct gtp_path *path, const struct addr *peer);
void gtp_path_leave(struct gtp_path *path, const struct addr *peer);

/* gtp_path_read - take what the socket has. The loop does so; tests with a fake loop call it. */
void gtp_path_read(struct gtp_path *path);
/* gtp_path_live - one line for each request that waits. */
void gtp_path_live(const struct gtp_path *path, FILE *out);

/* gtp_restart_counter - read the counter of dir/file, add one, write it back; the directory is made
 * when missing. 0 with *counter, or -errno with a sentence. */
int gtp_restart_counter(const char *dir, const char *file, uint8_t *counter, struct why *why);

#endif
