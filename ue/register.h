/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the registration share: register.c has the table of states and events,
 * register_challenge.c answers a 401, register_retry.c goes on after an answer that is none,
 * register_end.c has the ends. */
#ifndef IMSLAB_UE_REGISTER_H
#define IMSLAB_UE_REGISTER_H

#include "ue.h"

struct register_input { /* what an event brings; all zero when it brings nothing */
    int status;
    const sip_t *sip; /* NULL: nobody answered (408), or it could not be sent (503) */
};

/* register_send - a REGISTER to the present P-CSCF; the answer arrives as an event. auth as in
 * register_text.h. Fails by giving up. */
void register_send(struct ue *ue, const struct register_credentials *auth);
void register_on_answer(void *arg, int status, const sip_t *sip, msg_t *answer);
/* register_fresh_round - nothing was tried yet. */
void register_fresh_round(struct registration *r);
/* register_ask - the first REGISTER of a round: no answer to a challenge in it. */
void register_ask(struct ue *ue);
/* register_give_up - no registration from this; the sentence without "failed: ". */
void register_give_up(struct ue *ue, int err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The steps of the table that stand in other files. */
typedef void register_step_fn(struct ue *ue, const struct register_input *in);
register_step_fn register_answer_challenge, register_try_next; /* challenge, retry */
register_step_fn register_refused, register_leave, register_be_gone, register_be_idle,
    register_forget; /* end */

/* register_way - the end that requests to the present P-CSCF leave from, and where to; it may be
 * protected. register_pcscf_port - the port of the P-CSCF, as a URI has it. */
struct sip *register_way(const struct ue *ue, struct sip_target *to);
unsigned register_pcscf_port(const struct ue *ue);

/* reg_event.c: reg_event_registered - after each 200 to REGISTER. reg_event_stop - the registration
 * has ended. reg_event_notified - a NOTIFY from the P-CSCF. */
void reg_event_registered(struct ue *ue);
void reg_event_stop(struct ue *ue);
/* reg_event_await_end - answers reg.ask when the NOTIFY of the de-registration came, or soon. */
void reg_event_await_end(struct ue *ue);
void reg_event_notified(struct ue *ue, struct sip_request *request);

/* register_timer - EV_TIMER in so many milliseconds; replaces the one that runs. */
void register_timer(struct ue *ue, uint64_t ms);

/* The seed's local step: what the ISIM knows. */
void register_take_identities(struct ue *ue);
/* register_open_sip - a socket on the terminal's address, unless there is one. 0 or -errno. */
int register_open_sip(struct ue *ue, struct why *why);
/* register_first_pcscf - which of pdp.pcscf a registration begins with: the one that the terminal's
 * `pcscf` names, when the network gave its address (else a warning); the network's first (TS 24.229
 * 9.2.1 leaves the choice to the terminal). */
size_t register_first_pcscf(const struct ue *ue);
/* register_own_address - the one that talks to the present P-CSCF, with the SIP port. */
struct addr register_own_address(const struct ue *ue);
/* register_describe - into reg.busy: why the last try has to be repeated. */
void register_describe(struct ue *ue, const struct register_input *in);

/* register_random - n/2 random octets as n hex digits and the NUL. */
void register_random(char *hex, size_t n);
/* register_pcscf_text - "10.45.0.1:5060 over UDP" into buf[2 * ADDR_TEXT]; returns it. */
const char *register_pcscf_text(const struct ue *ue, char *buf);

#endif
