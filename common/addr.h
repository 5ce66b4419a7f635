/* SPDX-License-Identifier: Apache-2.0 */
/* IPv4 and IPv6 addresses with a port: one value type for every socket in the lab. */
#ifndef IMSLAB_ADDR_H
#define IMSLAB_ADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct addr { /* all zero: no address */
    union {
        struct sockaddr sa;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
    };
};

struct prefix { /* an address and how many leading bits count; bits 0 with no address: not set */
    struct addr base;
    unsigned bits;
};

#define ADDR_TEXT 64 /* room for "[v6]:65535" and the NUL */

/* addr_parse - from "10.0.0.1", "2001:db8::1" or "[2001:db8::1]" and a port. 0 or -EINVAL. */
int addr_parse(struct addr *a, const char *host, uint16_t port);
/* addr_from - copy a socket address of either family; anything else gives "no address". */
struct addr addr_from(const struct sockaddr *sa);
bool addr_is_set(const struct addr *a);
bool addr_is_v6(const struct addr *a);
socklen_t addr_len(const struct addr *a);
uint16_t addr_port(const struct addr *a);
struct addr addr_with_port(struct addr a, uint16_t port);
/* addr_same - same host and port; addr_same_host - same host, any port. */
bool addr_same(const struct addr *a, const struct addr *b);
bool addr_same_host(const struct addr *a, const struct addr *b);
/* addr_host - "10.0.0.1" or "2001:db8::1"; addr_uri_host - v6 in brackets; addr_text - with
 * ":port". Each writes into buf[ADDR_TEXT] and returns it; "-" when not set. */
const char *addr_host(const struct addr *a, char buf[ADDR_TEXT]);
const char *addr_uri_host(const struct addr *a, char buf[ADDR_TEXT]);
const char *addr_text(const struct addr *a, char buf[ADDR_TEXT]);
/* addr_octets - the 4 or 16 octets in network order; *len says which. NULL when not set. */
const uint8_t *addr_octets(const struct addr *a, size_t *len);
/* addr_from_octets - 4 octets make IPv4, 16 make IPv6. 0 or -EINVAL. */
int addr_from_octets(struct addr *a, const uint8_t *octets, size_t len, uint16_t port);

/* prefix_parse - "10.45.0.0/24", "2001:db8:45::/48". Host bits must be zero. 0 or -EINVAL. */
int prefix_parse(struct prefix *p, const char *text);
bool prefix_has(const struct prefix *p, const struct addr *a);

#endif
