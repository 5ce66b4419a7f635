/* SPDX-License-Identifier: Apache-2.0 */
/* The path: datagrams in, datagrams out, and who is on the other side. The rules of repeating are
 * TS 29.060 7.6 and 11.1; echo is 7.2; restart counters 23.007 17. */
#include "gtp1_path.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gtp1_log.h"
#include "gtp1_path_inner.h"
#include "log.h"
#include "udp.h"
#include "xalloc.h"

enum { AT_ONCE = 64 }; /* datagrams read before the loop looks at something else */

/* --- log ---------------------------------------------------------------------------------------
 */

/* With --role both, SGSN and GGSN share a process: each path speaks under its own name. Everything
 * the GGSN does begins in its path. */
static void speak_as(const struct gtp_path *path, char before[64])
{
    snprintf(before, 64, "%s", log_element());
    log_as(path->conf.name);
}

static void log_sent(struct gtp_path *path, const struct addr *peer, const struct gtp1 *m,
                     const char *imsi, unsigned try)
{
    gtp1_log("->", path->conf.peer_name, m, imsi, &path->local, peer, try);
}

static void complain(struct gtp_path *path, const struct addr *peer, const char *what,
                     const char *why)
{
    char a[ADDR_TEXT], b[ADDR_TEXT];

    log_arrow_at(LEVEL_WARN, NULL, "==", NULL, what, "proto", "gtp", "src", addr_text(peer, a),
                 "dst", addr_text(&path->local, b), "why", why, NULL);
}

/* --- sending -----------------------------------------------------------------------------------
 */

static void send_octets(struct gtp_path *path, const struct addr *peer, const uint8_t *data,
                        size_t len)
{
    char a[ADDR_TEXT];

    if (sendto(path->fd, data, len, 0, &peer->sa, addr_len(peer)) < 0)
        log_debug(NULL, "cannot send GTP to %s: %s", addr_text(peer, a), why_not(errno));
}

static void on_t3(void *arg);

static void transmit(struct gtp_request *r)
{
    struct gtp_path *path = r->path;

    log_sent(path, &r->peer, &r->m, r->imsi, ++r->tries);
    send_octets(path, &r->peer, r->data, r->len);
    r->timer = loop_after(path->loop, path->conf.t3_ms, on_t3, r);
}

static void forget(struct gtp_request *r)
{
    loop_cancel(&r->timer);
    *r->at = r->next;
    if (r->next)
        r->next->at = r->at;
    free(r);
}

/* The one end of every request. */
static void conclude(struct gtp_request *r, int err, const struct gtp1 *answer)
{
    gtp_done_fn *done = r->done;
    void *arg = r->arg;

    forget(r);
    if (done)
        done(arg, err, answer);
}

static void on_t3(void *arg)
{
    struct gtp_request *r = arg;
    struct gtp_path *path = r->path;
    char before[64], a[ADDR_TEXT], buf[24], tag[CALL_TAG];

    speak_as(path, before);
    r->timer = NULL;
    if (r->tries < path->conf.n3) {
        transmit(r);
    } else {
        log_warn(call_tag(r->imsi, tag), "no answer from %s at %s to %s, sent %u times",
                 path->conf.peer_name, addr_text(&r->peer, a), gtp1_text(r->m.type, buf), r->tries);
        conclude(r, -ETIMEDOUT, NULL);
    }
    log_as(before);
}

struct gtp_request *gtp_path_ask(struct gtp_path *path, const struct addr *peer,
                                 const struct gtp1 *m, const char *imsi, gtp_done_fn *done,
                                 void *arg)
{
    struct gtp_request *r = xzalloc(sizeof *r);
    int len;

    r->path = path;
    r->peer = addr_with_port(*peer, path->conf.peer_port);
    r->m = *m;
    r->m.seq = path->seq++;
    r->done = done;
    r->arg = arg;
    snprintf(r->imsi, sizeof r->imsi, "%s", imsi);
    len = gtp1_encode(r->data, sizeof r->data, &r->m);
    r->len = len < 0 ? 0 : len;
    r->next = path->requests;
    r->at = &path->requests;
    if (r->next)
        r->next->at = &r->next;
    path->requests = r;
    transmit(r);
    return r;
}

void gtp_path_cancel(struct gtp_request **r)
{
    if (*r)
        forget(*r);
    *r = NULL;
}

/* --- receiving ---------------------------------------------------------------------------------
 */

static void answer_request(struct gtp_path *path, const struct addr *peer, const struct gtp1 *m,
                           struct gtp1 *answer, const char *imsi)
{
    uint8_t data[GTP_MAX];
    int len = gtp1_encode(data, sizeof data, answer);

    if (len < 0)
        return;
    log_sent(path, peer, answer, imsi, 1);
    send_octets(path, peer, data, len);
    gtp_cache_keep(path, peer, m, answer, data, len);
}

static void on_request(struct gtp_path *path, const struct addr *peer, const struct gtp1 *m,
                       const char *imsi)
{
    const struct gtp_kept *kept = gtp_cache_find(path, peer, m);
    struct gtp1 answer = {.type = m->type + 1, .seq = m->seq};

    if (kept) { /* 7.6: the same answer to the same request, and nothing done twice */
        log_sent(path, peer, &kept->answer, imsi, 2);
        send_octets(path, peer, kept->data, kept->len);
        return;
    }
    if (m->has_recovery)
        gtp_peer_recovered(path, peer, m->recovery);
    if (m->type == GTP_ECHO_REQUEST) {
        answer.recovery = path->conf.recovery;
        answer.has_recovery = true;
    } else {
        path->conf.on_request(path->conf.arg, peer, m, &answer);
    }
    if (answer.type)
        answer_request(path, peer, m, &answer, imsi);
}

