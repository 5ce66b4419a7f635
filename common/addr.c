/* SPDX-License-Identifier: Apache-2.0 */
#include "addr.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int addr_parse(struct addr *a, const char *host, uint16_t port)
{
    char bare[INET6_ADDRSTRLEN];
    size_t len = strlen(host);

    memset(a, 0, sizeof *a);
    if (len >= 2 && host[0] == '[' && host[len - 1] == ']') {
        host++;
        len -= 2;
    }
    if (len >= sizeof bare)
        return -EINVAL;
    memcpy(bare, host, len);
    bare[len] = 0;
    if (inet_pton(AF_INET, bare, &a->in.sin_addr) == 1) {
        a->in.sin_family = AF_INET;
        a->in.sin_port = htons(port);
        return 0;
    }
    if (inet_pton(AF_INET6, bare, &a->in6.sin6_addr) == 1) {
        a->in6.sin6_family = AF_INET6;
        a->in6.sin6_port = htons(port);
        return 0;
    }
    memset(a, 0, sizeof *a);
    return -EINVAL;
}

struct addr addr_from(const struct sockaddr *sa)
{
    struct addr a;

    memset(&a, 0, sizeof a);
    if (sa->sa_family == AF_INET)
        memcpy(&a.in, sa, sizeof a.in);
    else if (sa->sa_family == AF_INET6)
        memcpy(&a.in6, sa, sizeof a.in6);
    return a;
}

bool addr_is_set(const struct addr *a)
{
    return a->sa.sa_family != 0;
}

bool addr_is_v6(const struct addr *a)
{
    return a->sa.sa_family == AF_INET6;
}

socklen_t addr_len(const struct addr *a)
{
    return addr_is_v6(a) ? sizeof a->in6 : sizeof a->in;
}

uint16_t addr_port(const struct addr *a)
{
    return ntohs(addr_is_v6(a) ? a->in6.sin6_port : a->in.sin_port);
}

struct addr addr_with_port(struct addr a, uint16_t port)
{
    if (addr_is_v6(&a))
        a.in6.sin6_port = htons(port);
    else
        a.in.sin_port = htons(port);
    return a;
}

bool addr_same_host(const struct addr *a, const struct addr *b)
{
    if (a->sa.sa_family != b->sa.sa_family)
        return false;
    if (addr_is_v6(a))
        return memcmp(&a->in6.sin6_addr, &b->in6.sin6_addr, 16) == 0;
    return a->in.sin_addr.s_addr == b->in.sin_addr.s_addr;
}

bool addr_same(const struct addr *a, const struct addr *b)
{
    return addr_same_host(a, b) && addr_port(a) == addr_port(b);
}

const char *addr_host(const struct addr *a, char buf[ADDR_TEXT])
{
    const void *octets = addr_is_v6(a) ? (const void *)&a->in6.sin6_addr : &a->in.sin_addr;

    if (!addr_is_set(a) || !inet_ntop(a->sa.sa_family, octets, buf, ADDR_TEXT))
        memcpy(buf, "-", 2);
    return buf;
}

const char *addr_uri_host(const struct addr *a, char buf[ADDR_TEXT])
{
    char host[ADDR_TEXT];

    if (!addr_is_v6(a))
        return addr_host(a, buf);
    snprintf(buf, ADDR_TEXT, "[%.50s]", addr_host(a, host));
    return buf;
}

const char *addr_text(const struct addr *a, char buf[ADDR_TEXT])
{
    char host[ADDR_TEXT];

    if (!addr_is_set(a))
        return addr_host(a, buf);
    snprintf(buf, ADDR_TEXT, "%.50s:%u", addr_uri_host(a, host), addr_port(a));
    return buf;
}

const uint8_t *addr_octets(const struct addr *a, size_t *len)
{
    *len = addr_is_v6(a) ? 16 : 4;
    if (!addr_is_set(a))
        return NULL;
    return addr_is_v6(a) ? a->in6.sin6_addr.s6_addr : (const uint8_t *)&a->in.sin_addr;
}

int addr_from_octets(struct addr *a, const uint8_t *octets, size_t len, uint16_t port)
{
    memset(a, 0, sizeof *a);
    if (len == 4) {
        a->in.sin_family = AF_INET;
        memcpy(&a->in.sin_addr, octets, 4);
    } else if (len == 16) {
        a->in6.sin6_family = AF_INET6;
        memcpy(&a->in6.sin6_addr, octets, 16);
    } else {
        return -EINVAL;
    }
    *a = addr_with_port(*a, port);
    return 0;
}

/* Whether the first bits of a and b agree. */
static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
    unsigned whole = bits / 8, rest = bits % 8;

    if (memcmp(a, b, whole) != 0)
        return false;
    return rest == 0 || ((a[whole] ^ b[whole]) & (0xff << (8 - rest)) & 0xff) == 0;
}

int prefix_parse(struct prefix *p, const char *text)
{
    char host[ADDR_TEXT], *end;
    const char *slash = strchr(text, '/');
    const uint8_t *octets;
    unsigned long bits;
    size_t len;

    memset(p, 0, sizeof *p);
    if (!slash || !isdigit((unsigned char)slash[1]) || (size_t)(slash - text) >= sizeof host)
        return -EINVAL;
    memcpy(host, text, slash - text);
    host[slash - text] = 0;
    bits = strtoul(slash + 1, &end, 10);
    if (end == slash + 1 || *end || addr_parse(&p->base, host, 0) < 0)
        return -EINVAL;
    octets = addr_octets(&p->base, &len);
    if (bits > len * 8)
        return -EINVAL;
    p->bits = bits;
    for (size_t bit = bits; bit < len * 8; bit++)
        if (octets[bit / 8] & (0x80 >> (bit % 8)))
            return -EINVAL;
    return 0;
}

bool prefix_has(const struct prefix *p, const struct addr *a)
{
    size_t len;

    if (!addr_is_set(&p->base) || p->base.sa.sa_family != a->sa.sa_family)
        return false;
    return same_bits(addr_octets(&p->base, &len), addr_octets(a, &len), p->bits);
}
