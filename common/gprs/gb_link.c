/* SPDX-License-Identifier: Apache-2.0 */
/* The socket of a Gb link end, what both roles do alike, down to the LLC frame. What keeps a link
 * alive is in gb_bss.c and gb_sgsn.c, the terminals are in gb_terminal.c. */
#include "gb_link.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gb_inner.h"
#include "udp.h"
#include "xalloc.h"

enum { AT_ONCE = 64 }; /* datagrams read before the loop looks at something else */

/* --- sending -----------------------------------------------------------------------------------
 */

static void log_frame(struct gb_link *link, const char *arrow, const struct addr *peer,
                      const char *name, bool often, const char *cause, long bvci)
{
    const struct addr *src = *arrow == '-' ? &link->local : peer;
    const struct addr *dst = *arrow == '-' ? peer : &link->local;
    enum log_level level = often ? LEVEL_DEBUG : LEVEL_INFO;
    char a[ADDR_TEXT], b[ADDR_TEXT], n[24];

    if (!log_on(level))
        return;
    log_arrow_at(level, NULL, arrow, link->is_sgsn ? "ue" : "sgsn", name, "proto", "ns", "src",
                 addr_text(src, a), "dst", addr_text(dst, b), "bvci",
                 bvci < 0 ? NULL : log_number(bvci, n), "cause", cause, NULL);
}

static void log_ns(struct gb_link *link, const char *arrow, const struct addr *peer,
                   const struct ns_pdu *pdu)
{
    bool often = pdu->type == NS_ALIVE || pdu->type == NS_ALIVE_ACK;
    bool caused = pdu->type == NS_RESET || pdu->type == NS_BLOCK || pdu->type == NS_STATUS;

    if (pdu->type != NS_UNITDATA)
        log_frame(link, arrow, peer, ns_type_text(pdu->type), often,
                  caused ? ns_cause_text(pdu->cause) : NULL, -1);
}

static void log_bssgp(struct gb_link *link, const char *arrow, const struct addr *peer,
                      const struct bssgp_pdu *pdu)
{
    bool reset = pdu->type >= BSSGP_BVC_BLOCK && pdu->type <= BSSGP_BVC_UNBLOCK_ACK;
    bool caused = pdu->type == BSSGP_BVC_RESET || pdu->type == BSSGP_STATUS;

    if (pdu->type != BSSGP_UL_UNITDATA && pdu->type != BSSGP_DL_UNITDATA)
        log_frame(link, arrow, peer, bssgp_type_text(pdu->type), !reset && !caused,
                  caused ? bssgp_cause_text(pdu->cause) : NULL, pdu->has_bvci ? pdu->bvci : -1);
}

void gb_drop(struct gb_link *link, const struct addr *peer, const char *why)
{
    char a[ADDR_TEXT], b[ADDR_TEXT];

    log_arrow_at(LEVEL_WARN, NULL, "==", NULL, "dropped", "proto", "ns", "src", addr_text(peer, a),
                 "dst", addr_text(&link->local, b), "why", why, NULL);
}

static int send_octets(struct gb_link *link, const struct addr *peer, const uint8_t *data, int len)
{
    if (len < 0)
        return len;
    if (sendto(link->fd, data, len, 0, &peer->sa, addr_len(peer)) < 0)
        return -errno;
    return 0;
}

void gb_send_ns(struct gb_link *link, const struct addr *peer, const struct ns_pdu *pdu)
{
    uint8_t data[GB_FRAME];

    log_ns(link, "->", peer, pdu);
    send_octets(link, peer, data, ns_encode(data, sizeof data, pdu));
}

int gb_send_bssgp(struct gb_link *link, const struct addr *peer, uint16_t bvci,
                  const struct bssgp_pdu *pdu)
{
    uint8_t sdu[GB_FRAME], data[GB_FRAME];
    int len = bssgp_encode(sdu, sizeof sdu, pdu);
    struct ns_pdu ns = {.type = NS_UNITDATA, .bvci = bvci, .sdu = sdu, .sdu_len = len};

    if (len < 0)
        return len;
    log_bssgp(link, "->", peer, pdu);
    return send_octets(link, peer, data, ns_encode(data, sizeof data, &ns));
}

int gb_send_llc(struct gb_link *link, const struct gb_way *way, uint32_t tlli,
                const struct llc_frame *f)
{
    uint8_t llc[GB_FRAME];
    struct bssgp_pdu pdu = {.tlli = tlli, .llc = llc, .cell = way->cell};
    int len = llc_encode(llc, sizeof llc, link->is_sgsn, f);

    if (len < 0)
        return len;
    pdu.type = link->is_sgsn ? BSSGP_DL_UNITDATA : BSSGP_UL_UNITDATA;
    pdu.llc_len = len;
    return gb_send_bssgp(link, &way->peer, way->bvci, &pdu);
}

/* --- receiving ---------------------------------------------------------------------------------
 */

/* TS 44.064 8.5: an XID command is answered by a response, SABM by DM: no acknowledged mode. */
static void on_u_frame(struct gb_link *link, const struct gb_way *way, uint32_t tlli,
                       const struct llc_frame *f)
{
    uint8_t info[256];
    struct llc_frame answer = {
        .format = LLC_U, .sapi = f->sapi, .poll = f->poll, .u_command = f->u_command, .info = info};
    int len = 0;

    if (!f->command)
        return;
    if (f->u_command == LLC_XID)
        len = llc_answer_xid(info, sizeof info, f->info, f->info_len);
    else if (f->u_command == LLC_SABM || f->u_command == LLC_DISC)
        answer.u_command = LLC_DM;
    else
        return;
    if (len < 0) {
        gb_drop(link, &way->peer, "LLC XID cannot be read");
        return;
    }
    answer.info_len = len;
    gb_send_llc(link, way, tlli, &answer);
}

