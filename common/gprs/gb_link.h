/* SPDX-License-Identifier: Apache-2.0 */
/* One end of the Gb interface over UDP: NS, BSSGP and LLC kept alive below, NAS above. As BSS (the
 * terminal's side) it opens one link to one SGSN; as SGSN it serves any number of links on one
 * socket. Many terminals share a link; each is a gb_terminal, known by its TLLI.
 *
 *     BSS                          SGSN
 *      |---- NS-RESET -------------->|   TS 48.016 7.3
 *      |<--- NS-RESET-ACK -----------|
 *      |---- NS-ALIVE -------------->|   7.4, from then on every ns_alive_s, both ways
 *      |<--- NS-ALIVE-ACK -----------|
 *      |---- NS-UNBLOCK ------------>|   7.2
 *      |<--- NS-UNBLOCK-ACK ---------|
 *      |---- BVC-RESET bvci 0 ------>|   TS 48.018 8.4
 *      |<--- BVC-RESET-ACK ----------|
 *      |---- BVC-RESET bvci, cell -->|
 *      |<--- BVC-RESET-ACK ----------|
 *      |---- FLOW-CONTROL-BVC ------>|   8.2
 *      |<--- FLOW-CONTROL-BVC-ACK ---|   up
 *      |==== UL/DL-UNITDATA =========|   TLLI, LLC UI
 *
 * Every frame of NS and BSSGP control has its arrow line (proto=ns): RESET, BLOCK, UNBLOCK and
 * STATUS at info, the ones that come again and again at debug. What cannot be read is one "==
 * dropped" line at warn, with the sender's address. A callback may open, assign and close
 * terminals, not the link.
 */
#ifndef IMSLAB_GB_LINK_H
#define IMSLAB_GB_LINK_H

#include "bssgp.h"
#include "llc.h"
#include "loop.h"

struct gb_link;
struct gb_terminal;

/* Where a terminal is: one cell of one link. A value; it may outlive the link. */
struct gb_way {
    struct addr peer; /* the other end's UDP address */
    uint16_t bvci;
    struct bssgp_cell cell; /* SGSN: as the last UL-UNITDATA said */
};

/* gb_up_fn - the information of a UI frame came for this terminal. data valid during the call; the
 * callee may close the terminal. */
typedef void gb_up_fn(void *arg, unsigned sapi, const uint8_t *data, size_t len);
/* gb_stranger_fn - SGSN: the same from a TLLI that nobody opened. */
typedef void gb_stranger_fn(void *arg, const struct gb_way *way, uint32_t tlli, unsigned sapi,
                            const uint8_t *data, size_t len);
/* gb_state_fn - BSS: the link came up (up), or is down (why says what happened: no answer to
 * NS-RESET, ...) and goes on being tried. Called at each change, and once after the first
 * failed round of tries. */
typedef void gb_state_fn(void *arg, bool up, const struct why *why);

struct gb_conf {
    struct addr local;           /* BSS: port 0 lets the kernel choose; SGSN: exactly this */
    struct addr sgsn;            /* BSS: whom to call */
    uint16_t nsei, nsvci, bvci;  /* BSS */
    struct bssgp_cell cell;      /* BSS */
    unsigned reset_ms;           /* wait for an answer before asking again; 3 times, then "down" */
    unsigned alive_s;            /* between two NS-ALIVE; 0: none are sent */
    gb_state_fn *on_state;       /* BSS */
    gb_stranger_fn *on_stranger; /* SGSN */
    void *arg;
};

/* gb_open_bss - bind, and begin with NS-RESET. gb_open_sgsn - bind and wait. *conf is copied.
 * 0, or -errno with a sentence (address in use, ...). Terminals may be opened at once; what they
 * send before the link is up is lost like on the radio (-ENOTCONN). */
int gb_open_bss(struct gb_link **link, struct loop *loop, const struct gb_conf *conf, struct why *);
int gb_open_sgsn(struct gb_link **link, struct loop *loop, const struct gb_conf *conf,
                 struct why *);
/* gb_close - close the socket and every terminal. NULL is fine. No callback runs any more. */
void gb_close(struct gb_link *link);
bool gb_is_up(const struct gb_link *link); /* BSS */
const struct addr *gb_local(
    const struct gb_link *link); /* as bound, with its port: src of the log */

/* gb_terminal_open - a terminal with this TLLI; up is called for what comes for it. way: SGSN,
 * where it is; BSS: NULL. Never NULL; an older terminal with the same TLLI no longer hears. */
struct gb_terminal *gb_terminal_open(struct gb_link *link, const struct gb_way *way, uint32_t tlli,
                                     gb_up_fn *up, void *arg);
void gb_terminal_close(struct gb_terminal **t); /* *t becomes NULL; NULL is fine */
/* gb_terminal_assign - a new TLLI, after a P-TMSI was given (TS 44.064 8.3.2): both are heard until
 * the other end uses the new one. The terminal (BSS) sends with the new one at once; the SGSN goes
 * on with the old one until it has heard the new. */
void gb_terminal_assign(struct gb_terminal *t, uint32_t tlli);
/* gb_terminal_tlli - the one it sends with. */
uint32_t gb_terminal_tlli(const struct gb_terminal *t);
/* gb_terminal_way - SGSN: where it was last heard, follows it by itself. */
const struct gb_way *gb_terminal_way(const struct gb_terminal *t);
/* gb_terminal_send - one UI frame. 0, -ENOTCONN (the link is not up), -EMSGSIZE or a socket's
 * -errno; nothing more is known of its fate. */
int gb_terminal_send(struct gb_terminal *t, unsigned sapi, const uint8_t *data, size_t len);

/* TLLIs (TS 23.003 2.6): of a P-TMSI, or a random one of a terminal that has none. */
uint32_t gb_local_tlli(uint32_t ptmsi);
uint32_t gb_foreign_tlli(uint32_t ptmsi);
uint32_t gb_random_tlli(void);

#endif
