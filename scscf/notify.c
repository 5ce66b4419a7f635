/* SPDX-License-Identifier: Apache-2.0 */
/* What the watchers of a set are told (RFC 6665 4.2.2, RFC 3680, TS 24.229 5.4.2.1.2).
 *
 *   S-CSCF            P-CSCF            terminal
 *     |  NOTIFY         |                 |
 *     |---------------->|---------------->|   always the whole state, version +1
 *     |  200            |                 |
 *     |<----------------|<----------------|   481, or silence: the subscription ends
 *
 * One NOTIFY of a watcher is under way at a time; what happens meanwhile is in the next one, so
 * none overtakes another. A contact that ends or is shortened is told at once, the rest not more
 * often than every reg_event_interval_ms (RFC 3680 4.10). */
#include <inttypes.h>
#include <sofia-sip/sip_status.h>
#include <stdlib.h>
#include <string.h>

#include "journal.h"
#include "watcher.h"
#include "xalloc.h"

#define LONGEST_MS 3600000u

static loop_fn on_timer;
static void send_owed(struct watcher *w);
static way_done_fn on_answer;

static uint64_t now_ms(const struct watcher *w)
{
    return loop_now_ms(w->scscf->loop);
}

/* ---- when ---- */

static uint64_t may_send_ms(const struct watcher *w)
{
    if (w->urgent || w->notified_ms == 0)
        return 0;
    return w->notified_ms + w->scscf->conf->timers.reg_event_interval_ms;
}

void notify_arm(struct watcher *w)
{
    uint64_t at_ms = w->expires_ms, now = now_ms(w);

    loop_cancel(&w->timer);
    if (!w->reg)
        return;
    if (w->owed && !w->notify && may_send_ms(w) < at_ms)
        at_ms = may_send_ms(w);
    at_ms = at_ms > now ? at_ms - now : 0;
    w->timer =
        loop_after(w->scscf->loop, at_ms > LONGEST_MS ? LONGEST_MS : (unsigned)at_ms, on_timer, w);
}

static void on_timer(void *arg)
{
    struct watcher *w = arg;

    w->timer = NULL;
    if (w->expires_ms <= now_ms(w)) {
        log_arrow(w->call, "==", NULL, "subscription-expired", "impu", w->local_uri, "who", w->who,
                  NULL);
        notify_end(w, "timeout");
        return;
    }
    send_owed(w);
}

/* ---- what ---- */

/* The document without its head, which has the version. */
static char *document(struct watcher *w)
{
    struct description what = {.reg = w->reg,
                               .ended = w->ended,
                               .impus = w->impus,
                               .retry_after_s = w->retry_after_s,
                               .now_ms = now_ms(w)};
    su_home_t home[1] = {SU_HOME_INIT(home)};
    struct reginfo info;
    char *text;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    if (!out)
        abort();
    describe(&info, home, &what);
    info.version = w->version;
    reginfo_write(&info, out);
    fclose(out);
    su_home_deinit(home);
    return text;
}

static void print_head(FILE *out, const struct watcher *w, const char *state)
{
    const struct scscf *scscf = w->scscf;

    fprintf(out, "NOTIFY %s SIP/2.0\r\n", w->target);
    if (*w->routes)
        fprintf(out, "Route: %s\r\n", w->routes);
    fprintf(out,
            "Max-Forwards: 70\r\nFrom: <%s>;tag=%s\r\nTo: <%s>;tag=%s\r\nCall-ID: %s\r\n"
            "CSeq: %u NOTIFY\r\nContact: <sip:%s@%s:%u>\r\nEvent: reg%s%s\r\n"
            "Subscription-State: %s\r\nContent-Type: " REGINFO_TYPE "\r\n\r\n",
            w->local_uri, w->local_tag, w->remote_uri, w->remote_tag, w->call_id, w->local_cseq,
            w->id, scscf->me->element.host, scscf->me->port, *w->event_id ? ";id=" : "",
            w->event_id, state);
}

static msg_t *compose(const struct watcher *w, const char *body, struct why *why)
{
    unsigned left_s =
        w->expires_ms > now_ms(w) ? (unsigned)((w->expires_ms - now_ms(w) + 999) / 1000) : 0;
    char state[96], *text;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    msg_t *m;

    if (!out)
        abort();
    if (w->reg)
        snprintf(state, sizeof state, "active;expires=%u", left_s);
    else
        snprintf(state, sizeof state, "terminated;reason=%s", w->reason);
    print_head(out, w, state);
    fputs(body, out);
    fclose(out);
    m = sip_compose(w->scscf->sip, text, why);
    free(text);
    return m;
}

