/* SPDX-License-Identifier: Apache-2.0 */
/* Which port a SIP message leaves from when an IPsec SA carries it (TS 33.203 7.1). Each end has a
 * server port, where it receives, and a client port, from which it sends; sofia knows only the
 * first. So the program's connect(), bind() and sendmsg() (source.c, sip_wire.c) ask here: what
 * goes to the protected port of a peer leaves from our client port for its server port,
 * retransmissions and sofia's own answers included. Of sofia's, a protected end is a struct sip of
 * its own (sip_open with `protect`), which listens on the server port.
 *
 *   UDP   both directions: client port -> server port
 *   TCP   a connection of ours: client port -> server port; of the peer's: answers on the same
 *
 * An answer goes by the set that its request came over: the peer's client port, which no two sets
 * share, tells it. A request of ours goes by the preferred set. Only for the thread of the loop. */
#ifndef IMSLAB_SIP_PROTECT_H
#define IMSLAB_SIP_PROTECT_H

#include <stdbool.h>
#include <stdint.h>

#include "addr.h"
#include "why.h"

struct sip_protection {      /* one set of four SAs, as this end sees it */
    struct addr local, peer; /* hosts; their ports are ignored */
    uint16_t local_c, local_s, peer_c, peer_s;
    /* SPIs of what arrives at that port, for the log */
    uint32_t spi_local_c, spi_local_s, spi_peer_c, spi_peer_s;
};

/* sip_protect_add - from now on this set is used for answers to what came over it, and for requests
 * when no older set leads to peer:peer_s. Copied. Opens the UDP socket on local:local_c, shared
 * with other sets: call it in the right network namespace.
 * returns 0; -EEXIST a set with this local, peer and peer_c is there (ports are told apart by it);
 *         -errno of the socket; *why says it */
int sip_protect_add(const struct sip_protection *set, struct why *why);
/* sip_protect_prefer - from now on requests to peer:peer_s go over this set. */
void sip_protect_prefer(const struct sip_protection *set);
/* sip_protect_remove - forget the set and hang up its TCP connections. What is not there is no
 * error. A set is told by local, peer, peer_c and local_s. */
void sip_protect_remove(const struct sip_protection *set);
/* sip_protect_count - sets that are there. */
size_t sip_protect_count(void);
/* sip_protect_spi - the SPI of the SA that carries a packet from src to dst, either direction; 0:
 * none. */
uint32_t sip_protect_spi(const struct addr *src, const struct addr *dst);

/* For the hooks alone. */
/* sip_protect_socket - the UDP socket that a datagram of the socket at `local` for `peer` leaves
 * from, and *to, where it goes; -1: it is not protected. */
int sip_protect_socket(const struct addr *local, const struct addr *peer, struct addr *to);
/* sip_protect_defer - whether bind() of a TCP socket to this address and any port is put off until
 * its connect() says where it goes. */
bool sip_protect_defer(int fd, const struct addr *local);
/* sip_protect_connect - bind what was put off; *to becomes the peer's server port when the
 * connection is protected. 0, or -1 and errno. */
int sip_protect_connect(int fd, struct addr *to);
/* sip_protect_connection - data came on this TCP connection, for sip_protect_remove. */
void sip_protect_connection(int fd, const struct addr *src, const struct addr *dst);

#endif
