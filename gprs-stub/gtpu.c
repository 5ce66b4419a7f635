/* SPDX-License-Identifier: Apache-2.0 */
/* The user plane's socket. Echo and Error Indication have GTPv1-C's elements and codec, only that
 * the restart counter is 0 here (29.281 7.2.2). */
#include "gtpu.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gtp1.h"
#include "gtp1_log.h"
#include "gtpu_codec.h"
#include "log.h"
#include "xalloc.h"

enum { AT_ONCE = 64 };      /* datagrams read before the loop looks at something else */
enum { LONGEST = 4096 };    /* of a datagram that is taken */
enum { ERRORS_PER_S = 50 }; /* Error Indications that we send: never a flood for a flood */
enum { SOCKET_BUFFER = 1 << 20 };

struct gtpu {
    struct loop *loop;
    struct gtpu_conf conf;
    int fd;
    struct loop_watch *watch;
    uint16_t seq; /* of the next Error Indication */
    uint64_t window_ms;
    unsigned in_window; /* Error Indications sent since then */
    struct {
        unsigned long packets, octets, dropped;
    } in, out;
};

bool gtpu_worth_saying(unsigned long n)
{
    return (n & (n - 1)) == 0;
}

/* --- out ---------------------------------------------------------------------------------------
 */

static void send_message(struct gtpu *user, const struct addr *peer, const struct gtp1 *m)
{
    uint8_t data[64];
    int len = gtp1_encode(data, sizeof data, m);

    gtp1_log("->", user->conf.peer_name, m, "", &user->conf.local, peer, 1);
    if (len > 0 && sendto(user->fd, data, len, 0, &peer->sa, addr_len(peer)) < 0)
        log_debug(NULL, "cannot send on GTP-U: %s", why_not(errno));
}

static bool may_send_error(struct gtpu *user)
{
    uint64_t now = loop_now_ms(user->loop);

    if (now - user->window_ms >= 1000) {
        user->window_ms = now;
        user->in_window = 0;
    }
    return user->in_window++ < ERRORS_PER_S;
}

/* The TEID that was used, and the address that it was used with. */
static void send_error(struct gtpu *user, const struct addr *peer, uint32_t teid)
{
    struct addr to = addr_with_port(*peer, GTP_U_PORT);
    struct gtp1 m = {.type = GTP_ERROR_INDICATION,
                     .seq = user->seq++,
                     .has_teid_data = true,
                     .teid_data = teid,
                     .has_gsn_control = true,
                     .gsn_control = user->conf.local};

    send_message(user, &to, &m);
}

int gtpu_send(struct gtpu *user, const struct addr *peer, uint32_t teid, const uint8_t *packet,
              size_t len)
{
    struct addr to = addr_with_port(*peer, GTP_U_PORT);
    uint8_t data[LONGEST];

    if (len > sizeof data - GTPU_HEAD)
        return -EMSGSIZE;
    gtpu_put_head(data, teid, len);
    memcpy(data + GTPU_HEAD, packet, len);
    if (sendto(user->fd, data, GTPU_HEAD + len, 0, &to.sa, addr_len(&to)) < 0) {
        user->out.dropped++;
        return -errno;
    }
    user->out.packets++;
    user->out.octets += len;
    return 0;
}

/* --- in ----------------------------------------------------------------------------------------
 */

static void drop(struct gtpu *user, const struct addr *peer, const char *why)
{
    char a[ADDR_TEXT], b[ADDR_TEXT];

    if (gtpu_worth_saying(++user->in.dropped))
        log_arrow_at(LEVEL_WARN, NULL, "==", NULL, "dropped", "proto", "gtp", "src",
                     addr_text(peer, a), "dst", addr_text(&user->conf.local, b), "why", why, NULL);
}

