/* SPDX-License-Identifier: Apache-2.0 */
/* What the library tells while it works, on its own threads: which peers come and go, which
 * messages pass, what it could not read. Every hook is taken, because the library's own default for
 * some of them writes whole messages, keys included, into the log. */
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "cx_core.h"
#include "cx_trace.h"
#include "xalloc.h"

struct link { /* what is known of the connection with one configured peer */
    const char *identity;
    bool open, told; /* told: that it cannot be reached was said once */
    const char *net; /* "sctp" or "tcp" */
    char local[ADDR_TEXT], remote[ADDR_TEXT];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards links */
static struct link links[16];
static size_t link_count;

static struct link *find_link(const char *identity)
{
    for (size_t i = 0; identity && i < link_count; i++) {
        if (strcasecmp(links[i].identity, identity) == 0)
            return &links[i];
    }
    return NULL;
}

const char *cx_hooks_link(const char *identity, char local[ADDR_TEXT], char remote[ADDR_TEXT])
{
    struct link *link;
    const char *net = NULL;

    local[0] = remote[0] = '\0';
    pthread_mutex_lock(&lock);
    link = find_link(identity);
    if (link && link->local[0]) {
        net = link->net;
        memcpy(local, link->local, ADDR_TEXT);
        memcpy(remote, link->remote, ADDR_TEXT);
    }
    pthread_mutex_unlock(&lock);
    return net;
}

/* The only thing the library tells about a connection is "TCP,soc#7". Returns what carries it. */
static const char *read_ends(struct peer_hdr *peer, char local[ADDR_TEXT], char remote[ADDR_TEXT])
{
    char text[64], *number;
    struct addr here = {0}, there = {0};
    socklen_t len = sizeof here;
    bool sctp;
    int fd;

    local[0] = remote[0] = '\0';
    if (fd_peer_cnx_proto_info(peer, text, sizeof text) != 0 || !(number = strchr(text, '#')) ||
        sscanf(number + 1, "%d", &fd) != 1)
        return "tcp";
    sctp = cx_sctp_ends(fd, &here, &there);
    if (!sctp && getsockname(fd, &here.sa, &len) < 0)
        return "tcp";
    len = sizeof there;
    if (!sctp && getpeername(fd, &there.sa, &len) < 0)
        return "tcp";
    addr_text(&here, local);
    addr_text(&there, remote);
    return sctp ? "sctp" : "tcp";
}

static void on_connected(struct peer_hdr *peer)
{
    char local[ADDR_TEXT], remote[ADDR_TEXT];
    const char *net = read_ends(peer, local, remote);
    struct link *link;

    pthread_mutex_lock(&lock);
    link = find_link(peer->info.pi_diamid);
    if (link) {
        link->open = true;
        link->told = false;
        link->net = net;
        memcpy(link->local, local, ADDR_TEXT);
        memcpy(link->remote, remote, ADDR_TEXT);
    }
    pthread_mutex_unlock(&lock);
    log_info(NULL, "diameter peer %s connected over %s (%s - %s)", peer->info.pi_diamid, net, local,
             remote);
}

/* Reconnecting goes on by itself; it is told once, and again when the connection was there. */
static void on_disconnected(struct peer_hdr *peer, const char *reason)
{
    struct link *link;
    bool was_open = false, told = false;

    pthread_mutex_lock(&lock);
    link = find_link(peer ? peer->info.pi_diamid : NULL);
    if (link) {
        was_open = link->open;
        told = link->told;
        link->open = false;
        link->told = true;
    }
    pthread_mutex_unlock(&lock);
    if (was_open)
        log_warn(NULL, "diameter peer %s lost: %s", peer->info.pi_diamid, reason);
    else if (!told)
        log_warn(NULL, "diameter peer %s not connected: %s",
                 peer ? peer->info.pi_diamid : "(unknown)", reason);
    else
        log_debug(NULL, "diameter peer %s not connected: %s", peer->info.pi_diamid, reason);
}

/* ---- messages ---- */

/* The line is made from octets that are written anew: a message just received is not parsed yet,
 * and looking into its AVPs now would change what the library finds later (a broken group, looked
 * at twice, is empty and fine). The library's own memory per message ("pmd") is no way either: a
 * message whose header says less than 4 octets overwrites it. */
static void trace(const char *arrow, struct msg *msg, const char *identity)
{
    struct cx_trace *t;
    struct msg_hdr *hdr;
    uint8_t *octets;
    size_t len;

    if (fd_msg_hdr(msg, &hdr) != 0 ||
        !log_on(hdr->msg_appl == CX_APPLICATION ? LEVEL_INFO : LEVEL_DEBUG) ||
        fd_msg_bufferize(msg, &octets, &len) != 0)
        return;
    t = xzalloc(sizeof *t);
    cx_trace_read(t, octets, len);
    cx_trace_write(t, arrow, identity);
    free(t);
    wipe(octets, len); /* vectors */
    free(octets);
}

/* Who sent a message; NULL: it was made here. */
static const char *source_of(struct msg *msg)
{
    DiamId_t id = NULL;

    return msg && fd_msg_source_get(msg, &id, NULL) == 0 ? id : NULL;
}

/* A CEA that refuses us says why in its result; our own name belongs into that sentence, because
 * one of the two is usually the mistake. Returns reason, or buf. */
static const char *refusal(struct msg *msg, const char *reason, char *buf, size_t size)
{
    struct cx_trace t;
    uint8_t *octets;
    size_t len;

    if (!source_of(msg) || fd_msg_bufferize(msg, &octets, &len) != 0)
        return reason;
    cx_trace_read(&t, octets, len);
    free(octets);
    if (t.request || !t.result || t.result == CX_SUCCESS)
        return reason;
    snprintf(buf, size, "it refuses '%s' of realm '%s': %s", fd_g_config->cnf_diamid,
             fd_g_config->cnf_diamrlm, cx_result_text(t.result));
    return buf;
}

static void on_hook(enum fd_hook_type type, struct msg *msg, struct peer_hdr *peer, void *other,
                    struct fd_hook_permsgdata *pmd, void *arg)
{
    const char *identity = peer ? peer->info.pi_diamid : NULL;
    const char *text = other ? other : "no reason given";
    struct fd_cnx_rcvdata *data = other;
    char buf[400];

