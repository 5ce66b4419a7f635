/* SPDX-License-Identifier: Apache-2.0 */
/* sip.h on sofia-sip's nta: the agent, its listeners, and who gets which message that comes in.
 * Server transactions are in sip_server.c, client transactions in sip_client.c.
 *
 *   request with a handler      sip_request_begin
 *   request without             405 and what is allowed
 *   ACK, stray answer           dropped (a stateful proxy passes no answer it did not ask for)
 *   CANCEL of nothing           481 (one that matches is answered by nta itself)
 *   malformed known header      nta answers 400 itself, before anything here sees the message, or
 *                               unreadable() finds it
 *   TCP without Content-Length  nta answers 400 when nothing more comes (sip_t1x64_ms) */
#include "sip_engine.h"

#include <errno.h>
#include <sofia-sip/msg_addr.h>
#include <sofia-sip/nta_stateless.h>
#include <sofia-sip/nta_tport.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/tport.h>
#include <sofia-sip/tport_tag.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "xalloc.h"

#define MAX_OUTSTANDING 1000
#define QUEUE           2048 /* requests that wait for one TCP connection */
#define MAX_MESSAGE                                                                                \
    131072           /* octets over TCP; sofia's parser is quadratic in the number of headers */
#define RMEM 4194304 /* UDP receive buffer; the kernel's rmem_max caps it */

static nta_message_f on_message;

/* Of an answer nta needs what is in this mask to know whose it is; without them it is dropped. Any
 * other header that is broken or there twice is passed on, or ignored by whoever wants to read it:
 * a registration shall not wait for an answer that has come. */
#define NEEDED_OF_ANSWER sip_mask_response

static nta_agent_t *make_agent(struct sip *sip, const struct sip_config *config)
{
    const struct conf_timers *timers = &config->conf->timers;
    /* Between core nodes T2 = T1: sofia's retransmission list is then O(1). */
    unsigned t2_ms = config->terminal ? timers->sip_t2_ms : timers->sip_t1_ms;
    /* For a protected end the answer's port is the one that the request came from: it tells the
     * set, and sip_protect.c sends it where it belongs. What we send does not ask for this. */
    int ask_rport = config->protect ? 0 : 1, use_rport = config->protect ? 2 : 1;

    return nta_agent_create(
        sip_root_su(sip->root), (url_string_t const *)-1, on_message, sip,
        NTATAG_MCLASS(sip_grammar()), NTATAG_UA(0), NTATAG_MERGE_482(0), NTATAG_CANCEL_487(0),
        NTATAG_CANCEL_2543(0), NTATAG_CLIENT_RPORT(ask_rport), NTATAG_SERVER_RPORT(use_rport),
        NTATAG_USE_NAPTR(0), NTATAG_USE_SRV(0), NTATAG_GRAYLIST(0), NTATAG_BLACKLIST(0),
        NTATAG_UDP_MTU(65535), NTATAG_PASS_100(1), NTATAG_PASS_408(1),
        NTATAG_SIP_T1(timers->sip_t1_ms), NTATAG_SIP_T2(t2_ms), NTATAG_SIP_T4(timers->sip_t4_ms),
        NTATAG_SIP_T1X64(timers->sip_t1x64_ms), NTATAG_MAXSIZE(MAX_MESSAGE),
        NTATAG_BAD_RESP_MASK(NEEDED_OF_ANSWER), TAG_END());
}

static int listen_on(struct sip *sip, const struct sip_config *config, const struct addr *a,
                     struct why *why)
{
    char url[512], host[ADDR_TEXT], text[ADDR_TEXT];
    static const char *const transports[] = {"udp", "tcp"};

    if ((addr_is_v6(a) && IN6_IS_ADDR_UNSPECIFIED(&a->in6.sin6_addr)) ||
        (!addr_is_v6(a) && a->in.sin_addr.s_addr == INADDR_ANY))
        return why_set(why, EINVAL, "cannot listen for SIP on every address: name one");
    addr_uri_host(a, host);
    for (size_t i = 0; i < COUNT(transports); i++) {
        snprintf(url, sizeof url, "sip:%s:%u;transport=%s;maddr=%s",
                 config->host ? config->host : host, addr_port(a), transports[i], host);
        if (nta_agent_add_tport(sip->agent, (url_string_t const *)url, TPTAG_IDENT(sip_family(a)),
                                TPTAG_STUN_SERVER(0), TPTAG_QUEUESIZE(QUEUE), TPTAG_UDP_RMEM(RMEM),
                                TPTAG_TIMEOUT(config->conf->timers.sip_t1x64_ms), TAG_END()) < 0)
            return why_set(why, errno ? errno : EIO, "cannot listen for SIP on %s (%s): %s",
                           addr_text(a, text), transports[i], why_not(errno));
    }
    return 0;
}