static void on_g_pdu(struct gtpu *user, const struct addr *peer, const uint8_t *data, size_t len)
{
    struct gtpu_pdu pdu;
    struct why why;

    if (gtpu_decode(&pdu, data, len, &why) < 0) {
        drop(user, peer, why.text);
        return;
    }
    if (user->conf.on_packet(user->conf.arg, peer, pdu.teid, pdu.packet, pdu.len)) {
        user->in.packets++;
        user->in.octets += pdu.len;
        return;
    }
    drop(user, peer, "a TEID that nobody has");
    if (may_send_error(user))
        send_error(user, peer, pdu.teid);
}

static void answer_echo(struct gtpu *user, const struct addr *peer, const struct gtp1 *request)
{
    struct gtp1 answer = {.type = GTP_ECHO_RESPONSE, .seq = request->seq, .has_recovery = true};

    gtp1_log("<-", user->conf.peer_name, request, "", peer, &user->conf.local, 1);
    send_message(user, peer, &answer);
}

static void on_message(struct gtpu *user, const struct addr *peer, const uint8_t *data, size_t len)
{
    struct gtp1 m;
    struct why why;
    int rc = gtp1_decode(&m, data, len, &why);

    if (rc < 0) {
        drop(user, peer, why.text);
    } else if (m.type == GTP_ECHO_REQUEST) {
        answer_echo(user, peer, &m);
    } else if (m.type == GTP_ERROR_INDICATION) {
        gtp1_log("<-", user->conf.peer_name, &m, "", peer, &user->conf.local, 1);
        user->conf.on_error(user->conf.arg, peer, m.teid_data);
    } else {
        drop(user, peer, "nothing that GTP-U serves");
    }
}

static void on_readable(void *arg, int fd, unsigned what)
{
    struct gtpu *user = arg;
    uint8_t data[LONGEST];
    char before[64];

    (void)what;
    snprintf(before, sizeof before, "%s", log_element());
    log_as(user->conf.name);
    for (int i = 0; i < AT_ONCE; i++) {
        struct addr peer = {0};
        socklen_t size = sizeof peer;
        ssize_t len = recvfrom(fd, data, sizeof data, MSG_DONTWAIT, &peer.sa, &size);
        if (len < 0 && errno == EINTR)
            continue;
        if (len < 0)
            break;
        if (len >= 2 && data[1] == GTP_G_PDU)
            on_g_pdu(user, &peer, data, len);
        else
            on_message(user, &peer, data, len);
    }
    log_as(before);
}

/* --- open, close, live -------------------------------------------------------------------------
 */

int gtpu_open(struct gtpu **result, struct loop *loop, const struct gtpu_conf *conf,
              struct why *why)
{
    struct gtpu *user = xzalloc(sizeof *user);
    struct addr *local = &user->conf.local;
    int size = SOCKET_BUFFER, err;
    char a[ADDR_TEXT];

    *result = NULL;
    user->loop = loop;
    user->conf = *conf;
    if (!addr_port(local))
        *local = addr_with_port(*local, GTP_U_PORT);
    user->fd = socket(local->sa.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (user->fd < 0 || bind(user->fd, &local->sa, addr_len(local)) < 0) {
        err = errno;
        addr_text(local, a);
        gtpu_close(user);
        return why_set(why, err, "cannot bind GTP-U to '%s': %s", a, why_not(err));
    }
    /* bursts of small packets; where the system allows less, less it is */
    (void)setsockopt(user->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    user->watch = loop_watch(loop, user->fd, LOOP_READ, on_readable, user);
    *result = user;
    return 0;
}

void gtpu_close(struct gtpu *user)
{
    if (!user)
        return;
    loop_unwatch(&user->watch);
    if (user->fd >= 0)
        close(user->fd);
    free(user);
}

void gtpu_live(const struct gtpu *user, FILE *out)
{
    fprintf(out,
            "gtp-u packets-in=%lu octets-in=%lu dropped-in=%lu packets-out=%lu octets-out=%lu "
            "dropped-out=%lu\n",
            user->in.packets, user->in.octets, user->in.dropped, user->out.packets,
            user->out.octets, user->out.dropped);
}
