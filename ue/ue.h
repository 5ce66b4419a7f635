/* SPDX-License-Identifier: Apache-2.0 */
/* The terminal: ONE struct, and what its rooms do. Read in this order: radio.c (the Gb link and
 * who gets which message), attach.c, pdp.c, register.c, steps.c (what must come before what),
 * console.c (the user). Each room asks the network one thing at a time and tells the outcome, once,
 * through a ue_done_fn. */
#ifndef IMSLAB_UE_H
#define IMSLAB_UE_H

#include <net/if.h>
#include <stdio.h>

#include "conf.h"
#include "dns.h"
#include "gb_link.h"
#include "log.h"
#include "loop.h"
#include "nas.h"
#include "register_answer.h"
#include "register_text.h"
#include "sa.h"
#include "sim.h"
#include "sip.h"
#include "sndcp.h"
#include "subscription.h"

#define UE_SENTENCE 640 /* room for the longest outcome */
enum { UE_NSAPI = 5 };  /* of the one PDP context */

/* ue_done_fn - the outcome of what was asked, once, later, from the loop: err 0, or -errno; the
 * sentence says what is now, or what failed and the likely cause. Valid during the call. */
typedef void ue_done_fn(void *arg, int err, const char *sentence);

/* Who waits for the outcome of a room's procedure. */
struct ue_ask {
    struct loop *loop;
    ue_done_fn *done; /* NULL: nobody */
    void *arg;
    struct loop_timer *soon; /* answered; the loop will tell */
    int err;
    char sentence[UE_SENTENCE];
};

/* What the card said to the challenge that is being answered; it may come again. */
struct auth_answer {
    bool held;
    uint8_t rand[16], res[8];
};

struct attach { /* GMM, TS 24.008 4.7 */
    enum { GMM_DETACHED, GMM_ATTACHING, GMM_ATTACHED, GMM_DETACHING } state;
    struct ue_ask ask;
    struct loop_timer *timer; /* T3310 or T3321 */
    unsigned tries;           /* how often the request was sent */
    uint32_t ptmsi;
    bool has_ptmsi;
    struct gsm_rai rai;
    struct auth_answer answer; /* wiped when the attach ends */
    bool wrong_mac;            /* the network failed before the card */
};

struct pdp { /* SM, TS 24.008 6.1.3: one context, NSAPI 5 */
    enum { PDP_INACTIVE, PDP_ACTIVATING, PDP_ACTIVE, PDP_DEACTIVATING } state;
    struct ue_ask ask;
    struct loop_timer *timer; /* T3380 or T3390 */
    unsigned tries;
    struct addr address, address6; /* what the GGSN gave; port 0 */
    struct addr pcscf[8];          /* in the network's order of preference */
    size_t pcscf_count;
    struct addr dns[4];
    size_t dns_count;
    unsigned mtu;
    bool im_cn; /* the network took it as a context for signalling only */
    uint8_t llc_sapi;
    bool on_interface, on_interface6;
};

struct plane_count { /* of one direction */
    unsigned long packets, octets;
};

struct plane {     /* the terminal's packets, TS 44.065 */
    bool on;       /* there are a namespace of its own and TUN devices */
    int home, own; /* network namespaces: of the Gb link, of all the rest; -1: none */
    int fd;        /* the TUN device; -1: no context */
    struct loop_watch *watch;
    char interface[IFNAMSIZ]; /* "tun-name" */
    struct sndcp sndcp;
    struct plane_count up, down;
    unsigned long dropped; /* packets and PDUs, both directions */
};

enum reg_state {
    REG_IDLE,
    REG_ASKED,    /* REGISTER is out, not challenged yet */
    REG_ANSWERED, /* REGISTER with the answer to a challenge is out */
    REG_BACKING_OFF,
    REG_REGISTERED,
    REG_DEREGISTERING,
    REG_STATES
};

struct reg_watch { /* the subscription to what becomes of the registration */
    struct subscription subscription;
    struct sip_op *op;        /* the SUBSCRIBE that is out */
    struct loop_timer *timer; /* its refresh; not bound: a new registration */
    struct ue_ask ask;        /* waits for the first NOTIFY */
    bool on, told, is_anew;
    bool leaving;                   /* de-registered: the last NOTIFY is awaited */
    bool over;                      /* it came */
    char sentence[UE_SENTENCE / 2]; /* what was told last */
};