struct sip *sip_open(struct loop *loop, const struct sip_config *config, struct why *why)
{
    struct sip *sip = xzalloc(sizeof *sip);
    int rc = 0;

    sip_wire_names(config->conf);
    sip->loop = loop;
    sip->conf = config->conf;
    sip->limit = sip_limit_new(config->max_outstanding ? config->max_outstanding : MAX_OUTSTANDING);
    sip->root = sip_root_enter(loop);
    sip->agent = make_agent(sip, config);
    if (!sip->agent)
        rc = why_set(why, ENOMEM, "cannot make a SIP agent");
    else if (config->listen_count == 0)
        rc = why_set(why, EINVAL, "cannot listen for SIP: no address");
    sip_wire_nonlocal(config->numeric_nonlocal);
    for (size_t i = 0; rc == 0 && i < config->listen_count; i++)
        rc = listen_on(sip, config, &config->listen[i], why);
    sip_wire_nonlocal(false);
    if (rc < 0) {
        sip_close(sip);
        return NULL;
    }
    sip_root_kick(sip->root);
    return sip;
}

static loop_fn reap;

void sip_reap_soon(struct sip *sip)
{
    if (sip->reaping)
        return;
    sip->reaping = true;
    loop_post(sip->loop, reap, sip);
}

static void unlink_request(struct sip_request *r)
{
    if (r->next)
        r->next->link = r->link;
    *r->link = r->next;
}

void sip_reap_request(struct sip_request *r)
{
    unlink_request(r);
    r->next = r->sip->dead_requests;
    r->sip->dead_requests = r;
    sip_reap_soon(r->sip);
}

void sip_reap_op(struct sip_op *op)
{
    if (op->next)
        op->next->link = op->link;
    *op->link = op->next;
    op->next = op->sip->dead_ops;
    op->sip->dead_ops = op;
    sip_reap_soon(op->sip);
}

static void bury(struct sip *sip)
{
    struct sip_request *r;
    struct sip_op *op;

    while ((r = sip->dead_requests)) {
        sip->dead_requests = r->next;
        nta_incoming_destroy(r->irq);
        msg_destroy(r->msg);
        free(r);
    }
    while ((op = sip->dead_ops)) {
        sip->dead_ops = op->next;
        if (op->orq)
            nta_outgoing_destroy(op->orq);
        free(op);
    }
}

static void reap(void *arg)
{
    struct sip *sip = arg;

    sip->reaping = false;
    if (sip->closed) {
        free(sip);
        return;
    }
    bury(sip);
    sip_root_kick(sip->root);
}

static void close_later(void *arg)
{
    sip_close(arg);
}

void sip_close(struct sip *sip)
{
    struct served *s;

    if (sip->telling) { /* nta, which calls us now, goes on with what would be freed */
        sip->closing = true;
        sip_ops_hush(sip);
        loop_post(sip->loop, close_later, sip);
        return;
    }
    while (sip->requests)
        sip_reap_request(sip->requests);
    sip_ops_forget(sip);
    bury(sip);
    if (sip->agent)
        nta_agent_destroy(sip->agent);
    sip_limit_free(sip->limit);
    sip_root_leave(sip->root);
    while ((s = sip->served)) {
        sip->served = s->next;
        free(s);
    }
    sip->closed = true;
    if (!sip->reaping)
        free(sip);
}

void sip_serve(struct sip *sip, const char *method, sip_serve_fn *fn, void *env)
{
    struct served *s = xzalloc(sizeof *s), **end = &sip->served;

    snprintf(s->method, sizeof s->method, "%s", method);
    s->fn = fn;
    s->env = env;
    while (*end)
        end = &(*end)->next;
    *end = s;
}

static const struct served *who_serves(const struct sip *sip, const char *method)
{
    const struct served *any = NULL;

    for (const struct served *s = sip->served; s; s = s->next) {
        if (strcmp(s->method, method) == 0)
            return s;
        if (strcmp(s->method, "*") == 0)
            any = s;
    }
    return any;
}

static void refuse(struct sip *sip, msg_t *msg, int status, const char *phrase, const char *headers)
{
    nta_msg_treply(sip->agent, msg, status, phrase, TAG_IF(headers, SIPTAG_HEADER_STR(headers)),
                   TAG_END());
}

