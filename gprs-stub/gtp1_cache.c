/* SPDX-License-Identifier: Apache-2.0 */
/* Answers kept for requests that come twice (TS 29.060 7.6): a request whose answer was lost must
 * not make a second context. */
#include <stdlib.h>
#include <string.h>

#include "gtp1_path_inner.h"
#include "xalloc.h"

static struct gtp_kept **bucket(struct gtp_path *path, const struct addr *peer, uint16_t seq)
{
    return &path->bucket[(seq ^ addr_port(peer)) % GTP_KEPT_BUCKETS];
}

static void drop_oldest(struct gtp_path *path)
{
    struct gtp_kept *k = path->oldest, **at = bucket(path, &k->peer, k->seq);

    while (*at != k)
        at = &(*at)->next;
    *at = k->next;
    path->oldest = k->younger;
    if (!path->oldest)
        path->youngest = NULL;
    path->kept--;
    free(k);
}

const struct gtp_kept *gtp_cache_find(struct gtp_path *path, const struct addr *peer,
                                      const struct gtp1 *request)
{
    uint64_t now = loop_now_ms(path->loop);

    while (path->oldest && path->oldest->until_ms <= now)
        drop_oldest(path);
    for (struct gtp_kept *k = *bucket(path, peer, request->seq); k; k = k->next)
        if (k->seq == request->seq && k->type == request->type && addr_same(&k->peer, peer))
            return k;
    return NULL;
}

void gtp_cache_keep(struct gtp_path *path, const struct addr *peer, const struct gtp1 *request,
                    const struct gtp1 *answer, const uint8_t *data, size_t len)
{
    struct gtp_kept *k, **head = bucket(path, peer, request->seq);

    if (request->type == GTP_ECHO_REQUEST) /* answered anew at no cost */
        return;
    if (path->kept >= GTP_KEPT)
        drop_oldest(path);
    k = xzalloc(sizeof *k + len);
    k->peer = *peer;
    k->seq = request->seq;
    k->type = request->type;
    k->until_ms = loop_now_ms(path->loop) + (uint64_t)path->conf.t3_ms * path->conf.n3;
    k->answer = *answer;
    k->len = len;
    memcpy(k->data, data, len);
    k->next = *head;
    *head = k;
    if (path->youngest)
        path->youngest->younger = k;
    else
        path->oldest = k;
    path->youngest = k;
    path->kept++;
}

void gtp_cache_end(struct gtp_path *path)
{
    while (path->oldest)
        drop_oldest(path);
}
