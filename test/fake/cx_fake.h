/* SPDX-License-Identifier: Apache-2.0 */
/* A scripted Diameter side for flow tests: replaces cx.h. What a room asks is kept in order; the
 * test looks at the oldest question and answers it. The room's done function runs from the loop
 * (turn the fake loop after answering), exactly as with the real one; the HSS side likewise.
 *
 *   const struct cx_uar *uar = fake_cx_uar();          // the oldest waiting question; fails the
 *   assert_string_equal(uar->impu, "sip:a@hims.net");  // test when it is no UAR
 *   fake_cx_answer_uaa(&(struct cx_uaa){.result = CX_FIRST_REGISTRATION});
 *   turn the loop                                      // now on_uaa runs
 */
#ifndef IMSLAB_CX_FAKE_H
#define IMSLAB_CX_FAKE_H

#include "cx.h"

/* fake_cx_reset - forget everything; call it before each test. */
void fake_cx_reset(void);

/* ---- the room asks (I-CSCF, S-CSCF) ---- */

/* fake_cx_waiting - how many questions wait for an answer of the test; fake_cx_asked - how many
 * were asked since the reset, cancelled ones too. */
size_t fake_cx_waiting(void);
size_t fake_cx_asked(void);
/* fake_cx_uar ... - the oldest waiting question. Fails the test when there is none, or another. */
const struct cx_uar *fake_cx_uar(void);
const struct cx_mar *fake_cx_mar(void);
const struct cx_sar *fake_cx_sar(void);
const struct cx_lir *fake_cx_lir(void);
/* the HSS asks; fake_cx_host: which S-CSCF */
const struct cx_rtr *fake_cx_rtr(void);
const struct cx_ppr *fake_cx_ppr(void);
const char *fake_cx_host(void);
/* fake_cx_call - the call tag of the oldest waiting question. */
const char *fake_cx_call(void);
/* fake_cx_answer_* - answer the oldest waiting question, which must be of that kind; the struct is
 * copied (user_data too). fake_cx_fail - let it fail with -ETIMEDOUT, -EHOSTUNREACH, ... */
void fake_cx_answer_uaa(const struct cx_uaa *uaa);
void fake_cx_answer_maa(const struct cx_maa *maa);
void fake_cx_answer_saa(const struct cx_saa *saa);
void fake_cx_answer_lia(const struct cx_lia *lia);
void fake_cx_answer_rta(const struct cx_rta *rta);
void fake_cx_answer_ppa(const struct cx_ppa *ppa);
void fake_cx_fail(int err);
/* fake_cx_set_open - what cx_is_open and cx_peer_is_open say; true after a reset.
 * fake_cx_peer_open: handlers->peer_open runs, at once. */
void fake_cx_set_open(bool open);
void fake_cx_peer_open(const char *identity);

/* ---- the room answers (HSS; RTR and PPR: S-CSCF) ---- */

/* fake_cx_ask_* - a CSCF of this Diameter identity asks: the handler of cx_serve runs from the
 * loop. Then fake_cx_uaa ... is the last answer given since, NULL when there is none yet. */
void fake_cx_ask_uar(const char *peer, const struct cx_uar *uar);
void fake_cx_ask_mar(const char *peer, const struct cx_mar *mar);
void fake_cx_ask_sar(const char *peer, const struct cx_sar *sar);
void fake_cx_ask_lir(const char *peer, const struct cx_lir *lir);
void fake_cx_ask_rtr(const char *peer, const struct cx_rtr *rtr);
void fake_cx_ask_ppr(const char *peer, const struct cx_ppr *ppr); /* user_data is copied */
const struct cx_uaa *fake_cx_uaa(void);
const struct cx_maa *fake_cx_maa(void);
const struct cx_saa *fake_cx_saa(void);
const struct cx_lia *fake_cx_lia(void);
const struct cx_rta *fake_cx_rta(void);
const struct cx_ppa *fake_cx_ppa(void);

#endif
