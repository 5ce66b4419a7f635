/* SPDX-License-Identifier: Apache-2.0 */
/* What has happened to a set, for those who must hear of it: the watchers of the reg event (RFC
 * 3680, TS 24.229 5.4.2.1.2) and the application servers (third-party REGISTER, 5.4.1.7). Each
 * procedure that alters a set says so once, with everything that it did. */
#ifndef IMSLAB_SCSCF_CHANGE_H
#define IMSLAB_SCSCF_CHANGE_H

#include <stdbool.h>

struct asked;
struct binding;
struct profile;
struct registration;
struct scscf;
struct sip_request;
struct state_line;
struct watcher;

/* The events of RFC 3680 5.1. CREATED stands in no binding: a contact that was registered with one
 * identity of a set was created for the others (binding->impu tells which is which). */
enum change {
    CHANGE_REGISTERED, /* a new contact; what it took the place of has ended */
    CHANGE_CREATED,    /* the profile gained identities */
    CHANGE_REFRESHED,  /* contacts renewed, or the profile changed */
    CHANGE_SHORTENED,  /* by the network, which wants to authenticate again */
    CHANGE_EXPIRED,
    CHANGE_DEACTIVATED,  /* by the network: register anew (SERVER_CHANGE ..) */
    CHANGE_PROBATION,    /* by the network: register anew after a while */
    CHANGE_UNREGISTERED, /* by the terminal itself */
    CHANGE_REJECTED,     /* by the network, for good */
};
/* change_text - "registered", "created" .. as the reg event and the log say it. */
const char *change_text(enum change);

struct change_cause {
    const char *call;             /* call tag for the log; never NULL */
    struct sip_request *request;  /* the REGISTER (sip_request_sip reads it still), or NULL */
    const struct asked *asked;    /* what it asked for, or NULL */
    const char *answer;           /* header lines of its 200, or NULL */
    const struct profile *before; /* the identities the set had before; NULL: the same as now */
    unsigned retry_after_s;       /* CHANGE_PROBATION */
    const char *reason;           /* Reason-Info of an RTR as it came, or NULL */
};

/* changed - a set is altered, its answer has left, the journal has it. Called once per procedure,
 * from the loop, never inside another changed.
 * reg     as it is now, with binding->event for each contact. Without contacts the set ends right
 *         after this call: what is to outlive it must be copied
 * ended   contacts that are gone, with binding->event why; NULL: none; the caller's
 * change  what it was on the whole: that of the new contacts, else of those renewed, else of the
 *         ended ones */
void changed(struct scscf *, struct registration *reg, const struct binding *ended, enum change,
             const struct change_cause *);

/* ---- the watchers of a set (registration->watchers), which the journal keeps, too ---- */

/* watchers_free - forget them without a word: the set or the daemon ends. NULL is fine. */
void watchers_free(struct watcher *);
/* watcher_next - the one after it; NULL: it was the last. */
struct watcher *watcher_next(const struct watcher *);
/* watcher_id - what tells it from every other watcher, ever: a word. */
const char *watcher_id(const struct watcher *);
/* watcher_write - put what a restart needs into a line that is begun (line_text ..; not the keys
 * "set" and "id", which are the journal's); times as seconds since 1970 (loop_wall_s). */
void watcher_write(struct scscf *, const struct watcher *, struct state_line *);
/* watcher_read - make a watcher of this set from a line that watcher_write wrote, start its timers.
 * false: the line lacks something. */
bool watcher_read(struct scscf *, struct registration *, const char *id, const char *line);

#endif