static void send_notify(struct watcher *w, const char *body)
{
    struct scscf *scscf = w->scscf;
    struct way_to to = {.loop = scscf->loop,
                        .sip = scscf->sip,
                        .dns = scscf->dns,
                        .conf = scscf->conf,
                        .call = w->call};
    struct why why;
    msg_t *m;

    w->owed = w->urgent = false;
    w->local_cseq++;
    m = compose(w, body, &why);
    if (!m || way_next(sip_object(m), &to.where) < 0) {
        log_warn(w->call, "no NOTIFY can be made for %s: %s", w->who,
                 m ? "its Contact or Record-Route leads nowhere" : why.text);
        sip_drop(m);
        watcher_free(w);
        return;
    }
    w->version++;
    w->notified_ms = now_ms(w);
    if (w->reg) /* before it leaves: no version twice */
        journal_watcher(scscf, w->reg, w);
    w->notify = way_send(&to, m, on_answer, w);
}

static void send_owed(struct watcher *w)
{
    char *body;

    if (!w->notify && !w->reg) {
        body = w->last_words;
        w->last_words = NULL;
    } else if (w->owed && !w->notify && may_send_ms(w) <= now_ms(w)) {
        body = document(w);
        watcher_forget_told(w);
    } else {
        notify_arm(w);
        return;
    }
    send_notify(w, body);
    free(body);
}

void notify_now(struct watcher *w)
{
    w->owed = w->urgent = true;
    send_owed(w);
}

void notify_end(struct watcher *w, const char *reason)
{
    snprintf(w->reason, sizeof w->reason, "%s", reason);
    loop_cancel(&w->timer);
    if (w->reg) {
        w->last_words = document(w);
        watcher_forget_told(w);
        watcher_leave(w);
    }
    if (!w->notify)
        send_owed(w);
}

/* ---- the answer ---- */

static void on_answer(void *arg, int status, const sip_t *sip, msg_t *answer, const char *why)
{
    struct watcher *w = arg;
    char text[24];

    (void)answer;
    w->notify = NULL;
    if (w->last_words) {
        send_owed(w);
        return;
    }
    if (!w->reg) {
        watcher_free(w);
        return;
    }
    if (status >= 300 && !(sip && sip->sip_retry_after && status >= 500)) {
        log_arrow(w->call, "==", NULL, "subscription-ended", "who", w->who, "status",
                  log_number(status, text), "why", why ? why : sip_status_phrase(status), NULL);
        watcher_free(w);
        return;
    }
    send_owed(w);
}

/* ---- a set has changed ---- */

static struct binding *copy(const struct binding *b)
{
    struct binding *new = xmemdup(b, sizeof *b);

    new->next = NULL;
    new->uri = url_hdup(NULL, b->uri);
    if (!new->uri)
        abort();
    new->text = xstrdup(b->text);
    new->instance = xstrdup(b->instance);
    new->q = xstrdup(b->q ? b->q : "");
    new->impi = xstrdup(b->impi);
    new->impu = xstrdup(b->impu);
    new->call_id = xstrdup(b->call_id);
    new->path = xstrdup(b->path);
    return new;
}

static void note_ended(struct watcher *w, const struct binding *ended)
{
    struct binding **end = &w->ended;

    while (*end)
        end = &(*end)->next;
    for (; ended; ended = ended->next) {
        *end = copy(ended);
        end = &(*end)->next;
    }
}

static void note_impus(struct watcher *w, const struct profile *of, const struct profile *other,
                       bool is_gone)
{
    for (size_t i = 0; i < of->impu_count; i++) {
        struct described_impu *impu;

        if (of->impu[i].barred || profile_has(other, of->impu[i].id))
            continue;
        impu = xzalloc(sizeof *impu);
        impu->impu = xstrdup(of->impu[i].id);
        impu->is_gone = is_gone;
        impu->next = w->impus;
        w->impus = impu;
    }
}

/* Why the set is no more, in the words of RFC 6665 4.1.3. */
static const char *end_reason(enum change change, unsigned retry_after_s, char text[64])
{
    if (change == CHANGE_DEACTIVATED || change == CHANGE_REJECTED)
        return change_text(change);
    if (change != CHANGE_PROBATION)
        return "noresource";
    snprintf(text, 64, retry_after_s ? "probation;retry-after=%u" : "probation", retry_after_s);
    return text;
}

void notify_changed(struct scscf *scscf, struct registration *reg, const struct binding *ended,
                    enum change change, const struct change_cause *cause)
{
    struct watcher *next;
    char text[64];

    (void)scscf;
    for (struct watcher *w = reg->watchers; w; w = next) {
        next = w->next;
        note_ended(w, ended);
        if (cause->before) {
            note_impus(w, &reg->profile, cause->before, false);
            note_impus(w, cause->before, &reg->profile, true);
        }
        if (change == CHANGE_PROBATION)
            w->retry_after_s = cause->retry_after_s;
        w->owed = true;
        w->urgent |= ended || change == CHANGE_SHORTENED;
        if (!reg->bindings)
            notify_end(w, end_reason(change, cause->retry_after_s, text));
        else
            send_owed(w);
    }
}
