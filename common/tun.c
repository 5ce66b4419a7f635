/* SPDX-License-Identifier: Apache-2.0 */
#include "tun.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

int tun_open(const char *name, struct why *why)
{
    struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC), err;

    if (fd < 0)
        return why_set(why, errno, "cannot open /dev/net/tun: %s", why_not(errno));
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    if (ioctl(fd, TUNSETIFF, &request) == 0)
        return fd;
    err = errno;
    close(fd);
    return why_set(why, err, "cannot make the TUN device '%s': %s", name,
                   err == EPERM ? "not allowed here (CAP_NET_ADMIN)" : why_not(err));
}

int tun_probe(struct why *why)
{
    int fd = tun_open("probe%d", why);

    if (fd < 0)
        return fd;
    close(fd);
    return 0;
}

const char *tun_name(const char *prefix, const char *name, char buf[IFNAMSIZ])
{
    snprintf(buf, IFNAMSIZ, "%s%s", prefix, name);
    return buf;
}
