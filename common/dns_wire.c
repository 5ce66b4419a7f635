/* SPDX-License-Identifier: Apache-2.0 */
/* c-ares repeats a question by itself and tells nobody; the only place where every message can be
 * seen is the socket. So c-ares is given our socket functions (ares_set_socket_functions). */
#include "dns_wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/uio.h>
#include <unistd.h>

#include "log.h"
#include "xalloc.h"

struct stream { /* TCP: two octets of length before each message (RFC 1035 4.2.2) */
    size_t used;
    uint8_t octets[2 + 65535];
};

struct socket {
    LIST_ENTRY(socket) entry;
    int fd;
    bool tcp;
    struct addr ours, server;
    struct loop_watch *watch;
    struct stream *sent, *received; /* TCP only */
};

struct dns_wire {
    struct loop *loop;
    loop_fd_fn *ready;
    dns_call_fn *call_of;
    void *arg;
    unsigned refusals;
    LIST_HEAD(, socket) sockets;
};

struct dns_wire *dns_wire_new(struct loop *loop, loop_fd_fn *ready, dns_call_fn *call_of, void *arg)
{
    struct dns_wire *wire = xzalloc(sizeof *wire);

    wire->loop = loop;
    wire->ready = ready;
    wire->call_of = call_of;
    wire->arg = arg;
    return wire;
}

static void forget(struct socket *s)
{
    loop_unwatch(&s->watch);
    LIST_REMOVE(s, entry);
    free(s->sent);
    free(s->received);
    free(s);
}

void dns_wire_free(struct dns_wire *wire)
{
    struct socket *s;

    while ((s = LIST_FIRST(&wire->sockets)))
        forget(s);
    free(wire);
}

unsigned dns_wire_refusals(const struct dns_wire *wire)
{
    return wire->refusals;
}

/* The result of a socket call, passed on with its errno. */
static ssize_t counted(struct dns_wire *wire, ssize_t rc)
{
    if (rc < 0 && errno != EAGAIN && errno != EINPROGRESS && errno != EINTR)
        wire->refusals++;
    return rc;
}

static struct socket *find(struct dns_wire *wire, int fd)
{
    struct socket *s;

    LIST_FOREACH(s, &wire->sockets, entry)
    if (s->fd == fd)
        return s;
    return NULL;
}

void dns_wire_state(void *data, ares_socket_t fd, int readable, int writable)
{
    struct dns_wire *wire = data;
    struct socket *s = find(wire, fd);
    unsigned what = (readable ? LOOP_READ : 0) | (writable ? LOOP_WRITE : 0);

    if (!s)
        return;
    loop_unwatch(&s->watch);
    if (what)
        s->watch = loop_watch(wire->loop, fd, what, wire->ready, wire->arg);
}

/* What an answer says, for its line. */
static const char *outcome(const uint8_t *packet, size_t len, const char *name, uint16_t type,
                           char *buf, size_t size)
{
    struct dns_answer *answer;

    if (packet[2] & 0x02)
        return "truncated";
    switch (packet[3] & 0x0f) {
    case 0: break;
    case 2: return "SERVFAIL";
    case 3: return "NXDOMAIN";
    case 5: return "REFUSED";
    default: return "error";
    }
    answer = dns_parse(packet, len, name, type);
    dns_answer_text(answer, type, buf, size);
    free(answer);
    return buf;
}

static void log_message(struct dns_wire *wire, const struct socket *s, bool sent,
                        const uint8_t *packet, size_t len)
{
    char name[DNS_NAME], ours[ADDR_TEXT], server[ADDR_TEXT], text[512];
    const char *answer = NULL, *what = "malformed";
    uint16_t type;

    if (dns_parse_question(packet, len, name, &type) == 0) {
        what = dns_type_name(type);
        if (!sent)
            answer = outcome(packet, len, name, type, text, sizeof text);
    }
    addr_text(&s->ours, ours);
    addr_text(&s->server, server);
    log_arrow(wire->call_of(wire->arg, name, type), sent ? "->" : "<-", "dns", what, "proto", "dns",
              "src", sent ? ours : server, "dst", sent ? server : ours, "transport",
              s->tcp ? "tcp" : "udp", "name", name, "answer", answer, NULL);
}

static void feed(struct dns_wire *wire, struct socket *s, bool sent, const uint8_t *data,
                 size_t len)
{
    struct stream **stream = sent ? &s->sent : &s->received, *t;
    size_t need;

    if (!*stream)
        *stream = xzalloc(sizeof **stream);
    for (t = *stream; len > 0; data++, len--) {
        t->octets[t->used++] = *data;
        if (t->used < 2)
            continue;
        need = 2 + (size_t)(t->octets[0] << 8 | t->octets[1]);
        if (t->used < need)
            continue;
        log_message(wire, s, sent, t->octets + 2, t->used - 2);
        t->used = 0;
    }
}

static void note(struct dns_wire *wire, int fd, bool sent, const uint8_t *data, size_t len)
{
    struct socket *s;

    if (!log_on(LEVEL_INFO) || !(s = find(wire, fd)))
        return;
    if (s->tcp)
        feed(wire, s, sent, data, len);
    else
        log_message(wire, s, sent, data, len);
}

static ares_socket_t open_socket(int family, int type, int protocol, void *arg)
{
    struct dns_wire *wire = arg;
    struct socket *s;
    int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);

    if (fd < 0)
        return ARES_SOCKET_BAD;
    s = xzalloc(sizeof *s);
    s->fd = fd;
    s->tcp = type == SOCK_STREAM;
    LIST_INSERT_HEAD(&wire->sockets, s, entry);
    return fd;
}

static int close_socket(ares_socket_t fd, void *arg)
{
    struct socket *s = find(arg, fd);

    if (s)
        forget(s);
    return close(fd);
}

static int connect_socket(ares_socket_t fd, const struct sockaddr *to, ares_socklen_t len,
                          void *arg)
{
    struct socket *s = find(arg, fd);
    struct sockaddr_storage ours;
    socklen_t ours_len = sizeof ours;
    int rc = counted(arg, connect(fd, to, len));

    if (s && (rc == 0 || errno == EINPROGRESS)) {
        int saved = errno;

        s->server = addr_from(to);
        if (getsockname(fd, (struct sockaddr *)&ours, &ours_len) == 0)
            s->ours = addr_from((struct sockaddr *)&ours);
        errno = saved;
    }
    return rc;
}

static ares_ssize_t receive(ares_socket_t fd, void *buf, size_t size, int flags,
                            struct sockaddr *from, ares_socklen_t *from_len, void *arg)
{
    ssize_t got = counted(arg, recvfrom(fd, buf, size, flags, from, from_len));

    if (got > 0)
        note(arg, fd, false, buf, got);
    return got;
}

static ares_ssize_t send_parts(ares_socket_t fd, const struct iovec *part, int count, void *arg)
{
    struct msghdr m = {.msg_iov = (struct iovec *)part, .msg_iovlen = count};
    ssize_t sent = counted(arg, sendmsg(fd, &m, MSG_NOSIGNAL)), left = sent;

    for (int i = 0; i < count && left > 0; i++) {
        size_t len = (size_t)left < part[i].iov_len ? (size_t)left : part[i].iov_len;

        note(arg, fd, true, part[i].iov_base, len);
        left -= len;
    }
    return sent;
}

void dns_wire_attach(struct dns_wire *wire, ares_channel channel)
{
    static const struct ares_socket_functions functions = {open_socket, close_socket,
                                                           connect_socket, receive, send_parts};

    ares_set_socket_functions(channel, &functions, wire);
}
