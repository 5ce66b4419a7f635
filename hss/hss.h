/* SPDX-License-Identifier: Apache-2.0 */
/* The HSS: one file per Cx command. Each answer_* takes one request and makes one answer, at once,
 * on the thread that owns the store; a test needs nothing else. */
#ifndef IMSLAB_HSS_H
#define IMSLAB_HSS_H

#include "conf.h"
#include "cx.h"
#include "store.h"

/* answer_uar, answer_mar, answer_sar, answer_lir - TS 29.228 6.1.1.1, 6.3.1, 6.1.2.1, 6.1.4.1.
 * peer   Diameter identity of who asks; stored with the S-CSCF name
 * answer out, zeroed first; a result, always. saa->user_data is malloc'd
 * why    out: for a refusal, one sentence for whoever reads the log; "" otherwise
 * A database that fails gives 5012 and changes nothing. */
void answer_uar(struct store *store, const struct cx_uar *uar, struct cx_uaa *uaa, struct why *why);
void answer_mar(struct store *store, const char *peer, const struct cx_mar *mar, struct cx_maa *maa,
                struct why *why);
void answer_sar(struct store *store, const char *peer, const struct cx_sar *sar, struct cx_saa *saa,
                struct why *why);
void answer_lir(struct store *store, const struct cx_lir *lir, struct cx_lia *lia, struct why *why);

/* user_data - the IMSSubscription document of an implicit set (TS 29.228 annex E): malloc'd XML.
 * impi      whose PrivateID it names
 * features  CX_FEATURE_SIFC, CX_FEATURE_ALIAS: what the S-CSCF knows; without the first the shared
 *           filter criteria are written out, without the second identities that are no aliases of
 *           each other stand in profiles of their own (29.229 7.1.1)
 * Between sql_begin and sql_commit. */
char *user_data(struct store *store, int64_t set, const char *impi, uint32_t features);

/* import_subscribers - put every subscriber of lab.yaml that the database does not know into it,
 * with the key of its card; those it knows stay as they are (SQN!), with a warning in the log when
 * lab.yaml says otherwise. 0, or -EIO and *why. added, known: how many. */
int import_subscribers(struct store *store, const struct conf *conf, size_t *added, size_t *known,
                       struct why *why);
/* import_subscriber - one of them; sim NULL: no key. Between sql_begin and sql_commit. */
void import_subscriber(struct store *store, const struct conf *conf,
                       const struct conf_subscriber *s, const struct conf_sim *sim);

/* serve_open - answer Cx from the store thread; the pusher hears of S-CSCFs that connect.
 * serve_print: for SIGUSR1. */
struct serve;
struct pusher;
struct serve *serve_open(struct cx *cx, struct store_thread *thread, struct pusher *pusher);
void serve_close(struct serve *serve);
void serve_print(const struct serve *serve, FILE *out);

#endif
