/* SPDX-License-Identifier: Apache-2.0 */
/* The life of the P-CSCF's security associations (TS 33.203 7.1, 7.4.2a, Annex M): the SA table.
 *
 *   sa_challenge --> temporary --sa_succeed--> established --(a newer one)--> old --> gone
 *                        |                          |                          ^
 *                     sa_fail, time            sa_retire, time                 |
 *                        `--------------------------`--------------------------'
 *
 * A set is four one-way SAs between one terminal and this P-CSCF (common/sa_set.h). The protected
 * server port is the same for all terminals; the client port alternates, so that a new set never
 * meets the old one (sip_protect.h is told of every set). Established sets are kept in a file
 * (sa_store.c) and survive the process.
 *
 * A struct sa is valid until control goes back to the loop. Whoever waits keeps sa_id and asks
 * sa_by_id again. */
#ifndef PCSCF_SA_H
#define PCSCF_SA_H

#include <stdio.h>
#include <sys/queue.h>

#include "conf.h"
#include "contact.h"
#include "log.h"
#include "loop.h"
#include "sa_set.h"

enum sa_state {
    SA_TEMPORARY,   /* challenged: only the answer to the challenge may come over it */
    SA_ESTABLISHED, /* the registration stands on it */
    SA_OLD,         /* what is under way on it may end: a grace, then it goes */
};

#define SA_CLIENT_PORTS 8 /* 2 alternate; a third lets the old set live through its grace */
#define SA_SETS_OF_IMPI 3 /* six SAs per direction (TS 33.203 7.1 rule 3) */

struct sas;

struct sa { /* read only, for all but sa*.c */
    struct sa_set set;
    enum sa_state state;
    char impi[CONF_URI];
    char call[CALL_TAG];        /* of the registration that made it */
    const char *client;         /* Security-Client of SM1, or NULL (sa_remember) */
    const char *server;         /* Security-Server of SM6, or NULL */
    bool retired;               /* old, and no registration stands behind it: de-registered, or
                                   refused. Nothing new may be asked over it */
    bool preferred;             /* requests leave by it */
    uint32_t over;              /* sa_id of the set that SM1 came over; 0: it came unprotected */
    uint64_t born_ms, until_ms; /* loop_now_ms */
    int64_t installed_s;        /* loop_wall_s; what set.hard_s counts from */
    uint32_t reserved[SA_LEGS]; /* outbound legs: the kernel may send up to this number; inbound:
                                   the highest number that the file knows */
    struct sas *sas;
    struct loop_timer *end;
    char *texts[2]; /* what client and server point to */
    LIST_ENTRY(sa) by_place, by_impi, by_spi;
};

struct sa_config {
    struct loop *loop;
    struct xfrm *xfrm;
    struct addr address, address6; /* of this P-CSCF; either may be not set */
    uint16_t port_ps;
    uint16_t port_pc[SA_CLIENT_PORTS];
    size_t port_pc_count;      /* 2 or more */
    unsigned reg_await_auth_s; /* how long a temporary set waits for its answer */
    unsigned margin_s;         /* how much longer than the registration its set lives */
    unsigned grace_ms;         /* how long an old set lives */
    const char *file;          /* where established sets and contacts are kept; NULL: nowhere */
    struct contacts *contacts; /* restored from the file, and kept in it; or NULL */
};

/* sas_open - block the protected ports, take over or put back what the file knows (sa_restore.c),
 * and remove what nobody knows from the kernel. *c is copied, what it points to must stay.
 * returns NULL and a sentence when the kernel refuses. */
struct sas *sas_open(const struct sa_config *c, struct why *why);
/* sas_close - the sequence numbers go to the file; nothing of ours stays in the kernel. NULL is
 * fine. */
void sas_close(struct sas *);
/* sas_can_encap - whether a terminal behind a NAT can be served: UDP port 4500 of this family is
 * ours. When not, *why says it. */
