/* SPDX-License-Identifier: Apache-2.0 */
/* What the sip*.c files of this folder share and nobody else sees: nta's handles behind sip.h. */
#ifndef IMSLAB_SIP_ENGINE_H
#define IMSLAB_SIP_ENGINE_H

/* the magic pointers of nta, typed before its header is read */
#define NTA_AGENT_MAGIC_T    struct sip
#define NTA_OUTGOING_MAGIC_T struct sip_op
#define NTA_INCOMING_MAGIC_T struct sip_request

#include <sofia-sip/nta.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_util.h>

#include "log.h"
#include "sip.h"
#include "sip_limit.h"

/* sip_root.c: sofia's event root as a guest of the loop. One for the process, shared and counted.
 */
struct sip_root;
struct sip_root *sip_root_enter(struct loop *);
void sip_root_leave(struct sip_root *);
su_root_t *sip_root_su(struct sip_root *);
/* sip_root_kick - nta was called from outside its own callbacks: look at its timers again, soon. */
void sip_root_kick(struct sip_root *);

/* sip_guard.c: what of sofia is replaced; called once, so that it is linked in. */
void sip_guard(void);

/* sip_msg.c */
msg_mclass_t const *sip_grammar(void); /* sofia's SIP grammar with the extension headers */
/* sip_restore_vias - an answer goes back the way its request came: with the request's own Vias,
 * whatever the peer behind us made of them. A peer that keeps to the rules left exactly these below
 * ours. */
void sip_restore_vias(msg_t *answer, const sip_t *request);

/* sip_wire.c: the log lines of what crosses the wire. */
void sip_wire_names(const struct conf *); /* whose addresses get a name in the log */
void sip_wire_nonlocal(bool on);          /* let bind() take an address that is not here yet */
/* sip_wire_hang_up - what was read last is no SIP: end the connection (a datagram is just dropped).
 * Sofia would stop to read it and keep it for ever. */
void sip_wire_hang_up(void);
/* sip_wire_local - the end of ours where it was read. */
struct addr sip_wire_local(void);
/* sip_wire_received - nta handed a message over; over UDP it has its line already. */
void sip_wire_received(msg_t *msg, bool tcp);

/* sip_hdr.c: the name of a header that sofia put aside as erroneous; NULL when it is no header line
 * at all, or one too many of a kind that may stand only once. */
const char *sip_error_name(const msg_error_t *);

struct sip_request {
    struct sip_request *next, **link;
    struct sip *sip;
    nta_incoming_t *irq;
    msg_t *msg; /* a reference: parsed stays valid until the request is reaped */
    sip_t *parsed;
    struct addr source, local;
    enum sip_transport transport;
    uint64_t since_ms;
    bool answered;
    char call[CALL_TAG];
};

struct sip_op {
    struct sip_op *next, **link;
    struct sip *sip;
    nta_outgoing_t *orq; /* NULL: could not be sent */
    struct sip_target to;
    sip_answer_fn *done; /* NULL: answered already, or forgotten by sip_cancel */
    void *arg;
    struct loop_timer *deadline;
    uint64_t since_ms;
    bool counted; /* in sip->limit */
    bool over;    /* nta has nothing more to say */
    char method[16];
    char call[CALL_TAG];
};

struct served { /* who takes which method */
    struct served *next;
    char method[32];
    sip_serve_fn *fn;
    void *env;
};

/* The name of the sockets of one address family: without it nta sends to IPv6 from the first socket
 * of the protocol, which is an IPv4 one. */
static inline const char *sip_family(const struct addr *a)
{
    return addr_is_v6(a) ? "v6" : "v4";
}

struct sip {
    struct loop *loop;
    struct sip_root *root;
    nta_agent_t *agent;
    const struct conf *conf;
    struct served *served;
    struct sip_request *requests; /* waiting for their answer */
    struct sip_op *ops;           /* waiting for nta's last word */
    struct sip_request *dead_requests;
    struct sip_op *dead_ops;
    struct sip_limit *limit; /* UDP client transactions for each target */
    bool reaping;            /* sip_reap is posted */
    bool closed;             /* by sip_close: sip_reap frees */
    bool closing;            /* sip_close was called while a done function runs: it is posted */
    unsigned telling;        /* done functions that run now */
};

/* sip.c: what ended is destroyed later, never inside one of nta's own callbacks. */
void sip_reap_soon(struct sip *);
void sip_reap_request(struct sip_request *); /* unlinks from requests, too */
void sip_reap_op(struct sip_op *);

/* sip_server.c */
void sip_request_begin(struct sip *, msg_t *msg, sip_t *parsed, const struct served *who);
/* sip_client.c */
/* sip_close: no done function is called any more; and what nta was asked is forgotten, too */
void sip_ops_hush(struct sip *);
void sip_ops_forget(struct sip *);

#endif
