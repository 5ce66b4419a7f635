/* SPDX-License-Identifier: Apache-2.0 */
/* Restoration (TS 23.380 4, TS 29.228 6.1.2): what another life of this S-CSCF, or another S-CSCF,
 * needs to serve a terminal goes to the HSS with each registration, and comes back when somebody
 * asks for a user whom nobody knows here any more. */
#ifndef IMSLAB_SCSCF_RESTORATION_H
#define IMSLAB_SCSCF_RESTORATION_H

#include "scscf.h"

/* restoration_fill - the contacts that this IMPI will have once asked is carried out, into a SAR
 * that begins or renews a registration. reg NULL: nothing bound yet. Texts belong to home. */
void restoration_fill(struct scscf *, struct cx_sar *, su_home_t *home,
                      const struct registration *reg, const struct asked *asked);
/* restoration_ask - SAR NO_ASSIGNMENT: does the HSS hold this identity for registered here?
 * impi "": of nobody in particular. Returns the handle for cx_cancel; done as of cx_ask_sar. */
struct cx_op *restoration_ask(struct scscf *, const char *impi, const char *impu, const char *call,
                              cx_saa_fn *done, void *arg);
/* restoration_take - make the set and its contacts again from the answer to it (err as cx_saa_fn
 * has it), in the journal, too. They last until Registration-Time-Out, at most max_expires_s; what
 * is over expires at once. A set that is there meanwhile stays as it is. NULL: nothing to restore;
 * the reason is in the log. */
struct registration *restoration_take(struct scscf *, const char *impu, const char *call, int err,
                                      const struct cx_saa *saa);

/* lost.c: lost_ask - this SUBSCRIBE waits until the HSS was asked; then subscribe_look.
 * lost_forget - refuse those that wait with 503: the daemon ends. */
void lost_ask(struct scscf *, struct sip_request *request, const char *impu);
void lost_forget(struct scscf *);
void lost_print_live(const struct scscf *, FILE *);

#endif
