/* SPDX-License-Identifier: Apache-2.0 */
/* connect() of the whole program: an unbound socket is bound to the element's own address first, or
 * to the protected client port when IPsec carries what it leads to (sip_protect.h).
 * getnameinfo(): numbers, never names. The libraries find these instead of libc's (the executable's
 * symbols come first). */
#include "source.h"

#include <netdb.h>

#include "replaced.h"
#include "sip_protect.h"

typedef int connect_fn(int fd, const struct sockaddr *addr, socklen_t len);
typedef int getnameinfo_fn(const struct sockaddr *addr, socklen_t len, char *host,
                           socklen_t host_size, char *serv, socklen_t serv_size, int flags);

static struct addr source4, source6;

void source_set(const struct addr *v4, const struct addr *v6)
{
    const struct addr *given[] = {v4, v6};

    for (int i = 0; i < 2; i++) {
        if (!addr_is_set(given[i]))
            continue;
        if (addr_is_v6(given[i]))
            source6 = addr_with_port(*given[i], 0);
        else
            source4 = addr_with_port(*given[i], 0);
    }
}

const struct addr *source_of_family(int family)
{
    return family == AF_INET6 ? &source6 : &source4;
}

static bool is_unbound(int fd, int family)
{
    struct sockaddr_storage ss = {0};
    socklen_t len = sizeof ss;
    struct addr at;

    if (getsockname(fd, (struct sockaddr *)&ss, &len) < 0 || ss.ss_family != family)
        return false;
    at = addr_from((struct sockaddr *)&ss);
    if (addr_is_v6(&at))
        return IN6_IS_ADDR_UNSPECIFIED(&at.in6.sin6_addr);
    return at.in.sin_addr.s_addr == htonl(INADDR_ANY);
}

/* A link-local or loopback destination has its own source; the kernel knows better. */
static bool is_elsewhere(const struct addr *to)
{
    if (addr_is_v6(to))
        return IN6_IS_ADDR_LINKLOCAL(&to->in6.sin6_addr) ||
               IN6_IS_ADDR_LOOPBACK(&to->in6.sin6_addr);
    return (ntohl(to->in.sin_addr.s_addr) >> 24) == 127;
}

int connect(int fd, const struct sockaddr *addr, socklen_t len)
{
    static _Atomic(void *) libc;
    struct addr to = addr_from(addr);
    const struct addr *from = source_of_family(to.sa.sa_family);
    int one = 1;

    if (sip_protect_connect(fd, &to) < 0)
        return -1;
    if (addr_is_set(&to) && addr_is_set(from) && is_elsewhere(&to) == is_elsewhere(from) &&
        is_unbound(fd, to.sa.sa_family)) {
        /* the port is chosen at connect, by the whole connection */
        setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
        if (bind(fd, &from->sa, addr_len(from)) < 0)
            return -1; /* not this host's address: errno says so */
    }
    return ((connect_fn *)replaced_symbol(&libc, "connect"))(fd, addr_is_set(&to) ? &to.sa : addr,
                                                             len);
}

int getnameinfo(const struct sockaddr *restrict addr, socklen_t len, char *restrict host,
                socklen_t host_size, char *restrict serv, socklen_t serv_size, int flags)
{
    static _Atomic(void *) libc;
    getnameinfo_fn *next = (getnameinfo_fn *)replaced_symbol(&libc, "getnameinfo");

    return next(addr, len, host, host_size, serv, serv_size,
                (flags & ~NI_NAMEREQD) | NI_NUMERICHOST | NI_NUMERICSERV);
}