bool sas_can_encap(const struct sas *, const struct addr *local, struct why *why);

struct sa_ask { /* a REGISTER that may be challenged */
    const char *impi;
    const char *call;      /* its call tag */
    struct addr ue;        /* the source of the packet; the port is ignored */
    struct addr pcscf;     /* where it arrived; the port is ignored */
    const struct sa *over; /* the set that it came over, or NULL: unprotected */
    enum sec_mode mode;    /* SEC_UDP_ENC_TUN: the terminal is behind a NAT */
    uint32_t spi_c, spi_s; /* the terminal's, from its Security-Client */
    uint16_t port_c, port_s;
};

/* sa_check - whether a set could be made (TS 33.203 7.1 rule 3, 7.4.0, M.7.1 rule 3). Sets of the
 * same IMPI that stand in the way of an unprotected REGISTER do not count: they will be replaced.
 * returns 0, or a sentence and -EADDRINUSE a port or SPI of the terminal is in use; -EINVAL a
 *         re-registration keeps port_c or changes port_s or the mode; -EMFILE six SAs per
 *         direction; -EOPNOTSUPP behind a NAT and no port 4500 here */
int sa_check(struct sas *, const struct sa_ask *, struct why *why);
/* sa_challenge - SM6: a temporary set in table and kernel, in place of older temporary sets of the
 * subscriber. Its set.spi_pc, spi_ps, port_pc and port_ps are for the Security-Server.
 * returns NULL and a sentence: as sa_check, or the kernel refuses. */
struct sa *sa_challenge(struct sas *, const struct sa_ask *, struct sec_pair pair,
                        const uint8_t ck[16], const uint8_t ik[16], struct why *why);
/* sa_remember - the texts that the terminal must send back; copied. */
void sa_remember(struct sas *, struct sa *, const char *client, const char *server);

/* sa_find - the set that a message came over, by both ends of the packet: (port_uc, port_ps) or
 * (port_us, port_pc). The kernel has seen to it that it did. NULL: none. A message over an
 * established set makes it the one that requests to the terminal leave by. */
struct sa *sa_find(struct sas *, const struct addr *source, const struct addr *local);
/* sa_id, sa_by_id - a number that no other set has had lately; NULL: gone. */
uint32_t sa_id(const struct sa *);
struct sa *sa_by_id(struct sas *, uint32_t id);
/* sa_of_impi - the established set of this subscriber, or NULL. */
struct sa *sa_of_impi(struct sas *, const char *impi);
/* sa_waiting - the temporary set of this subscriber, or NULL. */
struct sa *sa_waiting(struct sas *, const char *impi);

/* sa_leads_to - whether any set, an old one too, carries requests to this address and protected
 * server port of a terminal. */
bool sa_leads_to(struct sas *, const struct addr *ue);

/* sa_succeed - SM12, a 2xx for expires_s over this set: a temporary one is established (SM1
 * protected: the one before is old now; unprotected: all others of the subscriber go at once); an
 * established one lives on, never shorter than before. */
void sa_succeed(struct sas *, struct sa *, uint32_t expires_s);
/* sa_fail - the registration is refused: a temporary set is old, so that the answer can leave
 * by it. An established set stays as it is. why: a word for the log. */
void sa_fail(struct sas *, struct sa *, const char *why);
/* sa_abort - a temporary set goes at once: the terminal does not use it (33.203 7.3.1.2, 7.3.1.3).
 */
void sa_abort(struct sas *, const char *impi, const char *why);
/* sa_retire - no identity of the subscriber is registered any more: all sets are old. What is still
 * to be said is said over them. */
void sa_retire(struct sas *, const char *impi, const char *why);

/* sas_count - sets of this state. */
size_t sas_count(const struct sas *, enum sa_state state);
/* sa_print - one line per set: "live: sa set=established impi=... ue=... spi_uc=0x... ...". */
void sa_print(struct sas *, FILE *out);

#endif
