/* SPDX-License-Identifier: Apache-2.0 */
/* Where Diameter listens. The library silently drops a loopback address of its configuration and
 * then binds every address of the machine: so the addresses are given to it in code, and afterwards
 * its sockets are looked at. A wildcard Cx listener would hand out authentication vectors to
 * whoever asks. */
#include <dirent.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cx_stack.h"

enum {
    BACKLOG = 256, /* the library's is 5 */
    SILENT_S = 20, /* how long the kernel keeps a connection that says nothing */
};

static int add(const struct addr *a, struct why *why)
{
    char text[ADDR_TEXT];

    if (fd_ep_add_merge(&fd_g_config->cnf_endpoints, (struct sockaddr *)&a->sa, addr_len(a),
                        EP_FL_CONF | EP_ACCEPTALL) != 0)
        return why_set(why, EINVAL, "the Diameter library refuses address %s", addr_text(a, text));
    return 0;
}

/* Which of our addresses packets to this one leave from; nothing is sent. */
static struct addr source_towards(const struct addr *to)
{
    struct addr from = {0};
    socklen_t len = sizeof from;
    int fd = socket(to->sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return from;
    if (connect(fd, &to->sa, addr_len(to)) < 0 || getsockname(fd, &from.sa, &len) < 0)
        from = (struct addr){0};
    close(fd);
    return addr_is_set(&from) ? addr_with_port(from, 0) : from;
}

static bool is_wildcard(const struct addr *a)
{
    return addr_is_v6(a) ? IN6_IS_ADDR_UNSPECIFIED(&a->in6.sin6_addr)
                         : a->in.sin_addr.s_addr == htonl(INADDR_ANY);
}

int cx_listen_add(const struct cx_config *config, struct why *why)
{
    char text[ADDR_TEXT];
    struct addr from;
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < config->listen_count; i++) {
        if (!addr_is_set(&config->listen[i]) || is_wildcard(&config->listen[i]))
            return why_set(why, EPERM, "Diameter must not listen on every address ('%s')",
                           addr_text(&config->listen[i], text));
        rc = add(&config->listen[i], why);
    }
    if (config->listen_count || rc < 0)
        return rc;
    for (size_t i = 0; i < config->peer_count && config->peer[i].address_count; i++) {
        from = source_towards(&config->peer[i].address[0]);
        if (addr_is_set(&from) && !is_wildcard(&from))
            return add(&from, why);
    }
    addr_parse(&from, "127.0.0.1", 0); /* no route to the HSS yet: something must be announced */
    return add(&from, why);
}

/* Whether this descriptor is a listening TCP socket, and where. */
static bool is_listener(int fd, struct addr *where)
{
    int listening = 0, type = 0;
    socklen_t len = sizeof listening;

    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) < 0 || !listening)
        return false;
    len = sizeof type;
    if (getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &type, &len) < 0 || type != IPPROTO_TCP)
        return false;
    len = sizeof *where;
    memset(where, 0, sizeof *where);
    return getsockname(fd, &where->sa, &len) == 0;
}

static bool is_ours(const struct cx_config *config, const struct addr *where)
{
    for (size_t i = 0; i < config->listen_count; i++) {
        if (addr_same(&config->listen[i], where))
            return true;
    }
    return false;
}

/* A stranger who connects and says nothing must not cost one of the threads that wait for the first
 * message: the kernel hands a connection over only when something has arrived. */
static void harden(int fd)
{
    int silent_s = SILENT_S;

    setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &silent_s, sizeof silent_s);
    listen(fd, BACKLOG);
}

/* One look at all our descriptors: how many of the addresses are listened on. */
static int count_listeners(const struct cx_config *config, struct why *why)
{
    DIR *dir = opendir("/proc/self/fd");
    struct dirent *entry;
    struct addr where;
    int ours = 0;

    if (!dir)
        return why_set(why, errno, "cannot read /proc/self/fd");
    while (ours >= 0 && (entry = readdir(dir))) {
        int fd = strtol(entry->d_name, NULL, 10);
        int sctp = entry->d_name[0] == '.' ? 0 : cx_sctp_listens(fd, config);

        if (sctp < 0)
            ours = why_set(why, EPERM, "the Diameter library listens on every address (SCTP)");
        else
            ours += sctp;
        if (entry->d_name[0] == '.' || sctp != 0 || !is_listener(fd, &where))
            continue;
        if (is_ours(config, &where)) {
            harden(fd);
            ours++;
        } else if (config->listen_count && is_wildcard(&where) &&
                   addr_port(&where) == addr_port(&config->listen[0])) {
            ours = why_set(why, EPERM, "the Diameter library listens on every address");
        }
    }
    closedir(dir);
    return ours;
}

/* TCP has a socket for each address, SCTP one for all. */
static int listeners_due(const struct cx_config *config)
{
    int due = config->transport == DIAMETER_SCTP ? 0 : (int)config->listen_count;

    if (config->listen_count && config->transport != DIAMETER_TCP && cx_sctp_in_kernel())
        due++;
    return due;
}

/* The sockets listen as soon as the library's threads for them run: a moment after the start. */
int cx_listen_check(const struct cx_config *config, struct why *why)
{
    int ours = 0, due = listeners_due(config);

    for (int tries = 0; tries < 200 && ours >= 0 && ours < due; tries++) {
        if (tries > 0)
            usleep(10000);
        ours = count_listeners(config, why);
    }
    if (ours >= 0 && ours < due)
        return why_set(why, EADDRNOTAVAIL, "the Diameter library listens on %d of %d sockets", ours,
                       due);
    return ours < 0 ? ours : 0;
}
