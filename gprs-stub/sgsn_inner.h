/* SPDX-License-Identifier: Apache-2.0 */
/* The ONE struct of the SGSN, its MM contexts (a terminal) and PDP contexts (an address of it).
 * sgsn.c takes messages in and sends them, mm.c keeps the contexts, and attach.c, detach.c,
 * activate.c, deactivate.c are the procedures. */
#ifndef IMSLAB_SGSN_INNER_H
#define IMSLAB_SGSN_INNER_H

#include "aka.h"
#include "auc.h"
#include "gb_link.h"
#include "gtp1_path.h"
#include "log.h"
#include "nas.h"
#include "sgsn.h"
#include "sndcp.h"

enum { SGSN_BUCKETS = 4096, SGSN_MOST = 100000 }; /* MM contexts */
enum { NSAPI_FIRST = 5, NSAPI_END = 16 };

enum mm_state {
    MM_IDENTIFYING,    /* Identity Request is out (T3370) */
    MM_AUTHENTICATING, /* Authentication and Ciphering Request is out (T3360) */
    MM_ACCEPTING,      /* Attach Accept is out (T3350) */
    MM_ATTACHED,
    MM_DETACHING, /* waits for the GGSN to delete the PDP contexts */
};

enum pdp_state {
    PDP_CREATING, /* Create PDP Context Request is out */
    PDP_ACTIVE,
    PDP_DELETING,     /* Delete PDP Context Request is out */
    PDP_DEACTIVATING, /* Deactivate PDP Context Request to the terminal is out (T3395) */
};

struct pdp;
typedef void pdp_fn(struct pdp *);

struct traffic { /* of one direction */
    unsigned long packets, octets;
};

struct pdp {
    struct pdp *next, **at; /* all of the SGSN */
    struct pdp *next_data;  /* of its bucket */
    struct sgsn *sgsn;
    struct mm *mm; /* NULL: abandoned, only to be deleted at the GGSN */
    enum pdp_state state;
    char imsi[GSM_DIGITS];
    uint8_t nsapi, ti;
    struct sm_activate_request request; /* what the terminal asked for */
    struct gsm_pdp_address address;     /* what it got */
    uint32_t teid_control, teid_data;   /* ours; control is the terminal's */
    uint32_t their_control, their_data; /* the GGSN's */
    struct addr ggsn, ggsn_user;
    struct gtp_request *pending;
    pdp_fn *deleted; /* what follows the Delete PDP Context Response, or the silence of the GGSN */
    struct loop_timer *timer; /* T3395 */
    unsigned tries;
    uint8_t cause; /* of the deactivation by the network */
    struct sndcp sndcp;
    struct traffic up, down;
    unsigned long dropped; /* packets, both directions */
};

struct mm {
    struct mm *next, **at;             /* all of the SGSN */
    struct mm *next_imsi, *next_ptmsi; /* of their buckets */
    struct mm *next_teid;
    struct sgsn *sgsn;
    enum mm_state state;
    char imsi[GSM_DIGITS];                    /* "" while identifying */
    const struct conf_subscriber *subscriber; /* NULL while identifying */
    uint32_t ptmsi;                           /* 0 before one is given */
    uint32_t teid_control;                    /* ours, for all its PDP contexts */
    struct gb_terminal *terminal;
    struct gmm_attach_request request; /* the one being served: a repeated one is recognised */
    struct loop_timer *timer;          /* T3370, T3360, T3350 */
    unsigned tries;
    bool asked_imsi, doubted;   /* during this attach: the IMSI; because of a wrong answer */
    struct aka_vector vector;   /* of the challenge that is out */
    uint8_t cksn, reference;    /* of the same */
    bool resynchronised;        /* during this attach */
    bool power_off;             /* detaching: no accept is wanted */
    struct pdp *pdp[NSAPI_END]; /* by NSAPI */
};

struct sgsn {
    const struct conf *conf;
    struct loop *loop;
    struct gb_link *gb;
    struct gtp_path *path;
    struct gtpu *user;
    struct auc *auc; /* NULL: terminals are believed */
    uint8_t recovery;
    struct gsm_rai rai;
    struct mm *mms;
    size_t mm_count;
    struct pdp *pdps;
    struct mm *by_imsi[SGSN_BUCKETS], *by_ptmsi[SGSN_BUCKETS], *by_teid[SGSN_BUCKETS];
    struct pdp *by_data[SGSN_BUCKETS];
};

/* --- sgsn.c: messages --------------------------------------------------------------------------
 */

/* mm_send - one NAS message to the terminal, with its arrow line. */
void mm_send(struct mm *mm, const struct nas *m);
/* sgsn_send - the same to a TLLI that has no context. imsi may be "". */
void sgsn_send(struct sgsn *sgsn, const struct gb_way *way, uint32_t tlli, const struct nas *m,
               const char *imsi);
/* mm_status - GMM Status or SM Status: what is wrong with the message that was received. */
void mm_status(struct mm *mm, const struct nas *received, unsigned cause);
/* sgsn_terminal - hear what comes from this TLLI as from this context. */
struct gb_terminal *sgsn_terminal(struct sgsn *sgsn, const struct gb_way *way, uint32_t tlli,
                                  struct mm *mm);
/* mm_refused - the "==" line of a refusal. */
void mm_refused(const char *imsi, const char *what, unsigned cause, const char *cause_text);

/* --- mm.c: contexts ----------------------------------------------------------------------------
 */