struct registration { /* TS 24.229 5.1.1 */
    enum reg_state state;
    struct ue_ask ask;
    struct sip *sip;
    struct sip_op *op;        /* the REGISTER that is out */
    struct loop_timer *timer; /* back-off, or refresh */
    char call_id[33], from_tag[9], call[CALL_TAG];
    unsigned cseq;
    unsigned expires_s; /* to ask for */
    struct sas sas;
    bool offers;             /* Security-Client stands in the REGISTER: no 420 forbade it */
    unsigned disagreed;      /* how often an agreement failed and all began anew */
    size_t pcscf;            /* which of pdp.pcscf */
    size_t pcscf_tried;      /* how many of them, since one answered */
    unsigned rounds;         /* how often all P-CSCFs were tried: back-off grows with it */
    unsigned briefs;         /* how often the network wanted a longer time */
    unsigned challenges;     /* since the last 200 */
    unsigned bad_challenges; /* consecutive ones that were invalid (TS 24.229 5.1.1.5.3) */
    struct challenge challenge;
    char complaint[UE_SENTENCE]; /* what was wrong with the last challenge; "": nothing */
    char busy[UE_SENTENCE];      /* why the last try has to be repeated */
    bool bound;                  /* the network holds our contact ... */
    int64_t until_s;             /* ... until then (wall clock) */
    int64_t refresh_s;
    struct registration_accept accept;
    struct reg_watch event;
};

struct ue;

/* The search for a P-CSCF in the DNS. */
struct discover {
    struct dns *dns; /* asks the servers of the PDP context */
    struct dns_op *op;
    void (*done)(struct ue *);
};

typedef void ue_notice_fn(void *arg, const char *sentence);

struct ue {
    struct loop *loop;
    const struct conf *conf;
    const struct conf_terminal *terminal;
    struct sim sim;
    char call[CALL_TAG]; /* of the IMSI: the log of what is not SIP */
    struct gb_link *gb;
    struct gb_terminal *radio;
    struct attach attach;
    struct pdp pdp;
    struct discover discover;
    struct plane plane;
    struct registration reg;
    ue_notice_fn *notice; /* hears what nobody asked for: a lost registration */
    ue_notice_fn *delay;  /* hears why an outcome takes its time */
    void *notice_arg;     /* of both */
};

/* ue_open - a terminal that is switched on and idle. name NULL: the first of the configuration.
 * 0, or -errno with a sentence: no such terminal, no such SIM, a state file that makes no sense. */
int ue_open(struct ue *ue, struct loop *loop, const struct conf *conf, const char *name,
            struct why *why);
