/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <sofia-sip/sip_status.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sip_engine.h"
#include "sip_fake.h"
#include "xalloc.h"

#define MAX_MESSAGES 256
#define MAX_OPEN     4

struct fake_request {
    struct sip_request r; /* first: the handle */
    size_t number;
};

struct fake_op {
    struct sip_op op; /* first: the handle */
    struct fake_sip_sent sent;
    msg_t *msg;
};

struct fake_answer {
    struct fake_sip_reply reply;
    msg_t *msg;
};

struct fake_open {
    struct sip *sip;
    char host[160]; /* for Via */
};

static struct {
    struct sip *sip; /* of open, the last */
    struct fake_open open[MAX_OPEN];
    size_t open_count;
    struct fake_request *requests[MAX_MESSAGES];
    struct fake_op *ops[MAX_MESSAGES];
    struct fake_answer answers[MAX_MESSAGES];
    size_t request_count, op_count, answer_count;
    const char *seen_at;
} fake;

static const char *text_of(msg_t *m)
{
    size_t len;

    return msg_as_string(msg_home(m), m, NULL, 0, &len);
}

static msg_t *parse(const char *text)
{
    struct why why;
    msg_t *m = sip_compose(NULL, text, &why);

    if (!m)
        fail_msg("%s in:\n%s", why.text, text);
    return m;
}

struct sip *sip_open(struct loop *loop, const struct sip_config *config, struct why *why)
{
    struct sip *sip = xzalloc(sizeof *sip);
    struct fake_open *o = &fake.open[fake.open_count++];
    char at[ADDR_TEXT];

    (void)why;
    assert_true(fake.open_count < MAX_OPEN);
    sip->loop = loop;
    sip->conf = config->conf;
    fake.sip = o->sip = sip;
    if (config->host)
        snprintf(o->host, sizeof o->host, "%s", config->host);
    else if (config->listen_count)
        snprintf(o->host, sizeof o->host, "%s", addr_text(&config->listen[0], at));
    else
        snprintf(o->host, sizeof o->host, "192.0.2.1");
    return sip;
}

static struct fake_open *find_open(const struct sip *sip)
{
    size_t i = 0;

    while (i < fake.open_count && fake.open[i].sip != sip)
        i++;
    assert_true(i < fake.open_count);
    return &fake.open[i];
}

/* Nobody hears of what it has under way. */
static void forget(const struct sip *sip)
{
    struct fake_open *o = find_open(sip);

    for (size_t i = 0; i < fake.op_count; i++) {
        if (fake.ops[i]->sent.by != sip)
            continue;
        fake.ops[i]->op.done = NULL;
        fake.ops[i]->sent.waiting = false;
        loop_cancel(&fake.ops[i]->op.deadline);
    }
    memmove(o, o + 1, (char *)&fake.open[fake.open_count--] - (char *)(o + 1));
    fake.sip = fake.open_count ? fake.open[fake.open_count - 1].sip : NULL;
}

static void free_messages(void)
{
    for (size_t i = 0; i < fake.request_count; i++) {
        msg_destroy(fake.requests[i]->r.msg);
        free(fake.requests[i]);
    }
    for (size_t i = 0; i < fake.op_count; i++) {
        msg_destroy(fake.ops[i]->msg);
        free(fake.ops[i]);
    }
    for (size_t i = 0; i < fake.answer_count; i++)
        msg_destroy(fake.answers[i].msg);
    memset(&fake, 0, sizeof fake);
}

void sip_close(struct sip *sip)
{
    struct served *s;

    forget(sip);
    if (fake.open_count == 0)
        free_messages();
    while ((s = sip->served)) {
        sip->served = s->next;
        free(s);
    }
    free(sip);
}

struct sip *fake_sip(void)
{
    return fake.sip;
}