/* mm_add - a terminal that was not known, heard through the link; NULL when there are too many. */
struct mm *mm_add(struct sgsn *sgsn, const struct gb_way *way, uint32_t tlli);
/* mm_remove - the context and its timers; its PDP contexts are abandoned: deleted at the GGSN. */
void mm_remove(struct mm *mm);
struct mm *mm_find_imsi(struct sgsn *sgsn, const char *imsi);
struct mm *mm_find_ptmsi(struct sgsn *sgsn, uint32_t ptmsi);
struct mm *mm_find_teid(struct sgsn *sgsn, uint32_t teid_control);
/* mm_set_imsi - who it says it is. mm_claim_imsi - it is: mm_find_imsi finds it from now on, an
 * older context of the same IMSI is removed. */
void mm_set_imsi(struct mm *mm, const char *imsi);
void mm_claim_imsi(struct mm *mm);
/* mm_new_ptmsi - a random one that no other terminal has; the one before is forgotten. */
void mm_new_ptmsi(struct mm *mm);
/* mm_wait, mm_wait_no_more - the one timer of the context. */
void mm_wait(struct mm *mm, unsigned ms, loop_fn *fn);
void mm_wait_no_more(struct mm *mm);

/* pdp_add - a context in state PDP_CREATING; the NSAPI must be free. */
struct pdp *pdp_add(struct mm *mm, unsigned nsapi, unsigned ti);
/* pdp_find_ti - by the terminal's transaction identifier; NULL: none. */
struct pdp *pdp_find_ti(struct mm *mm, unsigned ti);
/* pdp_remove - out of the tables and freed, nothing more is sent. */
void pdp_remove(struct pdp *pdp);
/* pdp_delete - ask the GGSN to delete it; deleted is called when it has, or is silent. */
void pdp_delete(struct pdp *pdp, pdp_fn *deleted);
/* pdp_abandon - the terminal has nothing to do with it any more; deleted at the GGSN when it is
 * there, and then removed. */
void pdp_abandon(struct pdp *pdp);

/* --- sgsn_user.c: the terminals' packets --------------------------------------------------------
 */

/* pdp_user_add - give the context its data TEID and put it where that is looked up;
 * pdp_user_remove - out of there. */
void pdp_user_add(struct pdp *pdp);
void pdp_user_remove(struct pdp *pdp);
/* sgsn_user_open - bind GTP-U. 0 or -errno with a sentence. */
int sgsn_user_open(struct sgsn *sgsn, struct why *why);
/* sgsn_is_user_sapi - whether an LLC SAPI carries user data. */
bool sgsn_is_user_sapi(unsigned sapi);
/* sgsn_user_up - what came from the terminal on a SAPI for user data. */
void sgsn_user_up(struct mm *mm, unsigned sapi, const uint8_t *data, size_t len);

/* --- the procedures ----------------------------------------------------------------------------
 */

/* attach_begin - an Attach Request from a TLLI that has no context.
 * attach_again - one from a terminal that has: repeated, or a new life of it. */
void attach_begin(struct sgsn *sgsn, const struct gb_way *way, uint32_t tlli,
                  const struct gmm_attach_request *request);
void attach_again(struct mm *mm, const struct gmm_attach_request *request);
/* attach_on_identity, attach_on_complete - the terminal's answers. */
void attach_on_identity(struct mm *mm, const struct nas *m);
void attach_on_complete(struct mm *mm, const struct nas *m);
/* attach_on_authenticated, attach_refuse - how the authentication ends. attach_ask_identity - it
 * begins again with an Identity Request. */
void attach_on_authenticated(struct mm *mm);
void attach_refuse(struct mm *mm, unsigned cause);
void attach_ask_identity(struct mm *mm);

/* authenticate_begin - challenge the terminal that says it is mm->imsi. Ends in one of the three
 * above, or with the context: rejected, or silent. */
void authenticate_begin(struct mm *mm);
void authenticate_on_response(struct mm *mm, const struct nas *m);
void authenticate_on_failure(struct mm *mm, const struct nas *m);
/* authenticate_reject - it is not who it says; the context ends. */
void authenticate_reject(struct mm *mm, const char *reason);

/* rau_begin - a Routing Area Update Request of a terminal that has a context. rau_stranger - from a
 * TLLI that has none: perhaps the P-TMSI that it is made of has. */
void rau_begin(struct mm *mm, const struct nas *m);
void rau_stranger(struct sgsn *sgsn, const struct gb_way *way, uint32_t tlli, const struct nas *m);

/* detach_begin - a Detach Request of an attached terminal. */
void detach_begin(struct mm *mm, const struct gmm_detach_request *request);
/* detach_stranger - a Detach Request from a TLLI that has no context: it is right. */
void detach_stranger(struct sgsn *sgsn, const struct gb_way *way, uint32_t tlli,
                     const struct gmm_detach_request *request);
/* detach_send_away - anything else from such a TLLI: attach again. */
void detach_send_away(struct sgsn *sgsn, const struct gb_way *way, uint32_t tlli);

/* activate_begin - an Activate PDP Context Request. */
void activate_begin(struct mm *mm, const struct nas *m);
/* activate_refuse - an Activate PDP Context Request that could not even be read. */
void activate_refuse(struct mm *mm, const struct nas *m, unsigned cause);

/* deactivate_begin - a Deactivate PDP Context Request. */
void deactivate_begin(struct mm *mm, const struct nas *m);
/* deactivate_by_network - tell the terminal; the GGSN has forgotten the context already. */
void deactivate_by_network(struct pdp *pdp, unsigned cause);
/* deactivate_on_accept - the terminal's answer to it. */
void deactivate_on_accept(struct mm *mm, const struct nas *m);

#endif
