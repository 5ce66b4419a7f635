/* SPDX-License-Identifier: Apache-2.0 */
#include "assign.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "restoration.h"

/* ---- registration ---- */

/* A further contact of an IMPI of whom this S-CSCF has nothing: it is told what is here, and
 * overwrites nothing of it (6.1.2.1, multiple registration). */
static int give_back_first(struct assigning *a, struct subscriber *s)
{
    a->saa->restoration_count = restoration_load(a->store, s->set, s->impi, &a->saa->restoration);
    subscriber_serve(a->store, s, REGISTERED, a->sar->server_name, a->peer);
    subscriber_mark(a->store, s, true, false);
    a->keep = true;
    why_set(a->why, EEXIST, "registered already: the S-CSCF gets its restoration information");
    return CX_IN_ASSIGNMENT_TYPE;
}

static void keep_restoration(struct assigning *a, const struct subscriber *s)
{
    if (a->sar->has_restoration && a->restores)
        restoration_keep(a->store, s->impi, s->set, &a->sar->restoration);
    else if (a->sar->type == CX_SAT_REGISTRATION)
        restoration_forget(a->store, s->set, s->impi);
}

/* The other IMPIs that have it registered: a new S-CSCF must ask for them too. */
static void name_others(struct assigning *a, const struct subscriber *s)
{
    if (!a->restores || s->registered_impis < 2)
        return;
    a->saa->also_registered_count =
        subscriber_registered_impis(a->store, s->set, a->saa->also_registered);
}

static int begin_registration(struct assigning *a, struct subscriber *s)
{
    if (a->sar->type == CX_SAT_REGISTRATION && a->sar->multiple && a->restores &&
        s->state == REGISTERED && restoration_exists(a->store, s->set, s->impi))
        return give_back_first(a, s);
    keep_restoration(a, s);
    subscriber_serve(a->store, s, REGISTERED, a->sar->server_name, a->peer);
    subscriber_mark(a->store, s, true, false);
    name_others(a, s);
    return CX_SUCCESS;
}

/* ---- services for the unregistered ---- */

static int serve(struct assigning *a, struct subscriber *s)
{
    if (s->state == REGISTERED && a->restores) {
        a->saa->restoration_count = restoration_load(a->store, s->set, 0, &a->saa->restoration);
        subscriber_serve(a->store, s, REGISTERED, a->sar->server_name, a->peer);
        a->keep = true;
        why_set(a->why, EEXIST, "is registered: the S-CSCF gets its restoration information");
        return CX_IN_ASSIGNMENT_TYPE;
    }
    if (s->state == REGISTERED)
        restoration_forget(a->store, s->set, 0);
    subscriber_forget(a->store, s);
    subscriber_serve(a->store, s, UNREGISTERED, a->sar->server_name, a->peer);
    return CX_SUCCESS;
}

/* ---- the end ---- */

static void end_service(struct assigning *a, struct subscriber *s)
{
    subscriber_serve(a->store, s, NOT_REGISTERED, "", "");
    subscriber_reassign(a->store, s, false);
}

static int end_registration(struct assigning *a, struct subscriber *s)
{
    bool wants_to_keep = a->assignment->deed == KEEP, keeps = wants_to_keep && s->keep_scscf;
    int result = wants_to_keep && !keeps ? CX_SERVER_NAME_NOT_STORED : CX_SUCCESS;

    if (s->associated) {
        subscriber_mark(a->store, s, false, false);
        restoration_forget(a->store, s->set, s->impi);
    }
    if (s->registered_impis > 0)
        return result; /* another IMPI has it registered: nothing changes for the set */
    subscriber_forget(a->store, s);
    restoration_forget(a->store, s->set, 0);
    if (keeps && s->state != NOT_REGISTERED)
        subscriber_serve(a->store, s, UNREGISTERED, s->scscf_name, s->scscf_host);
    else
        end_service(a, s);
    return result;
}

static int forget_trial(struct assigning *a, struct subscriber *s)
{
    subscriber_mark(a->store, s, s->registered, false);
    if (s->state == NOT_REGISTERED)
        end_service(a, s);
    return CX_SUCCESS;
}

static int read_only(struct assigning *a, const struct subscriber *s)
{
    if (a->restores)
        a->saa->restoration_count = restoration_load(a->store, s->set, 0, &a->saa->restoration);
    return CX_SUCCESS;
}

/* Allowed only while a new S-CSCF may come (sar.c): this is the one. */
static void take_over(struct assigning *a, struct subscriber *s)
{
    const char *name = a->sar->server_name;

    if (!name[0] || !s->scscf_name[0] || strcmp(name, s->scscf_name) == 0)
        return;
    memcpy(s->scscf_name, name, sizeof s->scscf_name);
    snprintf(s->scscf_host, sizeof s->scscf_host, "%s", a->peer);
    subscriber_reassign(a->store, s, false);
}

int assign_set(struct assigning *a, struct subscriber *s)
{
    if (a->assignment->deed != READ)
        take_over(a, s);
    switch (a->assignment->deed) {
    case REGISTER: return begin_registration(a, s);
    case SERVE: return serve(a, s);
    case DEREGISTER:
    case KEEP: return end_registration(a, s);
    case FORGET_TRIAL: return forget_trial(a, s);
    default: return read_only(a, s);
    }
}