void gb_on_unitdata(struct gb_link *link, const struct gb_way *way, const struct bssgp_pdu *pdu)
{
    struct gb_terminal *t = gb_find(link, pdu->tlli);
    struct llc_frame f;
    struct why why;

    if (llc_decode(&f, !link->is_sgsn, pdu->llc, pdu->llc_len, &why) < 0) {
        gb_drop(link, &way->peer, why.text);
        return;
    }
    if (f.format == LLC_U) {
        on_u_frame(link, way, pdu->tlli, &f);
        return;
    }
    if (t) {
        if (llc_is_duplicate(&t->counters, f.sapi, f.nu)) {
            gb_drop(link, &way->peer, "LLC frame came twice");
            return;
        }
        t->way = *way;
        gb_heard(t, pdu->tlli);
        t->up(t->arg, f.sapi, f.info, f.info_len);
    } else if (link->is_sgsn) {
        link->conf.on_stranger(link->conf.arg, way, pdu->tlli, f.sapi, f.info, f.info_len);
    } else {
        gb_drop(link, &way->peer, "for a TLLI that no terminal here has");
    }
}

static void on_bssgp(struct gb_link *link, const struct addr *peer, const struct ns_pdu *ns,
                     const uint8_t *data, size_t len)
{
    struct bssgp_pdu pdu;
    struct why why;

    if (link->is_sgsn && !gb_sgsn_may_carry(link, peer, data, len))
        return;
    if (bssgp_decode(&pdu, ns->sdu, ns->sdu_len, &why) < 0) {
        struct bssgp_pdu status = {.type = BSSGP_STATUS, .cause = pdu.cause, .llc = ns->sdu};
        gb_drop(link, peer, why.text);
        status.llc_len = ns->sdu_len > 512 ? 512 : ns->sdu_len;
        if (pdu.type != BSSGP_STATUS) /* never an error for an error */
            gb_send_bssgp(link, peer, 0, &status);
        return;
    }
    log_bssgp(link, "<-", peer, &pdu);
    if (link->is_sgsn)
        gb_sgsn_on_bssgp(link, peer, ns->bvci, &pdu);
    else
        gb_bss_on_bssgp(link, ns->bvci, &pdu);
}

static void on_datagram(struct gb_link *link, const struct addr *peer, const uint8_t *data,
                        size_t len)
{
    struct ns_pdu pdu;
    struct why why;

    if (!link->is_sgsn && !addr_same(peer, &link->conf.sgsn)) {
        gb_drop(link, peer, "not from our SGSN");
        return;
    }
    if (ns_decode(&pdu, data, len, &why) < 0) {
        struct ns_pdu status = {.type = NS_STATUS, .cause = pdu.cause, .sdu = data};
        gb_drop(link, peer, why.text);
        status.sdu_len = len > 512 ? 512 : len;
        if (pdu.type != NS_STATUS)
            gb_send_ns(link, peer, &status);
        return;
    }
    log_ns(link, "<-", peer, &pdu);
    if (pdu.type == NS_UNITDATA)
        on_bssgp(link, peer, &pdu, data, len);
    else if (link->is_sgsn)
        gb_sgsn_on_ns(link, peer, &pdu, data, len);
    else
        gb_bss_on_ns(link, &pdu);
}

static void on_readable(void *arg, int fd, unsigned what)
{
    struct gb_link *link = arg;
    uint8_t data[GB_FRAME];

    (void)what;
    for (int i = 0; i < AT_ONCE; i++) {
        struct addr peer = {0};
        socklen_t size = sizeof peer;
        ssize_t len = recvfrom(fd, data, sizeof data, MSG_DONTWAIT, &peer.sa, &size);
        if (len < 0 && errno == EINTR)
            continue;
        if (len < 0) /* ECONNREFUSED: the other end is not there; the timers will say so */
            return;
        on_datagram(link, &peer, data, len);
    }
}

/* --- open and close ----------------------------------------------------------------------------
 */

static int open_link(struct gb_link **result, struct loop *loop, const struct gb_conf *conf,
                     bool is_sgsn, struct why *why)
{
    struct gb_link *link = xzalloc(sizeof *link);

    *result = NULL;
    link->loop = loop;
    link->conf = *conf;
    link->is_sgsn = is_sgsn;
    link->fd = udp_open(&conf->local, &link->local, "Gb", why);
    if (link->fd < 0) {
        int rc = link->fd;

        gb_close(link);
        return rc;
    }
    link->watch = loop_watch(loop, link->fd, LOOP_READ, on_readable, link);
    *result = link;
    return 0;
}

int gb_open_bss(struct gb_link **link, struct loop *loop, const struct gb_conf *conf,
                struct why *why)
{
    int rc = open_link(link, loop, conf, false, why);

    if (rc == 0)
        gb_bss_begin(*link);
    return rc;
}

int gb_open_sgsn(struct gb_link **link, struct loop *loop, const struct gb_conf *conf,
                 struct why *why)
{
    int rc = open_link(link, loop, conf, true, why);

    if (rc == 0)
        gb_sgsn_begin(*link);
    return rc;
}

void gb_close(struct gb_link *link)
{
    if (!link)
        return;
    while (link->terminals) {
        struct gb_terminal *t = link->terminals;
        gb_terminal_close(&t);
    }
    gb_sgsn_end(link);
    loop_cancel(&link->timer);
    loop_unwatch(&link->watch);
    if (link->fd >= 0)
        close(link->fd);
    free(link);
}

const struct addr *gb_local(const struct gb_link *link)
{
    return &link->local;
}
