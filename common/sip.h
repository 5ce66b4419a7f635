/* SPDX-License-Identifier: Apache-2.0 */
/* SIP transport and transactions on sofia-sip's nta, hidden: sip_t and msg_t are vocabulary, nta_*
 * lives in sip.c. The room above sees requests that come in (struct sip_request) and questions that
 * go out (struct sip_op). sip.c owns what a room must never think of: Via and branches,
 * retransmission, CANCEL, stray answers, the STUN of sofia, the read cap (su_getmsgsize), the
 * outstanding limit, logging every message that leaves or arrives. */
#ifndef IMSLAB_SIP_H
#define IMSLAB_SIP_H

#include <sofia-sip/msg.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_header.h> /* sip_object(msg) */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "addr.h"
#include "conf.h"
#include "dns.h" /* struct sip_target */
#include "loop.h"
#include "why.h"

struct sip;
struct sip_request; /* a request from a peer, until it is answered: one server transaction */
struct sip_op;      /* a request of ours under way: one client transaction */

struct sip_config {
    const char *host; /* sent-by in Via: a name ("pcscf1.vims.net") or NULL: the numeric address */
    struct addr listen[2]; /* v4 and/or v6, with port; UDP and TCP both; never a wildcard */
    size_t listen_count;
    const struct conf *conf;  /* timers, and names of peers for the log */
    unsigned max_outstanding; /* UDP client transactions to one target before sip_send reports 503;
                                 0: 1000 */
    bool numeric_nonlocal;    /* ue: bind also when the address is not (yet) local */
    bool terminal;            /* ue: T2 of the configuration; core nodes retry every T1 */
    bool protect;             /* the protected end of Gm: listens on the server port alone; ports as
                                 sip_protect.h says, no rport */
};

/* sip_open - listen and be ready to send; NULL and a sentence when an address cannot be had.
 * sip_close - ends what is under way without telling anybody. Called inside a done function it
 *             tells nobody any more, but the sockets stay until control is back in the loop. */
struct sip *sip_open(struct loop *, const struct sip_config *, struct why *);
void sip_close(struct sip *);

/* sip_serve - hand requests of this method ("*": any other) to fn. Without a handler: 405 (ACK is
 * dropped). */
typedef void sip_serve_fn(void *env, struct sip_request *);
void sip_serve(struct sip *, const char *method, sip_serve_fn *fn, void *env);

/* What came in; valid until the request is answered and control is back in the loop. */
const sip_t *sip_request_sip(const struct sip_request *);
struct addr sip_request_source(const struct sip_request *);
/* sip_request_local - where it arrived: our address and port; with the source's port it tells the
 * SA that carried it (TS 33.203 7.1). */
struct addr sip_request_local(const struct sip_request *);
enum sip_transport sip_request_transport(const struct sip_request *);
const char *sip_request_call(const struct sip_request *); /* call tag */
bool sip_is_answered(const struct sip_request *);

/* sip_copy - the request, copied for forwarding: edit it, then sip_send it or sip_drop it. */
msg_t *sip_copy(const struct sip_request *);
/* sip_compose - a message of our own from its text: request line and headers without Via, body;
 * lines end in \n or \r\n. Content-Length is added. NULL and *why when sofia cannot parse it. */
msg_t *sip_compose(struct sip *, const char *text, struct why *);
void sip_drop(msg_t *);

/* sip_send - send a request over a new client transaction to a numeric target.
 * m        taken, whatever happens
 * wait_ms  give up after this long; 0: Timer F (sip_t1x64_ms)
 * done     called once with the final answer, later, from the loop: status; sip and answer are the
 * message, valid during the call, to be passed to sip_relay or read - or status 408 (nobody
 * answered) or 503 (could not be sent, refused by ICMP or TCP) with sip and answer NULL: made here,
 * not by the peer Returns a handle for sip_cancel, never NULL. */
