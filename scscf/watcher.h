/* SPDX-License-Identifier: Apache-2.0 */
/* Who watches a set: one subscription of the reg event, one dialog (RFC 6665, RFC 3680, TS 24.229
 * 5.4.2.1). subscribe.c begins and ends it, notify.c tells it what happens. The journal's functions
 * are in change.h. */
#ifndef IMSLAB_SCSCF_WATCHER_H
#define IMSLAB_SCSCF_WATCHER_H

#include "describe.h"
#include "scscf.h"
#include "way.h"

#define WATCHER_ID   17 /* 16 hex digits and the NUL */
#define WATCHERS_MAX 32 /* of one set */

struct watcher {
    struct watcher *next, **at; /* of its set, or of scscf->leaving */
    struct scscf *scscf;
    struct registration *reg; /* NULL: the set has ended, or the subscription: last words only */
    char id[WATCHER_ID];
    char call[CALL_TAG];
    char *who; /* the identity that was asserted of the subscriber */
    /* the dialog */
    char *call_id, *local_tag, *remote_tag;
    char *local_uri, *remote_uri; /* To and From of the SUBSCRIBE */
    char *target;                 /* its Contact */
    char *routes;                 /* its Record-Route, or "" */
    char *event_id;               /* the id parameter of its Event, or "" */
    uint32_t local_cseq, remote_cseq;
    uint32_t version; /* of the next document */
    uint64_t expires_ms;
    struct loop_timer *timer; /* the end, or the next NOTIFY when it must wait */
    /* what is still to be told */
    bool owed, urgent;
    struct way *notify; /* the one that waits for its answer */
    uint64_t notified_ms;
    struct binding *ended;
    struct described_impu *impus;
    unsigned retry_after_s;
    char *last_words; /* the document that ends it, from the version's digits on */
    char reason[64];  /* of Subscription-State: terminated */
};

/* watcher_new - add one to a set, with a new id; texts are the caller's to fill. */
struct watcher *watcher_new(struct scscf *, struct registration *);
/* watcher_find - by the user part of our Contact, or NULL; also one that is leaving. */
struct watcher *watcher_find(const struct scscf *, const char *id);
/* watcher_leave - out of its set: from now on it only says its last words. */
void watcher_leave(struct watcher *);
/* watcher_free - at once and without a word, also in the journal. */
void watcher_free(struct watcher *);
/* watcher_forget_told - what was to be told has been. */
void watcher_forget_told(struct watcher *);
/* watchers_print_live - one line each. watchers_abandon - forget all: the daemon ends, the journal
 * keeps them. */
void watchers_print_live(const struct scscf *, FILE *);
void watchers_abandon(struct scscf *);

/* notify.c */
/* notify_now - the state, as soon as the NOTIFY under way is answered. */
void notify_now(struct watcher *);
/* notify_end - the state, and Subscription-State: terminated with this reason. The watcher leaves
 * its set. */
void notify_end(struct watcher *, const char *reason);
/* notify_arm - (re)start its timer. */
void notify_arm(struct watcher *);
/* notify_changed - changed (change.h), for all watchers of the set. */
void notify_changed(struct scscf *, struct registration *, const struct binding *ended, enum change,
                    const struct change_cause *);

#endif