static struct gtp_request *find_request(struct gtp_path *path, const struct addr *peer,
                                        const struct gtp1 *m)
{
    for (struct gtp_request *r = path->requests; r; r = r->next)
        if (r->m.seq == m->seq && r->m.type + 1 == m->type && addr_same_host(&r->peer, peer))
            return r;
    return NULL;
}

static void on_answer(struct gtp_path *path, const struct addr *peer, const struct gtp1 *m,
                      struct gtp_request *r)
{
    if (m->has_recovery)
        gtp_peer_recovered(path, peer, m->recovery);
    if (find_request(path, peer, m) == r) /* the peer's restart may have made it pointless */
        conclude(r, 0, m);
}

/* What could not be read. A request is refused with its cause, the rest is dropped; either way
 * somebody reads a line about it. */
static void on_fault(struct gtp_path *path, const struct addr *peer, const struct gtp1 *m,
                     const struct why *why)
{
    struct gtp1 answer = {.type = m->type + 1, .seq = m->seq, .cause = m->fault};

    if (m->fault)
        gtp1_log("<-", path->conf.peer_name, m, m->imsi, peer, &path->local, 1);
    complain(path, peer, m->fault ? "refused" : "dropped", why->text);
    if (!m->fault)
        return;
    answer.has_cause = true;
    answer.teid = m->has_teid_control ? m->teid_control : 0;
    answer_request(path, peer, m, &answer, m->imsi);
}

static void on_other_version(struct gtp_path *path, const struct addr *peer, unsigned type)
{
    struct gtp1 answer = {.type = GTP_VERSION_NOT_SUPPORTED};
    uint8_t data[32];
    int len = gtp1_encode(data, sizeof data, &answer);

    complain(path, peer, "dropped", "another version of GTP");
    if (type == GTP_VERSION_NOT_SUPPORTED) /* never an error for an error */
        return;
    log_sent(path, peer, &answer, "", 1);
    send_octets(path, peer, data, len);
}

static void on_datagram(struct gtp_path *path, const struct addr *peer, const uint8_t *data,
                        size_t len)
{
    struct gtp_request *r = NULL;
    char imsi[GSM_DIGITS];
    struct gtp1 m;
    struct why why;
    int rc = gtp1_decode(&m, data, len, &why);

    if (rc == -EPROTONOSUPPORT) {
        on_other_version(path, peer, m.type);
        return;
    }
    if (rc < 0) {
        on_fault(path, peer, &m, &why);
        return;
    }
    if (!gtp1_is_request(m.type))
        r = find_request(path, peer, &m);
    snprintf(imsi, sizeof imsi, "%s",
             r            ? r->imsi
             : m.has_imsi ? m.imsi
                          : path->conf.imsi_of(path->conf.arg, m.teid));
    gtp1_log("<-", path->conf.peer_name, &m, imsi, peer, &path->local, 1);
    if (gtp1_is_request(m.type))
        on_request(path, peer, &m, imsi);
    else if (r)
        on_answer(path, peer, &m, r);
    else
        complain(path, peer, "dropped", "an answer that nobody waits for");
}

void gtp_path_read(struct gtp_path *path)
{
    uint8_t data[4096];
    char before[64];

    speak_as(path, before);
    for (int i = 0; i < AT_ONCE; i++) {
        struct addr peer = {0};
        socklen_t size = sizeof peer;
        ssize_t len = recvfrom(path->fd, data, sizeof data, MSG_DONTWAIT, &peer.sa, &size);
        if (len < 0 && errno == EINTR)
            continue;
        if (len < 0)
            break;
        on_datagram(path, &peer, data, len);
    }
    log_as(before);
}

static void on_readable(void *arg, int fd, unsigned what)
{
    (void)fd;
    (void)what;
    gtp_path_read(arg);
}

/* --- open and close ----------------------------------------------------------------------------
 */

int gtp_path_open(struct gtp_path **result, struct loop *loop, const struct gtp_path_conf *conf,
                  struct why *why)
{
    struct gtp_path *path = xzalloc(sizeof *path);
    int err;

    *result = NULL;
    path->loop = loop;
    path->conf = *conf;
    while (getrandom(&path->seq, sizeof path->seq, 0) != sizeof path->seq)
        ;
    path->fd = udp_open(&conf->local, &path->local, "GTP-C", why);
    if (path->fd < 0) {
        err = path->fd;
        gtp_path_close(path);
        return err;
    }
    path->watch = loop_watch(loop, path->fd, LOOP_READ, on_readable, path);
    *result = path;
    return 0;
}

void gtp_path_close(struct gtp_path *path)
{
    if (!path)
        return;
    gtp_peers_end(path); /* their echo requests are among the requests */
    while (path->requests)
        forget(path->requests);
    gtp_cache_end(path);
    loop_unwatch(&path->watch);
    if (path->fd >= 0)
        close(path->fd);
    free(path);
}

void gtp_path_live(const struct gtp_path *path, FILE *out)
{
    char a[ADDR_TEXT], buf[24];

    for (const struct gtp_request *r = path->requests; r; r = r->next)
        fprintf(out, "gtp %s to=%s imsi=%s seq=%u tries=%u of %u\n", gtp1_text(r->m.type, buf),
                addr_text(&r->peer, a), *r->imsi ? r->imsi : "-", r->m.seq, r->tries,
                path->conf.n3);
}
