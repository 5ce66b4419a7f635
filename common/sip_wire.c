/* SPDX-License-Identifier: Apache-2.0 */
/* The log line of every SIP message that crosses a wire. What leaves is seen in sendmsg() and a
 * datagram that arrives in recvmsg(): sofia finds the executable's ones, so retransmissions and the
 * answers that nta makes by itself are seen, too. A message over TCP starts anywhere in what is
 * read; it is seen when nta hands it over (one that nta refuses as malformed has no "<-" line).
 * Both functions also serve freeDiameter's threads: for what is not SIP they only look at the first
 * octet. */
#include <errno.h>
#include <sofia-sip/msg_addr.h>
#include <string.h>
#include <sys/socket.h>

#include "replaced.h"
#include "sip_engine.h"
#include "sip_protect.h"
#include "sip_trace.h"

#define SCANNED 16384 /* of a longer message the rest is not read for the log */

typedef ssize_t sendmsg_fn(int fd, const struct msghdr *msg, int flags);
typedef ssize_t recvmsg_fn(int fd, struct msghdr *msg, int flags);
typedef int bind_fn(int fd, const struct sockaddr *addr, socklen_t len);

static const struct conf *names;
static bool nonlocal;
static _Thread_local int last_read = -1; /* the socket that was read last: nta calls back from it */

void sip_wire_names(const struct conf *conf)
{
    names = conf;
}

void sip_wire_nonlocal(bool on)
{
    nonlocal = on;
}

static void write_line(const char *arrow, bool tcp, const struct addr *src, const struct addr *dst,
                       const char *data, size_t len)
{
    const struct addr *peer = *arrow == '-' ? dst : src;
    char src_text[ADDR_TEXT], dst_text[ADDR_TEXT], host[ADDR_TEXT], tag[CALL_TAG], esp[16];
    uint32_t spi = sip_protect_spi(src, dst);
    const char *name;
    struct sip_trace t;

    if (!sip_trace_scan(&t, data, len < SCANNED ? len : SCANNED))
        return;
    name = names ? conf_name_of(names, peer) : NULL;
    snprintf(esp, sizeof esp, "0x%08x", spi);
#define V(key) sip_trace_value(&t, TRACE_##key)
    log_arrow(
        *t.call_id ? call_tag(t.call_id, tag) : NULL, arrow, name ? name : addr_host(peer, host),
        t.message, "proto", "sip", "net", tcp ? "tcp" : "udp", "src", addr_text(src, src_text),
        "dst", addr_text(dst, dst_text), "esp", spi ? esp : NULL, "uri", V(URI), "cseq", V(CSEQ),
        "max_forwards", V(MAX_FORWARDS), "via", V(VIA), "route", V(ROUTE), "from", V(FROM), "to",
        V(TO), "contact", V(CONTACT), "expires", V(EXPIRES), "min_expires", V(MIN_EXPIRES), "path",
        V(PATH), "service_route", V(SERVICE_ROUTE), "p_associated_uri", V(ASSOCIATED), "require",
        V(REQUIRE), "proxy_require", V(PROXY_REQUIRE), "supported", V(SUPPORTED), "security_client",
        V(SECURITY_CLIENT), "security_server", V(SECURITY_SERVER), "security_verify",
        V(SECURITY_VERIFY), "username", V(USERNAME), "realm", V(REALM), "nonce", V(NONCE),
        "algorithm", V(ALGORITHM), "stale", V(STALE), "integrity_protected", V(INTEGRITY_PROTECTED),
        "response", V(RESPONSE), "auts", V(AUTS), "p_visited", V(P_VISITED), "icid", V(PCV),
        "event", V(EVENT), "warning", V(WARNING), "reason", V(REASON), NULL);
#undef V
}

static bool is_stream(int fd)
{
    socklen_t len = sizeof(int);
    int type = 0;

    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len);
    return type == SOCK_STREAM;
}

static struct addr local_of(int fd, bool *tcp)
{
    struct sockaddr_storage ss = {0};
    socklen_t len = sizeof ss;

    getsockname(fd, (struct sockaddr *)&ss, &len);
    *tcp = is_stream(fd);
    return addr_from((struct sockaddr *)&ss);
}

static struct addr remote_of(int fd, const struct msghdr *msg)
{
    struct sockaddr_storage ss = {0};
    socklen_t len = sizeof ss;

    if (msg->msg_name)
        return addr_from(msg->msg_name);
    getpeername(fd, (struct sockaddr *)&ss, &len);
    return addr_from((struct sockaddr *)&ss);
}

/* The start of what is sent, in one piece; sofia hands over many small ones. */
static size_t gather(const struct msghdr *msg, char *buf, size_t size)
{
    size_t len = 0, part;

    if (size > SCANNED)
        size = SCANNED;
    for (size_t i = 0; i < msg->msg_iovlen && len < size; i++) {
        part = msg->msg_iov[i].iov_len;
        if (part > size - len)
            part = size - len;
        memcpy(buf + len, msg->msg_iov[i].iov_base, part);
        len += part;
    }
    return len;
}

