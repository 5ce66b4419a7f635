/* SPDX-License-Identifier: Apache-2.0 */
/* What gtp1_path.c, gtp1_cache.c (answers kept) and gtp1_peer.c (who is there) share; nobody else
 * includes this. */
#ifndef IMSLAB_GTP1_PATH_INNER_H
#define IMSLAB_GTP1_PATH_INNER_H

#include "gtp1_path.h"
#include "log.h"

enum { GTP_KEPT = 8192, GTP_KEPT_BUCKETS = 1024, GTP_PEERS = 256 };

struct gtp_request {
    struct gtp_request *next, **at;
    struct gtp_path *path;
    struct addr peer;
    struct gtp1 m;
    char imsi[GSM_DIGITS];
    uint8_t data[GTP_MAX];
    size_t len;
    unsigned tries;
    struct loop_timer *timer;
    gtp_done_fn *done;
    void *arg;
};

/* An answer, kept for a request that comes again. */
struct gtp_kept {
    struct gtp_kept *next;    /* of its bucket */
    struct gtp_kept *younger; /* in the order of time */
    struct addr peer;
    uint16_t seq;
    uint8_t type; /* of the request */
    uint64_t until_ms;
    struct gtp1 answer; /* for the log */
    size_t len;
    uint8_t data[];
};

struct gtp_peer {
    struct gtp_peer *next;
    struct gtp_path *path;
    struct addr host;
    bool has_recovery, silent;
    uint8_t recovery;
    unsigned users;              /* contexts */
    struct loop_timer *timer;    /* next echo */
    struct gtp_request *request; /* the echo that waits */
};

struct gtp_path {
    struct loop *loop;
    struct gtp_path_conf conf;
    int fd;
    struct loop_watch *watch;
    struct addr local;
    uint16_t seq; /* the next; began at random, lest a peer answers from before our restart */
    struct gtp_request *requests;
    struct gtp_kept *bucket[GTP_KEPT_BUCKETS], *oldest, *youngest;
    size_t kept;
    struct gtp_peer *peers;
    size_t peer_count;
};

/* gtp_cache_find - the answer to the same request (peer, port, seq, type) of a while ago, or NULL.
 * gtp_cache_keep - for T3 * N3 from now; the oldest goes when there are too many. */
const struct gtp_kept *gtp_cache_find(struct gtp_path *path, const struct addr *peer,
                                      const struct gtp1 *request);
void gtp_cache_keep(struct gtp_path *path, const struct addr *peer, const struct gtp1 *request,
                    const struct gtp1 *answer, const uint8_t *data, size_t len);
void gtp_cache_end(struct gtp_path *path);

/* gtp_peer_recovered - a peer said its restart counter. */
void gtp_peer_recovered(struct gtp_path *path, const struct addr *peer, uint8_t recovery);
void gtp_peers_end(struct gtp_path *path);

#endif
