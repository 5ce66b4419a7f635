/* SPDX-License-Identifier: Apache-2.0 */
/* SCTP under Diameter (RFC 6733 2.1): whether the kernel has it, where it listens, where it
 * connects from.
 *
 * An association of ours leaves from the element's own addresses. The library connects from an
 * unbound socket, and the association would then have every address of the host, its neighbours'
 * included: what one of them sends on it could not be told from another's, and a path to a
 * neighbour's address would be cut with it. sctp_connectx() stands here for the whole program, as
 * connect() does in source.c (RFC 4960 5.1.2, RFC 6458 9.9). */
#include <errno.h>
#include <netinet/in.h> /* before the next, which defines one of its names */

#include <netinet/sctp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cx_stack.h"
#include "replaced.h"
#include "source.h"

typedef int setsockopt_fn(int fd, int level, int name, const void *value, socklen_t len);
typedef int connectx_fn(int fd, struct sockaddr *to, int count, sctp_assoc_t *id);

bool cx_sctp_in_kernel(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_SCTP);

    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* The address behind this one in a packed list (RFC 6458 9.4). */
static struct sockaddr *next_of(struct sockaddr *at)
{
    return (struct sockaddr *)((char *)at + (at->sa_family == AF_INET6
                                                 ? sizeof(struct sockaddr_in6)
                                                 : sizeof(struct sockaddr_in)));
}

static bool is_among(const struct sockaddr *at, const struct cx_config *config)
{
    struct addr where = addr_from(at);

    for (size_t i = 0; i < config->listen_count; i++) {
        if (addr_same(&config->listen[i], &where))
            return true;
    }
    return false;
}

int cx_sctp_listens(int fd, const struct cx_config *config)
{
    int protocol = 0, listening = 0, count, foreign = 0;
    socklen_t len = sizeof protocol;
    struct sockaddr *first, *at;

    if (getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &len) < 0 || protocol != IPPROTO_SCTP ||
        getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) < 0 || !listening)
        return 0;
    count = sctp_getladdrs(fd, 0, &first);
    if (count <= 0)
        return -EPERM;
    at = first;
    for (int i = 0; i < count; i++, at = next_of(at))
        foreign += !is_among(at, config);
    sctp_freeladdrs(first);
    return foreign ? -EPERM : 1;
}

bool cx_sctp_ends(int fd, struct addr *local, struct addr *remote)
{
    struct sctp_status status = {0};
    socklen_t len = sizeof status;
    struct sockaddr *first, *at;
    int count;

    if (getsockopt(fd, IPPROTO_SCTP, SCTP_STATUS, &status, &len) < 0)
        return false;
    *remote = addr_from((struct sockaddr *)&status.sstat_primary.spinfo_address);
    count = sctp_getladdrs(fd, status.sstat_assoc_id, &first);
    if (count <= 0)
        return false;
    *local = addr_from(first);
    at = first;
    for (int i = 0; i < count; i++, at = next_of(at))
        if (at->sa_family == remote->sa.sa_family)
            *local = addr_from(at);
    sctp_freeladdrs(first);
    return true;
}

/* Bind to our address of each family that we are going to. */
static int bind_to_ours(int fd, struct sockaddr *to, int count)
{
    const struct addr *from;
    struct sockaddr *at = to;
    bool done[2] = {false, false};

    for (int i = 0; i < count; i++) {
        bool v6 = at->sa_family == AF_INET6;

        from = source_of_family(at->sa_family);
        if (addr_is_set(from) && !done[v6] &&
            sctp_bindx(fd, (struct sockaddr *)&from->sa, 1, SCTP_BINDX_ADD_ADDR) < 0)
            return -1; /* not this host's address: errno says so */
        done[v6] = true;
        at = next_of(at);
    }
    return 0;
}

int sctp_connectx(int fd, struct sockaddr *to, int count, sctp_assoc_t *id)
{
    static _Atomic(void *) library;
    connectx_fn *next = (connectx_fn *)replaced_symbol(&library, "sctp_connectx");

    if (bind_to_ours(fd, to, count) < 0)
        return -1;
    return next(fd, to, count, id);
}

/* The library asks for addresses to come and go with the host's (AUTO_ASCONF), which the kernel
 * refuses for a socket that is bound to some; without a yes it would fall back to TCP. */
int setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
    static _Atomic(void *) libc;

    if (level == IPPROTO_SCTP && name == SCTP_AUTO_ASCONF)
        return 0;
    return ((setsockopt_fn *)replaced_symbol(&libc, "setsockopt"))(fd, level, name, value, len);
}
