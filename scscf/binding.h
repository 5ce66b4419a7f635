/* SPDX-License-Identifier: Apache-2.0 */
/* The registrar: which implicit registration sets this S-CSCF serves, and the contacts bound to
 * them (RFC 3261 10.3, TS 24.229 5.4.1, TS 29.228 6.5.1). Pure: the clock is passed in
 * (milliseconds of loop_now_ms). All identities of a set share its contacts; a contact belongs to
 * one IMPI. */
#ifndef IMSLAB_SCSCF_BINDING_H
#define IMSLAB_SCSCF_BINDING_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "asked.h"
#include "change.h"
#include "loop.h"
#include "profile.h"

#define BINDING_MAX 16 /* contacts of one implicit set */

struct binding {
    struct binding *next;
    url_t *uri;
    uint64_t id;    /* never given to another contact, a restart included */
    char *text;     /* for Contact in answers and the reg event, all parameters but expires */
    char *instance; /* +sip.instance or "" */
    char *q;        /* its q value or "" */
    char *impi, *impu, *call_id, *path;
    uint32_t cseq;
    uint64_t since_ms, expires_ms;
    enum change event; /* what happened to it last */
    bool unsaved;      /* the journal does not have it as it is */
};

struct registration {                /* one implicit set */
    struct registration *next, **at; /* all of them */
    uint64_t id;                     /* as of a binding */
    struct profile profile;
    struct binding *bindings; /* in the order in which they were made */
    bool unsaved;             /* the profile is not in the journal */
    struct watcher *watchers; /* of the reg event; change.h */
    unsigned held;            /* questions to the HSS about it: it must not expire meanwhile */
    struct loop_timer *timer; /* expiry.c's */
    void *owner;              /* expiry.c's */
};

struct registrar {
    void *by_impu; /* tsearch */
    struct registration *all;
    size_t count;
    uint64_t last_id;
};

/* registrar_free - forget all sets; their timers must not run. */
void registrar_free(struct registrar *);
/* registrar_find - the set that has this identity (canonical, as sip_identity writes it), or NULL.
 */
struct registration *registrar_find(const struct registrar *, const char *impu);
/* registrar_put - the set with this profile (taken, *profile becomes empty): the one that has any
 * of its identities, with its profile replaced, or a new one; before as of registrar_replace. Never
 * NULL. */
struct registration *registrar_put(struct registrar *, struct profile *profile,
                                   struct profile *before);
/* registrar_replace - the set has this profile (taken) from now on; before: what it had
 * (profile_free it), NULL: of no interest. A contact whose own identity has left the set goes over
 * to the default one. */
void registrar_replace(struct registrar *, struct registration *, struct profile *,
                       struct profile *before);
/* registrar_remove - with all its contacts; its timer must not run. */
void registrar_remove(struct registrar *, struct registration *);

/* binding_put - a contact from elsewhere (taken) into the set, in the place of the one with its id.
 */
void binding_put(struct registration *, struct binding *);
/* binding_read_text - uri, q and +sip.instance out of its text (binding_text.c). false: no contact
 * with a host. */
bool binding_read_text(struct binding *);
/* binding_in_order - false: a contact of the set has the same Call-ID and no lower CSeq: the
 * request is late or repeated (RFC 3261 10.3 step 7). NULL: nothing bound, true. */
bool binding_in_order(const struct registration *, const struct asked *);
/* binding_belongs - whether this IMPI has a contact that has not expired. */
bool binding_belongs(const struct registration *, const char *impi, uint64_t now_ms);
/* binding_count_after - contacts of the set (own: of this IMPI alone) once the request is carried
 * out. NULL set: those it asks for. */
size_t binding_count_after(const struct registration *, const struct asked *, bool own,
                           uint64_t now_ms);
/* binding_is_left - whether the request leaves this contact of the set as it is. */
bool binding_is_left(const struct registration *, const struct asked *, const struct binding *,
                     uint64_t now_ms);
/* binding_apply - carry the request out: refresh, add, remove. A terminal that starts anew (other
 * Call-ID, new contact, no reg-id, same or no +sip.instance) replaces what its IMPI had (TS 24.229
 * 5.4.1.2.2F). Returns what was removed, with its event, for binding_list_free. */
struct binding *binding_apply(struct registrar *, struct registration *, const struct asked *,
                              uint64_t now_ms);
/* binding_expire - take out what has expired, with its event, for binding_list_free. */
struct binding *binding_expire(struct registration *, uint64_t now_ms);
/* binding_next_ms - when the next contact expires; 0: there is none. */
uint64_t binding_next_ms(const struct registration *);
/* binding_left_s - seconds until it expires, rounded up. */
unsigned binding_left_s(const struct binding *, uint64_t now_ms);
void binding_list_free(struct binding *);

/* registrar_print_live - one line per contact. */
void registrar_print_live(const struct registrar *, uint64_t now_ms, const char *service_route,
                          FILE *);

#endif
