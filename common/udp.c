/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's own receive queue holds 256 small datagrams, less than what a cell or a peer
 * that comes back sends at once; what does not fit is lost without a word. */
#include "udp.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ROOM = 4 << 20 }; /* octets; the kernel's rmem_max caps it */

int udp_open(const struct addr *here, struct addr *bound, const char *what, struct why *why)
{
    int fd = socket(here->sa.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), err;
    int room = ROOM;
    socklen_t size = sizeof *bound;
    char a[ADDR_TEXT];

    if (fd < 0)
        return why_set(why, errno, "cannot open a socket for %s: %s", what, why_not(errno));
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    if (bind(fd, &here->sa, addr_len(here)) < 0 ||
        (bound && getsockname(fd, &bound->sa, &size) < 0)) {
        err = errno;
        close(fd);
        return why_set(why, err, "cannot bind %s to '%s': %s", what, addr_text(here, a),
                       why_not(err));
    }
    return fd;
}
