/* SPDX-License-Identifier: Apache-2.0 */
/* Two network namespaces joined by a veth pair, and one SA set between them: the world of the tests
 * that need a kernel with ESP. One thread, which enters the one or the other. */
#ifndef KERNEL_TWO_ENDS_H
#define KERNEL_TWO_ENDS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sa_keys.h"
#include "sa_set.h"
#include "xalloc.h"

enum end { UE, PCSCF, ENDS };
enum { QUIET_MS = 150, SOON_MS = 2000 };
enum { PORT_UC = 40001, PORT_US = 40002, PORT_PC = 5062, PORT_PS = 5061 };

static int ns[ENDS];
static struct xfrm *xfrm[ENDS];
static struct sa_set set[ENDS];
static struct esp_ability able;

static inline void enter(enum end end)
{
    assert_int_equal(setns(ns[end], CLONE_NEWNET), 0);
}

static inline void run(const char *command)
{
    if (system(command) != 0)
        fail_msg("%s", command);
}

static inline void make_ends(void)
{
    struct why why;

    if (unshare(CLONE_NEWNET) < 0) {
        fprintf(stderr, "no new network namespace: %s\n", strerror(errno));
        exit(77);
    }
    run("PATH=$PATH:/sbin:/usr/sbin ip link set lo up");
    ns[PCSCF] = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    assert_int_equal(unshare(CLONE_NEWNET), 0);
    ns[UE] = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    char command[600];
    snprintf(command, sizeof command,
             "PATH=$PATH:/sbin:/usr/sbin; set -e; ip link set lo up;"
             "ip link add eth0 type veth peer name eth0 netns /proc/%d/fd/%d; ip link set eth0 up;"
             "ip addr add 10.9.0.1/24 dev eth0; ip addr add fd00:9::1/64 dev eth0 nodad",
             getpid(), ns[PCSCF]);
    run(command);
    enter(PCSCF);
    run("PATH=$PATH:/sbin:/usr/sbin; set -e; ip link set eth0 up; ip addr add 10.9.0.2/24 dev eth0;"
        "ip addr add fd00:9::2/64 dev eth0 nodad");
    for (enum end end = 0; end < ENDS; end++) {
        enter(end);
        if (xfrm_open(&xfrm[end], &why) < 0)
            fail_msg("%s", why.text);
    }
    xfrm_probe(xfrm[UE], &able);
}

/* What the two ends agree on: a pair, over IPv4 or IPv6. */
static inline void agree(struct sec_pair pair, bool v6)
{
    for (enum end end = 0; end < ENDS; end++) {
        struct sa_set *s = &set[end];

        *s = (struct sa_set){.role = end == UE ? SA_UE : SA_PCSCF,
                             .port_uc = PORT_UC,
                             .port_us = PORT_US,
                             .port_pc = PORT_PC,
                             .port_ps = PORT_PS,
                             .spi_uc = 0x1001,
                             .spi_us = 0x1002,
                             .spi_pc = 0x1003,
                             .spi_ps = 0x1004,
                             .pair = pair,
                             .hard_s = 3600,
                             .tell_every = 4};
        addr_parse(&s->ue, v6 ? "fd00:9::1" : "10.9.0.1", 0);
        addr_parse(&s->pcscf, v6 ? "fd00:9::2" : "10.9.0.2", 0);
        for (int i = 0; i < 16; i++) {
            s->ck[i] = 0x10 + 3 * i;
            s->ik[i] = 0xa0 ^ (5 * i);
        }
    }
}

static inline void install(enum end end)
{
    struct why why = {"?"};

    if (sa_set_install(xfrm[end], &set[end], NULL, &why) < 0)
        fail_msg("%s", why.text);
}

static inline void block(enum end end, uint16_t port)
{
    struct addr a = addr_with_port(end == UE ? set[end].ue : set[end].pcscf, port);

    assert_int_equal(sa_block_put(xfrm[end], set[end].role, &a, NULL), 0);
}

static inline void install_both(void)
{
    install(UE);
    install(PCSCF);
    block(PCSCF, PORT_PS);
    block(PCSCF, PORT_PC);
    block(UE, PORT_US);
    block(UE, PORT_UC);
}

static inline void clear_both(void)
{
    for (enum end end = 0; end < ENDS; end++)
        assert_true(sa_flush(xfrm[end], set[end].role, end == UE ? &set[end].ue : &set[end].pcscf,
                             NULL, NULL, NULL) >= 0);
}

/* A socket of this end on one of its ports. */
static inline int socket_at(enum end end, int type, uint16_t port)
{
    struct addr a = addr_with_port(end == UE ? set[end].ue : set[end].pcscf, port);
    int fd, on = 1;

    enter(end);
    fd = socket(a.sa.sa_family, type, 0);
    assert_true(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, &a.sa, addr_len(&a)) < 0)
        fail_msg("bind to port %u: %s", port, strerror(errno));
    if (type == SOCK_STREAM)
        assert_int_equal(listen(fd, 4), 0);
    return fd;
}

static inline struct addr place(enum end end, uint16_t port)
{
    return addr_with_port(end == UE ? set[UE].ue : set[UE].pcscf, port);
}

static inline bool arrives(int fd, int ms)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    return poll(&p, 1, ms) == 1;
}

/* One datagram from port `from` of an end to port `to` of the other, whose socket is given. */
static inline bool udp_passes(enum end end, uint16_t from, int to_fd, uint16_t to)
{
    struct addr dst = place(!end, to);
    int fd = socket_at(end, SOCK_DGRAM, from);
    char buf[64];
    bool ok = sendto(fd, "hello", 5, 0, &dst.sa, addr_len(&dst)) == 5 && arrives(to_fd, QUIET_MS);

    if (ok)
        assert_int_equal(recv(to_fd, buf, sizeof buf, 0), 5);
    close(fd);
    return ok;
}

/* A connection from port `from` of an end to port `to` of the other; data both ways. */
static inline bool tcp_passes(enum end end, uint16_t from, uint16_t to)
{
    struct addr dst = place(!end, to), src = place(end, from);
    int listener = socket_at(!end, SOCK_STREAM, to), fd, other = -1, on = 1;
    struct linger hard = {.l_onoff = 1};
    char buf[8];
    bool ok = false;

    enter(end);
    fd = socket(dst.sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    assert_int_equal(bind(fd, &src.sa, addr_len(&src)), 0);
    if ((connect(fd, &dst.sa, addr_len(&dst)) == 0 || errno == EINPROGRESS) &&
        arrives(listener, QUIET_MS)) {
        other = accept(listener, NULL, NULL);
        ok = send(other, "ping", 4, 0) == 4 && arrives(fd, SOON_MS) &&
             recv(fd, buf, sizeof buf, 0) == 4 && send(fd, "pong!", 5, 0) == 5 &&
             arrives(other, SOON_MS) && recv(other, buf, sizeof buf, 0) == 5;
        setsockopt(other, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
        close(other);
    }
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    close(fd);
    close(listener);
    return ok;
}

#endif