/* ue_close - at once and without a word to the network; the address is taken off. */
void ue_close(struct ue *ue);
/* ue_abort - stop whatever is under way and tell nobody; what was reached stays. */
void ue_abort(struct ue *ue);
/* ue_say - tell the user something that nobody asked for (and log it). */
void ue_say(struct ue *ue, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* ue_delayed - tell the user why it takes its time (and log it). */
void ue_delayed(struct ue *ue, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* ue_print - what is, several lines: `status` and SIGUSR1. */
void ue_print(struct ue *ue, FILE *out);

/* ask.c: who waits. One at a time; asserted. */
void ask_open(struct ue_ask *ask, struct loop *loop, ue_done_fn *done, void *arg);
bool ask_is_open(const struct ue_ask *ask); /* and not answered yet */
/* ask_answer - tell the outcome from the loop, soon. Nobody waits: nothing happens. */
void ask_answer(struct ue_ask *ask, int err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void ask_drop(struct ue_ask *ask); /* nobody waits any more */

/* radio.c */
/* radio_open - a new Gb link; attach_on_link hears when it is up or not to be had. 0 or -errno. */
int radio_open(struct ue *ue, struct why *why);
/* radio_renew - a new random TLLI: what a terminal without a P-TMSI begins with. */
void radio_renew(struct ue *ue);
void radio_close(struct ue *ue);
/* radio_send - one NAS message; logged. 0 or -errno: it is lost. */
int radio_send(struct ue *ue, const struct nas *m);
const char *radio_sgsn(const struct ue *ue, char buf[ADDR_TEXT]); /* "10.60.1.11:2157" */

/* attach.c. Outcomes: 0; -ETIMEDOUT nobody answers; -ECONNREFUSED rejected; -EACCES authentication.
 */
void attach_begin(struct ue *ue, ue_done_fn *done, void *arg);
void attach_on_link(struct ue *ue, bool up, const struct why *why);
void attach_on_nas(struct ue *ue, const struct nas *m);
void attach_abort(struct ue *ue);
/* attach_fail - the attach ends with this sentence; the terminal is detached. */
void attach_fail(struct ue *ue, int err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* attach_identity - who the terminal is, in the type (enum nas_identity) that was asked for. */
void attach_identity(struct nas_mobile_id *id, const struct sim *sim, unsigned type);

/* authenticate.c: the card's answers; authenticate_forget: no challenge can come again. */
void authenticate_on_request(struct ue *ue, const struct nas *m);
void authenticate_on_reject(struct ue *ue, const struct nas *m);
void authenticate_forget(struct ue *ue);

/* detach.c. Outcomes: 0; -ETIMEDOUT, -ENOTCONN: detached, but the SGSN may not know. */
void detach_begin(struct ue *ue, ue_done_fn *done, void *arg);
void detach_power_off(struct ue *ue); /* no answer expected */
void detach_locally(struct ue *ue);   /* as if it had happened */
void detach_on_accept(struct ue *ue, const struct nas *m);
void detach_on_request(struct ue *ue, const struct nas *m);

/* pdp.c. Outcomes as attach.c, and -ENETUNREACH an accept without an address. */
void pdp_begin(struct ue *ue, ue_done_fn *done, void *arg); /* activate; attached */
void pdp_end(struct ue *ue, ue_done_fn *done, void *arg);   /* deactivate */
/* pdp_lost - the context is gone (network, detach): address off, registration gone. */
void pdp_lost(struct ue *ue);
void pdp_on_nas(struct ue *ue, const struct nas *m);
void pdp_abort(struct ue *ue);

/* plane.c: the terminal's packets. */
/* plane_open - once, before any socket: go into the terminal's network namespace, where TUN devices
 * can be had; where not, one line in the log says so and addresses go on an interface. 0, or -errno
 * with a sentence when lab.yaml says that it must be. plane_close - the device and the namespaces;
 * the process stays where it is. */
int plane_open(struct ue *ue, struct why *why);
void plane_close(struct ue *ue);
/* plane_go_home, plane_come_back - around opening a socket of the network side (Gb). */
void plane_go_home(struct ue *ue);
void plane_come_back(struct ue *ue);
/* plane_up - the TUN device with ue->pdp's addresses and MTU; sets on_interface. plane_down. */
void plane_up(struct ue *ue);
void plane_down(struct ue *ue);
/* plane_on_data - what came on a SAPI for user data. */
void plane_on_data(struct ue *ue, unsigned sapi, const uint8_t *data, size_t len);

/* discover.c: a P-CSCF from the DNS, when the PCO named none. discover_begin - done is called in
 * any case, at once when there is nothing to do; pdp.pcscf is filled when one was found. */
void discover_begin(struct ue *ue, void (*done)(struct ue *));
void discover_cancel(struct ue *ue);

/* address.c: what an accept brings. */
void address_read(struct ue *ue, const struct sm_activate_accept *accept); /* into ue->pdp */
void address_put(struct ue *ue);  /* on the terminal's interface; if not possible, it says why */
void address_take(struct ue *ue); /* off again */
/* address_text - "10.45.0.2 on ue0, APN ims, P-CSCF ..., DNS ..., MTU ..." into buf; returns it. */
const char *address_text(const struct ue *ue, char *buf, size_t size);

/* register.c. Outcomes: 0; -EACCES refused or not authenticated; -ETIMEDOUT nobody answers; others.
 */
void register_begin(struct ue *ue, ue_done_fn *done, void *arg); /* active; registered: refresh */
void register_end(struct ue *ue, ue_done_fn *done, void *arg);   /* de-register */
void register_lost(struct ue *ue);                               /* the address is gone */
void register_abort(struct ue *ue);
bool register_is_on(const struct ue *ue); /* the network holds our contact */

/* reg_event.c. reg_event_begin - subscribe, unless that is done, and wait for the first NOTIFY.
 * Outcomes: 0; -EACCES refused or nobody answers; -ENOTCONN not registered. */
void reg_event_begin(struct ue *ue, ue_done_fn *done, void *arg);

/* request.c: from the P-CSCF, inside a security association; plain: without one. */
void request_begin(void *ue, struct sip_request *request);
void request_begin_plain(void *ue, struct sip_request *request);

/* steps.c: a terminal is off, attached, active or registered; each needs the one before. */
enum ue_level { UE_OFF, UE_ATTACHED, UE_ACTIVE, UE_REGISTERED };
enum ue_level steps_level(const struct ue *ue);
struct steps;
/* steps_up - climb to a level, one room after the other, until one fails; at the level already: ask
 * its room once more (a registration is refreshed). steps_down - leave a level and what is above
 * it, whatever fails on the way: the first failure is the outcome. *handle is NULL again when done
 * runs; the sentence is the last room's. */
void steps_up(struct steps **handle, struct ue *ue, enum ue_level level, ue_done_fn *done,
              void *arg);
void steps_down(struct steps **handle, struct ue *ue, enum ue_level level, ue_done_fn *done,
                void *arg);
/* steps_cancel - stop, tell nobody; what was reached stays. NULL is fine. */
void steps_cancel(struct steps **handle);

#endif