typedef void sip_answer_fn(void *arg, int status, const sip_t *sip, msg_t *answer);
struct sip_op *sip_send(struct sip *, msg_t *m, const struct sip_target *to, unsigned wait_ms,
                        sip_answer_fn *done, void *arg);
/* sip_cancel - done will not be called (the transaction itself ends by its timers); *op becomes
 * NULL; NULL is fine. */
void sip_cancel(struct sip_op **op);

/* sip_relay - pass an answer on, our Via popped; edit (may be NULL) changes the copy before it is
 * sent. Ends the request. */
typedef void sip_edit_fn(void *arg, msg_t *answer);
void sip_relay(struct sip_request *, msg_t *answer, sip_edit_fn *edit, void *arg);
/* sip_answer - an answer of our own. headers: further header lines ("Min-Expires: 60\r\n") or NULL.
 * Adds a To tag. Ends the request: until control is back in the loop the handle is good for
 * sip_is_answered and sip_request_*, then it is gone. */
void sip_answer(struct sip_request *, int status, const char *phrase, const char *headers);
/* sip_request_tag - the To tag that sip_answer will give: that of the request, else a new one. For
 * who begins a dialog; before it is answered. */
const char *sip_request_tag(struct sip_request *);

/* Headers. Names as on the wire. Editing makes sofia re-encode what was changed and nothing else.
 */
void sip_add(
    msg_t *m,
    const char *header_line); /* "Path: <sip:...;lr>": Path, Via, Route, Record-Route in front */
void sip_remove(msg_t *m, const char *name); /* every header of that name, typed or unknown */
/* sip_is_unreadable - whether a header of that name is in the message but could not be parsed (it
 * is not in sip_t then; sip_remove takes it away, too). */
bool sip_is_unreadable(const sip_t *, const char *name);
/* sip_remove_token - one token out of a list of tokens (Require, Proxy-Require, Supported), and the
 * header with it when nothing is left. */
void sip_remove_token(msg_t *m, const char *name, const char *token);
void sip_set_request_uri(msg_t *m, const char *uri);
void sip_pop_route_if(msg_t *m, const struct addr *host,
                      const char *name); /* our own top Route, by address or name */
/* sip_decrement_max_forwards - one hop less (70 when absent). false when it was 0: answer 483. */
bool sip_decrement_max_forwards(msg_t *m);
/* sip_text - first value of any header as text, without the name, written to buf; NULL when absent.
 */
const char *sip_text(const sip_t *, const char *name, char *buf, size_t size);
/* sip_list - every value of a header, joined by commas; NULL when absent or too long for buf. */
const char *sip_list(const sip_t *, const char *name, char *buf, size_t size);
/* sip_size - the octets that m will have on the wire, with the Via that sip_send adds. */
size_t sip_size(msg_t *m);
/* sip_digest - the Authorization that counts: the first of scheme Digest; NULL when there is none.
 */
const msg_auth_t *sip_digest(const sip_t *);
/* sip_auth_param - a parameter of Authorization / WWW-Authenticate into buf, quotes removed,
 * control characters as spaces; NULL when absent. */
const char *sip_auth_param(const msg_auth_t *, const char *name, char *buf, size_t size);
/* sip_set_auth_param - set or remove (value NULL) a parameter of every Authorization of the
 * request, quoted. */
void sip_set_auth_param(msg_t *m, const char *name, const char *value);
/* sip_drop_auth_param - take a parameter out of every member of a list of m, e.g. ck and ik out of
 * the WWW-Authenticate of an answer. */
void sip_drop_auth_param(msg_t *m, msg_auth_t *list, const char *name);
/* sip_identity - canonical IMPU of a From/To/URI: "sip:user@host" (host lower case, no port, no
 * parameters) or "tel:+15550001" (visual separators removed) into buf; NULL when the scheme is
 * neither. */
const char *sip_identity(const url_t *, char *buf, size_t size);

void sip_print_live(const struct sip *, FILE *); /* one line per transaction */

#endif
