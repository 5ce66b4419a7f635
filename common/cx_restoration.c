/* SPDX-License-Identifier: Apache-2.0 */
/* Restoration information owns its texts: copying it and letting go of it. A file of its own, so
 * that flow tests can replace the rest of cx.h. */
#include <stdlib.h>
#include <string.h>

#include "cx.h"
#include "xalloc.h"

static char *copy_text(const char *text)
{
    return text ? xstrdup(text) : NULL;
}

static struct cx_subscription copy_subscription(const struct cx_subscription *s)
{
    return (struct cx_subscription){
        .call_id = copy_text(s->call_id),
        .from = copy_text(s->from),
        .to = copy_text(s->to),
        .record_route = copy_text(s->record_route),
        .contact = copy_text(s->contact),
    };
}

static struct cx_contact copy_contact(const struct cx_contact *c)
{
    struct cx_contact copy = *c;

    copy.path = copy_text(c->path);
    copy.contact = copy_text(c->contact);
    copy.call_id = copy_text(c->call_id);
    copy.subscription = copy_subscription(&c->subscription);
    copy.pcscf_subscription = copy_subscription(&c->pcscf_subscription);
    return copy;
}

void cx_restoration_copy(struct cx_restoration *to, const struct cx_restoration *from)
{
    *to = *from;
    to->contact = NULL;
    if (from->contact_count)
        to->contact = xzalloc(from->contact_count * sizeof *to->contact);
    for (size_t i = 0; i < from->contact_count; i++)
        to->contact[i] = copy_contact(&from->contact[i]);
}

static void free_subscription(struct cx_subscription *s)
{
    free(s->call_id);
    free(s->from);
    free(s->to);
    free(s->record_route);
    free(s->contact);
}

void cx_restoration_free(struct cx_restoration *r)
{
    for (size_t i = 0; i < r->contact_count; i++) {
        free(r->contact[i].path);
        free(r->contact[i].contact);
        free(r->contact[i].call_id);
        free_subscription(&r->contact[i].subscription);
        free_subscription(&r->contact[i].pcscf_subscription);
    }
    free(r->contact);
    memset(r, 0, sizeof *r);
}

void cx_saa_free(struct cx_saa *saa)
{
    for (size_t i = 0; i < saa->restoration_count; i++)
        cx_restoration_free(&saa->restoration[i]);
    free(saa->restoration);
    free(saa->user_data);
    saa->restoration = NULL;
    saa->restoration_count = 0;
    saa->user_data = NULL;
}