static bool may_be_sip(const struct msghdr *msg)
{
    unsigned char first;

    if (!names || !log_on(LEVEL_INFO) || !msg->msg_iovlen || !msg->msg_iov[0].iov_len)
        return false;
    first = *(const unsigned char *)msg->msg_iov[0].iov_base;
    return first >= 'A' && first <= 'z';
}

static void log_sent(int fd, const struct msghdr *msg)
{
    char buf[SCANNED];
    size_t len = gather(msg, buf, sizeof buf);
    struct addr src, dst;
    bool tcp;

    if (!sip_trace_is_start(buf, len))
        return;
    src = local_of(fd, &tcp);
    dst = remote_of(fd, msg);
    write_line("->", tcp, &src, &dst, buf, len);
}

static void log_read(int fd, const struct msghdr *msg, size_t size)
{
    char buf[SCANNED];
    size_t len = gather(msg, buf, size);
    struct addr src, dst;
    bool tcp;

    if (!sip_trace_is_start(buf, len))
        return;
    dst = local_of(fd, &tcp);
    src = remote_of(fd, msg);
    if (!tcp)
        write_line("<-", false, &src, &dst, buf, len);
}

/* A datagram that an SA must carry leaves from another socket, perhaps for another port. */
static int reroute(int fd, struct msghdr *msg, struct addr *to)
{
    struct addr local, peer;
    bool tcp;
    int client;

    if (!msg->msg_name || sip_protect_count() == 0)
        return fd;
    local = local_of(fd, &tcp);
    peer = addr_from(msg->msg_name);
    client = tcp ? -1 : sip_protect_socket(&local, &peer, to);
    if (client < 0)
        return fd;
    msg->msg_name = to;
    msg->msg_namelen = addr_len(to);
    return client;
}

ssize_t sendmsg(int fd, const struct msghdr *given, int flags)
{
    static _Atomic(void *) libc;
    struct msghdr rerouted = *given, *msg = &rerouted;
    bool shown = may_be_sip(msg);
    struct addr to;
    ssize_t sent;
    int error;

    fd = reroute(fd, msg, &to);
    if (shown)
        log_moment(); /* the receiver may log before we come back */
    sent = ((sendmsg_fn *)replaced_symbol(&libc, "sendmsg"))(fd, msg, flags);
    error = errno;
    if (sent > 0 && shown)
        log_sent(fd, msg);
    log_no_moment();
    errno = error;
    return sent;
}

static void note_connection(int fd)
{
    static const struct msghdr connected;
    struct addr dst, src;
    bool tcp;

    dst = local_of(fd, &tcp);
    if (!tcp)
        return;
    src = remote_of(fd, &connected);
    sip_protect_connection(fd, &src, &dst);
}

ssize_t recvmsg(int fd, struct msghdr *msg, int flags)
{
    static _Atomic(void *) libc;
    ssize_t got = ((recvmsg_fn *)replaced_symbol(&libc, "recvmsg"))(fd, msg, flags);
    int error = errno;

    last_read = fd;
    if (got > 0 && sip_protect_count() > 0)
        note_connection(fd);
    if (got > 0 && !(flags & (MSG_ERRQUEUE | MSG_PEEK)) && may_be_sip(msg))
        log_read(fd, msg, got);
    errno = error;
    return got;
}

struct addr sip_wire_local(void)
{
    bool tcp;

    return local_of(last_read, &tcp);
}

void sip_wire_hang_up(void)
{
    bool tcp;

    local_of(last_read, &tcp);
    if (tcp)
        shutdown(last_read, SHUT_RDWR);
}

int bind(int fd, const struct sockaddr *addr, socklen_t len)
{
    static _Atomic(void *) libc;
    struct addr at = addr_from(addr);
    int one = 1;

    if (sip_protect_count() > 0 && is_stream(fd) && sip_protect_defer(fd, &at))
        return 0;
    if (nonlocal)
        setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &one, sizeof one);
    return ((bind_fn *)replaced_symbol(&libc, "bind"))(fd, addr, len);
}

void sip_wire_received(msg_t *msg, bool tcp)
{
    static const struct msghdr unnamed;
    struct addr src, dst;
    size_t len;
    char *text;

    if (!tcp || !log_on(LEVEL_INFO) || !msg)
        return;
    dst = local_of(last_read, &tcp);
    src = remote_of(last_read, &unnamed); /* not nta's idea of it: sip_protect_connect */
    if (!addr_is_set(&src))
        src = addr_from(&msg_addr(msg)->su_sa); /* the peer has hung up meanwhile */
    text = msg_as_string(msg_home(msg), msg, NULL, 0, &len);
    if (!text)
        return;
    write_line("<-", true, &src, &dst, text, len);
    su_free(msg_home(msg), text);
}
