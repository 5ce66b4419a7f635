/* SPDX-License-Identifier: Apache-2.0 */
/* What gb_link.c (socket), gb_terminal.c, gb_bss.c and gb_sgsn.c (the two roles) share; nobody else
 * includes this. */
#ifndef IMSLAB_GB_INNER_H
#define IMSLAB_GB_INNER_H

#include "gb_link.h"
#include "log.h"
#include "ns.h"

enum { GB_TRIES = 3 };      /* asked so often before the other end is called dead */
enum { GB_CELLS = 32 };     /* cells of one link */
enum { GB_LINKS = 4096 };   /* links of one SGSN */
enum { GB_BUCKETS = 4096 }; /* of the terminals' hash */
enum { GB_FRAME = 4096 };   /* longest datagram */

/* SGSN: one NS-VC, known by the peer's UDP address. */
struct gb_nsvc {
    struct gb_nsvc *next;
    struct addr peer;
    uint16_t nsvci, nsei;
    bool blocked;
    unsigned missed; /* NS-ALIVE without an answer */
    size_t cell_count;
    struct gb_nsvc_cell {
        uint16_t bvci;
        struct bssgp_cell cell;
    } cell[GB_CELLS];
};

struct gb_key { /* one TLLI of a terminal, in the hash */
    struct gb_key *next;
    struct gb_terminal *terminal;
    uint32_t tlli;
    bool used;
};

struct gb_terminal {
    struct gb_link *link;
    struct gb_way way;
    struct llc_counters counters;
    struct gb_key now, other; /* its TLLI; BSS: the one it had, SGSN: the one it is to use */
    gb_up_fn *up;
    void *arg;
    struct gb_terminal *next, **at; /* all terminals of the link */
};

struct gb_link {
    struct loop *loop;
    struct gb_conf conf;
    bool is_sgsn;
    int fd;
    struct loop_watch *watch;
    struct addr local;
    struct gb_key *bucket[GB_BUCKETS];
    struct gb_terminal *terminals;
    struct loop_timer *timer; /* BSS: answer awaited, or next NS-ALIVE; SGSN: next NS-ALIVE */
    /* BSS */
    int step;
    unsigned tries;
    bool reported; /* that it is down */
    /* SGSN */
    struct gb_nsvc *nsvcs;
    size_t nsvc_count;
};

/* gb_link.c */
void gb_send_ns(struct gb_link *link, const struct addr *peer, const struct ns_pdu *pdu);
int gb_send_bssgp(struct gb_link *link, const struct addr *peer, uint16_t bvci,
                  const struct bssgp_pdu *pdu);
void gb_drop(struct gb_link *link, const struct addr *peer, const char *why);
/* a UNITDATA: unpack the LLC frame and hand it up */
void gb_on_unitdata(struct gb_link *link, const struct gb_way *way, const struct bssgp_pdu *pdu);

/* an LLC frame, in a UNITDATA */
int gb_send_llc(struct gb_link *link, const struct gb_way *way, uint32_t tlli,
                const struct llc_frame *f);

/* gb_terminal.c */
struct gb_terminal *gb_find(struct gb_link *link, uint32_t tlli);
void gb_heard(struct gb_terminal *t, uint32_t tlli); /* the peer used this TLLI */

/* gb_bss.c */
void gb_bss_begin(struct gb_link *link);
void gb_bss_on_ns(struct gb_link *link, const struct ns_pdu *pdu);
void gb_bss_on_bssgp(struct gb_link *link, uint16_t bvci, const struct bssgp_pdu *pdu);

/* gb_sgsn.c */
void gb_sgsn_begin(struct gb_link *link);
void gb_sgsn_on_ns(struct gb_link *link, const struct addr *peer, const struct ns_pdu *pdu,
                   const uint8_t *data, size_t len);
void gb_sgsn_on_bssgp(struct gb_link *link, const struct addr *peer, uint16_t bvci,
                      const struct bssgp_pdu *pdu);
/* whether UNITDATA may come over this NS-VC; says NS-STATUS when not */
bool gb_sgsn_may_carry(struct gb_link *link, const struct addr *peer, const uint8_t *data,
                       size_t len);
void gb_sgsn_end(struct gb_link *link);

#endif