    (void)pmd;
    (void)arg;
    switch (type) {
    case HOOK_DATA_RECEIVED: cx_guard_message(data->buffer, data->length); break;
    case HOOK_MESSAGE_RECEIVED: trace("<-", msg, identity); break;
    case HOOK_MESSAGE_SENDING: trace("->", msg, identity); break;
    case HOOK_MESSAGE_PARSING_ERROR:
        log_warn(NULL, "diameter peer %s sent what cannot be read: %s",
                 identity         ? identity
                 : source_of(msg) ? source_of(msg)
                                  : "(unknown)",
                 msg ? text : "broken lengths");
        break;
    case HOOK_MESSAGE_PARSING_ERROR2: cx_guard_restore(msg); break;
    case HOOK_MESSAGE_ROUTING_ERROR: log_debug(NULL, "diameter message not sent: %s", text); break;
    case HOOK_MESSAGE_DROPPED: log_debug(NULL, "diameter message dropped: %s", text); break;
    case HOOK_PEER_CONNECT_SUCCESS:
        on_connected(peer);
        cx_peer_opened(peer->info.pi_diamid);
        break;
    case HOOK_PEER_CONNECT_FAILED:
        on_disconnected(peer, refusal(msg, text, buf, sizeof buf));
        break;
    default: break;
    }
}

/* Only who stands in the configuration may connect: without TLS its name is all it shows. */
static int on_validate(struct peer_info *info, int *verdict, int (**after)(struct peer_info *))
{
    (void)after;
    if (!find_link(info->pi_diamid)) { /* the names never change: no lock */
        log_warn(NULL, "diameter peer %s refused: not among the configured peers", info->pi_diamid);
        *verdict = -1;
        return 0;
    }
    info->config.pic_flags.sec = PI_SEC_NONE;
    info->config.pic_flags.persist = PI_PRST_NONE; /* we never connect to it by ourselves */
    /* watchdogs do not count as activity: a peer that expires is sent away for being idle, and then
       stays away for 200 times Tc */
    info->config.pic_flags.exp = PI_EXP_NONE;
    *verdict = 1;
    return 0;
}

/* A request that names its host goes there or nowhere: the library would send it to any peer of the
 * same realm when that one has just gone, and a user's data with it. */
static int on_route(void *arg, struct msg **msg, struct fd_list *candidates)
{
    struct avp_hdr *host = cx_message_find(*msg, CX_AVP_DESTINATION_HOST, NULL);

    (void)arg;
    if (!host || !host->avp_value)
        return 0;
    for (struct fd_list *li = candidates->next; li != candidates; li = li->next) {
        struct rtd_candidate *c = (struct rtd_candidate *)li;

        if (fd_os_almostcasesrch(host->avp_value->os.data, host->avp_value->os.len, c->diamid,
                                 c->diamidlen, NULL))
            c->score = FD_SCORE_NO_DELIVERY;
    }
    return 0;
}

int cx_hooks_register(const struct cx_config *config, struct why *why)
{
    struct fd_rt_out_hdl *route;
    struct fd_hook_hdl *handle;
    uint32_t all = (1u << (HOOK_LAST + 1)) - 1;

    for (size_t i = 0; i < config->peer_count; i++)
        links[i].identity = config->peer[i].identity;
    link_count = config->peer_count;
    if (fd_hook_register(all, on_hook, NULL, NULL, &handle) != 0 ||
        fd_peer_validate_register(on_validate) != 0 ||
        fd_rt_out_register(on_route, NULL, 0, &route) != 0)
        return why_set(why, EINVAL, "the Diameter library refuses our hooks");
    return 0;
}