void sip_serve(struct sip *sip, const char *method, sip_serve_fn *fn, void *env)
{
    struct served *s = xzalloc(sizeof *s);

    snprintf(s->method, sizeof s->method, "%s", method);
    s->fn = fn;
    s->env = env;
    s->next = sip->served;
    sip->served = s;
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

static struct addr parse_source(const char *text)
{
    struct addr a;
    char host[64];
    const char *colon = strrchr(text, ':');

    assert_non_null(colon);
    snprintf(host, sizeof host, "%.*s", (int)(colon - text), text);
    assert_int_equal(addr_parse(&a, host, strtoul(colon + 1, NULL, 10)), 0);
    return a;
}

size_t fake_sip_request_to(struct sip *sip, const char *text, const char *source, const char *local,
                           enum sip_transport transport)
{
    struct fake_request *f = xzalloc(sizeof *f);
    struct sip_request *r = &f->r;
    const struct served *who;
    char via[160];

    assert_true(fake.request_count < MAX_MESSAGES);
    f->number = fake.request_count++;
    fake.requests[f->number] = f;
    r->sip = sip;
    r->msg = parse(text);
    r->parsed = sip_object(r->msg);
    r->source = parse_source(source);
    r->local = parse_source(local);
    r->transport = transport;
    r->since_ms = loop_now_ms(sip->loop);
    call_tag(r->parsed->sip_call_id->i_id, r->call);
    if (!r->parsed->sip_via) {
        snprintf(via, sizeof via, "Via: SIP/2.0/%s %s;branch=z9hG4bKpeer%zu",
                 transport == SIP_TCP ? "TCP" : "UDP", source, f->number);
        sip_add(r->msg, via);
    }
    who = who_serves(sip, r->parsed->sip_request->rq_method_name);
    if (who)
        who->fn(who->env, r);
    else
        sip_answer(r, 405, "Method Not Allowed", NULL);
    return f->number;
}

size_t fake_sip_request_over(const char *text, const char *source, enum sip_transport transport)
{
    return fake_sip_request_to(fake.sip, text, source, "192.0.2.1:5060", transport);
}

size_t fake_sip_request(const char *text, const char *source)
{
    return fake_sip_request_over(text, source, SIP_UDP);
}

const sip_t *sip_request_sip(const struct sip_request *r)
{
    return r->parsed;
}

struct addr sip_request_source(const struct sip_request *r)
{
    return r->source;
}

struct addr sip_request_local(const struct sip_request *r)
{
    return r->local;
}

enum sip_transport sip_request_transport(const struct sip_request *r)
{
    return r->transport;
}

const char *sip_request_call(const struct sip_request *r)
{
    return r->call;
}

bool sip_is_answered(const struct sip_request *r)
{
    return r->answered;
}

msg_t *sip_copy(const struct sip_request *r)
{
    assert_false(r->answered);
    return msg_copy(r->msg);
}

static void reply(struct sip_request *r, msg_t *m)
{
    struct fake_answer *a = &fake.answers[fake.answer_count++];

    assert_true(fake.answer_count < MAX_MESSAGES);
    assert_false(r->answered);
    r->answered = true;
    a->msg = m;
    a->reply = (struct fake_sip_reply){.text = text_of(m),
                                       .sip = sip_object(m),
                                       .status = sip_object(m)->sip_status->st_status,
                                       .request = ((struct fake_request *)r)->number};
}

/* An answer to a request, written by hand. */
static msg_t *answer_to(const sip_t *request, int status, const char *phrase, const char *headers)
{
    char from[512] = "", to[512] = "", cseq[128] = "", text[16384];
    msg_t *m;

    sip_text(request, "From", from, sizeof from);
    sip_text(request, "To", to, sizeof to);
    sip_text(request, "CSeq", cseq, sizeof cseq);
    snprintf(text, sizeof text,
             "SIP/2.0 %d %s\r\nFrom: %s\r\nTo: %s%s\r\nCall-ID: %s\r\nCSeq: %s\r\n%s%s\r\n", status,
             phrase, from, to, request->sip_to->a_tag ? "" : ";tag=answer",
             request->sip_call_id->i_id, cseq, headers ? headers : "",
             headers && *headers && headers[strlen(headers) - 1] != '\n' ? "\r\n" : "");
    m = parse(text);
    sip_restore_vias(m, request);
    return m;
}

void sip_relay(struct sip_request *r, msg_t *answer, sip_edit_fn *edit, void *arg)
{
    msg_t *m = msg_copy(answer);

    sip_restore_vias(m, r->parsed);
    if (edit)
        edit(arg, m);
    reply(r, m);
}

const char *sip_request_tag(struct sip_request *r)
{
    const char *tag = r->parsed->sip_to->a_tag;

    return tag ? tag : "answer";
}

void sip_answer(struct sip_request *r, int status, const char *phrase, const char *headers)
{
    reply(r, answer_to(r->parsed, status, phrase, headers));
}

static void tell(struct fake_op *f, int status, msg_t *answer)
{
    sip_answer_fn *done = f->op.done;

    f->op.done = NULL;
    f->sent.waiting = false;
    loop_cancel(&f->op.deadline);
    if (done)
        done(f->op.arg, status, answer ? sip_object(answer) : NULL, answer);
}

static void give_up(void *arg)
{
    struct fake_op *f = arg;

    f->op.deadline = NULL;
    tell(f, 408, NULL);
}

struct sip_op *sip_send(struct sip *sip, msg_t *m, const struct sip_target *to, unsigned wait_ms,
                        sip_answer_fn *done, void *arg)
{
    struct fake_op *f = xzalloc(sizeof *f);
    char via[256];

    assert_true(fake.op_count < MAX_MESSAGES);
    assert_true(addr_is_set(&to->addr));
    assert_int_not_equal(addr_port(&to->addr), 0);
    assert_int_not_equal(to->transport, SIP_ANY);
    snprintf(via, sizeof via, "Via: SIP/2.0/%s %s;branch=z9hG4bKfake%zu",
             to->transport == SIP_TCP ? "TCP" : "UDP", find_open(sip)->host, fake.op_count);
    sip_add(m, via);
    f->msg = m;
    f->op.done = done;
    f->op.arg = arg;
    f->sent = (struct fake_sip_sent){.text = text_of(m),
                                     .sip = sip_object(m),
                                     .to = *to,
                                     .by = sip,
                                     .wait_ms = wait_ms,
                                     .waiting = true};
    f->op.deadline =
        loop_after(sip->loop, wait_ms ? wait_ms : sip->conf->timers.sip_t1x64_ms, give_up, f);
    fake.ops[fake.op_count++] = f;
    return &f->op;
}

void sip_cancel(struct sip_op **op)
{
    struct fake_op *f = (struct fake_op *)*op;

    if (!f)
        return;
    f->op.done = NULL;
    f->sent.waiting = false;
    loop_cancel(&f->op.deadline);
    *op = NULL;
}

size_t fake_sip_sent_count(void)
{
    return fake.op_count;
}

const struct fake_sip_sent *fake_sip_sent(size_t i)
{
    assert_true(i < fake.op_count);
    return &fake.ops[i]->sent;
}

void fake_sip_seen_at(const char *host)
{
    fake.seen_at = host;
}

static void write_received(msg_t *m)
{
    sip_via_t *via = sip_object(m)->sip_via;
    char param[80];

    snprintf(param, sizeof param, "received=%s", fake.seen_at ? fake.seen_at : "");
    if (fake.seen_at)
        msg_header_replace_param(msg_home(m), via->v_common, su_strdup(msg_home(m), param));
}

void fake_sip_answer(size_t i, int status, const char *headers)
{
    const char *phrase = sip_status_phrase(status);
    msg_t *m;

    assert_true(i < fake.op_count);
    m = answer_to(fake.ops[i]->sent.sip, status, phrase ? phrase : "Whatever", headers);
    write_received(m);
    tell(fake.ops[i], status, m);
    msg_destroy(m);
}

void fake_sip_fail(size_t i, int status)
{
    assert_true(i < fake.op_count);
    tell(fake.ops[i], status, NULL);
}

size_t fake_sip_reply_count(void)
{
    return fake.answer_count;
}

const struct fake_sip_reply *fake_sip_reply(size_t i)
{
    assert_true(i < fake.answer_count);
    return &fake.answers[i].reply;
}

size_t fake_sip_unanswered(void)
{
    size_t n = 0;

    for (size_t i = 0; i < fake.request_count; i++)
        n += !fake.requests[i]->r.answered;
    return n;
}

size_t fake_sip_waiting(void)
{
    size_t n = 0;

    for (size_t i = 0; i < fake.op_count; i++)
        n += fake.ops[i]->sent.waiting;
    return n;
}

void sip_print_live(const struct sip *sip, FILE *out)
{
    (void)sip;
    fprintf(out, "live: %zu sip requests wait for an answer of ours, %zu of ours for a peer\n",
            fake_sip_unanswered(), fake_sip_waiting());
}
