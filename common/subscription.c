/* SPDX-License-Identifier: Apache-2.0 */
#include "subscription.h"

#include <errno.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_status.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

static void random_hex(char *hex, size_t size)
{
    uint8_t octets[16];

    if (getrandom(octets, sizeof octets, 0) != sizeof octets)
        abort();
    for (size_t i = 0; i < size / 2; i++)
        snprintf(hex + 2 * i, 3, "%02x", octets[i]);
}

void subscription_begin(struct subscription *s)
{
    memset(s, 0, sizeof *s);
    random_hex(s->call_id, sizeof s->call_id);
    random_hex(s->local_tag, sizeof s->local_tag);
    s->cseq = 1;
}

static void append_route(char *routes, size_t size, const char *uri)
{
    size_t len = strlen(routes);

    snprintf(routes + len, size - len, "%s<%s>", len ? ", " : "", uri);
}

/* Of an answer from the last to the first, of a request as they stand (RFC 3261 12.1). */
static void read_routes(struct subscription *s, const sip_t *sip)
{
    const sip_record_route_t *list[32];
    size_t count = 0;
    char uri[512];

    s->routes[0] = 0;
    for (const sip_record_route_t *r = sip->sip_record_route; r && count < 32; r = r->r_next)
        list[count++] = r;
    for (size_t i = 0; i < count; i++) {
        const sip_record_route_t *r = list[sip->sip_status ? count - 1 - i : i];

        if (url_e(uri, sizeof uri, r->r_url) < (issize_t)sizeof uri)
            append_route(s->routes, sizeof s->routes, uri);
    }
}

static void read_target(struct subscription *s, const sip_t *sip)
{
    char uri[sizeof s->target];

    if (sip->sip_contact && url_e(uri, sizeof uri, sip->sip_contact->m_url) < (issize_t)sizeof uri)
        memcpy(s->target, uri, sizeof uri);
}

static void learn(struct subscription *s, const sip_t *sip, const char *remote_tag)
{
    if (!s->remote_tag[0] && remote_tag && strlen(remote_tag) < sizeof s->remote_tag) {
        snprintf(s->remote_tag, sizeof s->remote_tag, "%s", remote_tag);
        read_routes(s, sip);
    }
    read_target(s, sip);
}

void subscription_answered(struct subscription *s, const sip_t *answer)
{
    learn(s, answer, answer->sip_to->a_tag);
}

static bool is_text(const char *a, const char *b)
{
    return a && strcmp(a, b) == 0;
}

bool subscription_owns(const struct subscription *s, const sip_t *notify)
{
    return is_text(notify->sip_call_id->i_id, s->call_id) &&
           is_text(notify->sip_to->a_tag, s->local_tag) &&
           (!s->remote_tag[0] || is_text(notify->sip_from->a_tag, s->remote_tag));
}

static void read_state(struct subscription_news *news, const sip_subscription_state_t *state)
{
    news->is_over = strcasecmp(state->ss_substate, "terminated") == 0;
    news->reason = state->ss_reason ? state->ss_reason : "";
    if (state->ss_retry_after)
        news->retry_after_s = strtoul(state->ss_retry_after, NULL, 10);
    if (state->ss_expires)
        news->expires_s = strtoul(state->ss_expires, NULL, 10);
}

static int read_body(struct subscription *s, su_home_t *home, const sip_t *notify,
                     struct subscription_news *news, struct why *why)
{
    const sip_content_type_t *type = notify->sip_content_type;
    const sip_payload_t *body = notify->sip_payload;

    if (!body || body->pl_len == 0)
        return 200;
    if (!type || strcasecmp(type->c_type, REGINFO_TYPE) != 0) {
        why_set(why, EINVAL, "the NOTIFY has something else than " REGINFO_TYPE);
        return 415;
    }
    if (reginfo_read(&news->info, home, body->pl_data, body->pl_len, why) < 0)
        return 400;
    news->has_info = !s->informed || news->info.version > s->version;
    news->has_gap = news->has_info && news->info.partial &&
                    (!s->informed || news->info.version != s->version + 1);
    if (news->has_info)
        s->version = news->info.version;
    s->informed = true;
    return 200;
}

int subscription_notified(struct subscription *s, su_home_t *home, const sip_t *notify,
                          struct subscription_news *news, struct why *why)
{
    memset(news, 0, sizeof *news);
    if (!subscription_owns(s, notify) || !notify->sip_from->a_tag) {
        why_set(why, ENOENT, "no such subscription");
        return 481;
    }
    if (!notify->sip_event || !notify->sip_event->o_type ||
        strcasecmp(notify->sip_event->o_type, "reg") != 0) {
        why_set(why, EINVAL, "it is not of the event reg");
        return 489;
    }
    if (!notify->sip_subscription_state || !notify->sip_subscription_state->ss_substate) {
        why_set(why, EINVAL, "it has no Subscription-State");
        return 400;
    }
    if (s->remote_cseq && notify->sip_cseq->cs_seq <= s->remote_cseq) {
        why_set(why, EINVAL, "its CSeq is not higher than the last");
        return 500;
    }
    s->remote_cseq = notify->sip_cseq->cs_seq;
    learn(s, notify, notify->sip_from->a_tag);
    read_state(news, notify->sip_subscription_state);
    return read_body(s, home, notify, news, why);
}
