/* SPDX-License-Identifier: Apache-2.0 */
/* The user plane's socket. The codec is GTPv1-C's: echo is the same message on both ports, only
 * that the restart counter is 0 here (29.281 7.2.2). */
#include "gtpu.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gtp1.h"
#include "gtp1_log.h"
#include "log.h"
#include "udp.h"
#include "xalloc.h"

enum { AT_ONCE = 64 };

struct gtpu {
    int fd;
    struct loop_watch *watch;
    struct addr local;
    const char *name, *peer_name;
    unsigned long packets; /* G-PDUs that nobody takes yet */
};

static void answer_echo(struct gtpu *user, const struct addr *peer, const struct gtp1 *request)
{
    struct gtp1 answer = {.type = GTP_ECHO_RESPONSE, .seq = request->seq, .has_recovery = true};
    uint8_t data[32];
    int len = gtp1_encode(data, sizeof data, &answer);

    gtp1_log("<-", user->peer_name, request, "", peer, &user->local, 1);
    gtp1_log("->", user->peer_name, &answer, "", &user->local, peer, 1);
    if (len > 0 && sendto(user->fd, data, len, 0, &peer->sa, addr_len(peer)) < 0)
        log_debug(NULL, "cannot answer a GTP-U echo: %s", why_not(errno));
}

static void on_datagram(struct gtpu *user, const struct addr *peer, const uint8_t *data, size_t len)
{
    struct gtp1 m;
    struct why why;
    char a[ADDR_TEXT], b[ADDR_TEXT];

    if (len >= 8 && data[0] >> 5 == 1 && data[1] == GTP_G_PDU) {
        user->packets++;
        return;
    }
    if (gtp1_decode(&m, data, len, &why) == 0 && m.type == GTP_ECHO_REQUEST) {
        answer_echo(user, peer, &m);
        return;
    }
    log_arrow_at(LEVEL_WARN, NULL, "==", NULL, "dropped", "proto", "gtp", "src", addr_text(peer, a),
                 "dst", addr_text(&user->local, b), "why", "nothing that GTP-U serves", NULL);
}

static void on_readable(void *arg, int fd, unsigned what)
{
    struct gtpu *user = arg;
    uint8_t data[4096];
    char before[64];

    (void)what;
    snprintf(before, sizeof before, "%s", log_element());
    log_as(user->name);
    for (int i = 0; i < AT_ONCE; i++) {
        struct addr peer = {0};
        socklen_t size = sizeof peer;
        ssize_t len = recvfrom(fd, data, sizeof data, MSG_DONTWAIT, &peer.sa, &size);
        if (len < 0)
            break;
        on_datagram(user, &peer, data, len);
    }
    log_as(before);
}

int gtpu_open(struct gtpu **result, struct loop *loop, const struct addr *here, const char *name,
              const char *peer_name, struct why *why)
{
    struct gtpu *user = xzalloc(sizeof *user);
    int err;

    *result = NULL;
    user->name = name;
    user->peer_name = peer_name;
    user->local = addr_port(here) ? *here : addr_with_port(*here, GTP_U_PORT);
    user->fd = udp_open(&user->local, NULL, "GTP-U", why);
    if (user->fd < 0) {
        err = user->fd;
        gtpu_close(user);
        return err;
    }
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