static void refuse_method(struct sip *sip, msg_t *msg)
{
    char allow[256] = "Allow: CANCEL";

    for (const struct served *s = sip->served; s; s = s->next)
        snprintf(allow + strlen(allow), sizeof allow - strlen(allow), ", %s", s->method);
    refuse(sip, msg, SIP_405_METHOD_NOT_ALLOWED, allow);
}

/* Schemes that some room understands; sofia itself would only say 503. */
static bool is_known_scheme(const url_t *url)
{
    static const char *const known[] = {"sip", "sips", "tel", "urn"};

    for (size_t i = 0; url->url_scheme && i < COUNT(known); i++)
        if (strcasecmp(url->url_scheme, known[i]) == 0)
            return true;
    return false;
}

/* Headers that somebody here decides by. Sofia refuses a request for some that it cannot parse and
 * sets the others aside (sip_error); to go on as if they were absent would be a way around them.
 * The same holds for a second From, CSeq, Content-Length...: the next hop might take the other one.
 */
static const char *unreadable(const sip_t *parsed)
{
    static const char *const needed[] = {
        "Max-Forwards", "Authorization", "Contact",       "Expires",
        "Route",        "Require",       "Proxy-Require", "Proxy-Authorization"};

    for (const msg_error_t *e = parsed->sip_error; e; e = e->er_next)
        if (!sip_error_name(e))
            return "Repeated Or Nameless";
    for (size_t i = 0; i < COUNT(needed); i++)
        if (sip_is_unreadable(parsed, needed[i]))
            return needed[i];
    return NULL;
}

static void refuse_header(struct sip *sip, msg_t *msg, const char *name)
{
    char phrase[64];

    snprintf(phrase, sizeof phrase, "Bad %s Header", name);
    refuse(sip, msg, 400, phrase, NULL);
}

static void on_request(struct sip *sip, msg_t *msg, sip_t *parsed, bool tcp)
{
    const char *method = parsed->sip_request->rq_method_name;
    const struct served *who = who_serves(sip, method);
    const char *bad = unreadable(parsed);

    if (parsed->sip_request->rq_method == sip_method_ack)
        msg_destroy(msg);
    else if (tcp && !parsed->sip_content_length) /* it ended with the connection: RFC 3261 18.3 */
        refuse(sip, msg, 400, "Content-Length Missing", NULL);
    else if (parsed->sip_request->rq_method == sip_method_cancel)
        refuse(sip, msg, SIP_481_NO_TRANSACTION, NULL);
    else if (!is_known_scheme(parsed->sip_request->rq_url))
        refuse(sip, msg, SIP_416_UNSUPPORTED_URI, NULL);
    else if (bad)
        refuse_header(sip, msg, bad);
    else if (!who)
        refuse_method(sip, msg);
    else
        sip_request_begin(sip, msg, parsed, who);
}

/* Everything that belongs to no transaction of ours. */
static int on_message(struct sip *sip, nta_agent_t *agent, msg_t *msg, sip_t *parsed)
{
    tport_t *tport = tport_delivered_by(nta_agent_tports(agent), msg);
    bool tcp = tport && strcasecmp(tport_name(tport)->tpn_proto, "tcp") == 0;

    sip_wire_received(msg, tcp);
    if (parsed && parsed->sip_request && !sip->closing)
        on_request(sip, msg, parsed, tcp);
    else
        msg_destroy(msg);
    return 0;
}

static const char *since(const struct sip *sip, uint64_t start_ms, char buf[24])
{
    return log_number((long long)(loop_now_ms(sip->loop) - start_ms), buf);
}

void sip_print_live(const struct sip *sip, FILE *out)
{
    char text[ADDR_TEXT], ms[24];

    for (const struct sip_request *r = sip->requests; r; r = r->next)
        fprintf(out, "live: call=%s sip request %s from %s, waits for our answer, age_ms=%s\n",
                r->call, r->parsed->sip_request->rq_method_name, addr_text(&r->source, text),
                since(sip, r->since_ms, ms));
    for (const struct sip_op *op = sip->ops; op; op = op->next)
        fprintf(out, "live: call=%s sip %s to %s (%s), %s, age_ms=%s\n", op->call, op->method,
                op->to.host, addr_text(&op->to.addr, text),
                op->done ? "waits for the answer" : "given up, ends by its timers",
                since(sip, op->since_ms, ms));
}
