/* SPDX-License-Identifier: Apache-2.0 */
/* Cx (TS 29.228, 29.229) without a trace of the Diameter library: plain structs, ask once, hear
 * once, later. I-CSCF and S-CSCF ask with cx_ask_*; the HSS serves with cx_serve and answers each
 * cx_reply once. */
#ifndef IMSLAB_CX_H
#define IMSLAB_CX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "conf.h" /* enum conf_diameter */
#include "loop.h"
#include "why.h"

/* One space of results: Experimental-Result codes (vendor 10415) carry the CX_EXP bit, because the
 * same numbers mean other things as base Result-Code (TS 29.229 6.2, RFC 6733 7.1). */
enum cx_result {
    CX_EXP = 1 << 16,
    CX_SUCCESS = 2001,
    CX_COMMAND_UNSUPPORTED = 3001,
    CX_UNABLE_TO_DELIVER = 3002,
    CX_TOO_BUSY = 3004,
    CX_AUTHORIZATION_REJECTED = 5003,
    CX_INVALID_AVP_VALUE = 5004,
    CX_MISSING_AVP = 5005,
    CX_AVP_OCCURS_TOO_MANY_TIMES = 5009,
    CX_UNABLE_TO_COMPLY = 5012,
    CX_FIRST_REGISTRATION = CX_EXP | 2001,
    CX_SUBSEQUENT_REGISTRATION = CX_EXP | 2002,
    CX_UNREGISTERED_SERVICE = CX_EXP | 2003,
    CX_SERVER_NAME_NOT_STORED = CX_EXP | 2004,
    CX_USER_UNKNOWN = CX_EXP | 5001,
    CX_IDENTITIES_DONT_MATCH = CX_EXP | 5002,
    CX_IDENTITY_NOT_REGISTERED = CX_EXP | 5003,
    CX_ROAMING_NOT_ALLOWED = CX_EXP | 5004,
    CX_IDENTITY_ALREADY_REGISTERED = CX_EXP | 5005,
    CX_AUTH_SCHEME_NOT_SUPPORTED = CX_EXP | 5006,
    CX_IN_ASSIGNMENT_TYPE = CX_EXP | 5007,
    CX_TOO_MUCH_DATA = CX_EXP | 5008,
    CX_NOT_SUPPORTED_USER_DATA = CX_EXP | 5009,
    CX_FEATURE_UNSUPPORTED = CX_EXP | 5011,
    CX_SERVING_NODE_FEATURE_UNSUPPORTED = CX_EXP | 5012,
};
/* cx_result_text - "USER_UNKNOWN (5001)" for logs; static storage for the known ones, else "result
 * N" in a static buffer. */
const char *cx_result_text(int result);

enum cx_uat { CX_UAT_REGISTRATION, CX_UAT_DE_REGISTRATION, CX_UAT_REGISTRATION_AND_CAPABILITIES };
enum cx_sat { /* Server-Assignment-Type, TS 29.229 6.3.15 */
              CX_SAT_NO_ASSIGNMENT,
              CX_SAT_REGISTRATION,
              CX_SAT_RE_REGISTRATION,
              CX_SAT_UNREGISTERED_USER,
              CX_SAT_TIMEOUT_DEREGISTRATION,
              CX_SAT_USER_DEREGISTRATION,
              CX_SAT_TIMEOUT_DEREGISTRATION_STORE_SERVER_NAME,
              CX_SAT_USER_DEREGISTRATION_STORE_SERVER_NAME,
              CX_SAT_ADMINISTRATIVE_DEREGISTRATION,
              CX_SAT_AUTHENTICATION_FAILURE,
              CX_SAT_AUTHENTICATION_TIMEOUT,
              CX_SAT_DEREGISTRATION_TOO_MUCH_DATA,
};

#define CX_TEXT         256 /* IMPI, IMPU, Server-Name, realm */
#define CX_MAX_IDS      16
#define CX_MAX_CONTACTS 16 /* of one SCSCF-Restoration-Info */
#define CX_MAX_CAPS     32
#define CX_MAX_VECTORS  5

struct cx_capabilities {
    uint32_t mandatory[CX_MAX_CAPS], optional[CX_MAX_CAPS];
    size_t mandatory_count, optional_count;
    char server[8][CX_TEXT]; /* Server-Name inside Server-Capabilities: overrides the numbers
                                (29.228 6.7) */
    size_t server_count;
};

/* Supported-Features of 3GPP's list 1 (TS 29.229 7.1.1); all zero: not sent. An asker that sets
 * none gets an answer without shared iFC set ids, alias groups and restoration information. */
enum {
    CX_FEATURE_SIFC = 1 << 0,        /* shared iFC sets by their id */
    CX_FEATURE_ALIAS = 1 << 1,       /* alias groups inside one service profile */
    CX_FEATURE_RESTORATION = 1 << 2, /* IMS restoration: SCSCF-Restoration-Info */
    CX_FEATURE_PCSCF_RESTORATION = 1 << 3,
};
struct cx_features {
    uint32_t bits;
    bool required; /* requests: the M bit: whoever lacks one of them must refuse with 5011 */
    bool foreign;  /* received: a required list that is not 3GPP's list 1 */
};

struct cx_uar {
    char impi[CX_TEXT], impu[CX_TEXT];
    char visited[CX_TEXT]; /* Visited-Network-Identifier, as text */
    int type;              /* enum cx_uat; from the wire it may be anything: check */
    uint32_t flags;        /* CX_UAR_EMERGENCY */
    struct cx_features features;
};
enum { CX_UAR_EMERGENCY = 1 }; /* UAR-Flags (29.229 6.3.44): an IMS emergency registration */
struct cx_uaa {
    int result;
    struct cx_features features;
    char server_name[CX_TEXT]; /* "" when absent */
    bool has_capabilities;
    struct cx_capabilities capabilities;
};

/* SIP-Digest-Authenticate: H(username:realm:password), so the password need not be known (29.229
 * 6.3.36, 29.228 table 6.3.7). A user with both has MD5 here and SHA-256 as the alternate; one with
 * SHA-256 alone has it here. */
struct cx_digest {
    char realm[CX_TEXT];
    char qop[16];       /* "auth" */
    char algorithm[16]; /* "MD5" or "SHA-256"; "": MD5 */
    char ha1[65];       /* lower-case hex; "": no digest in this item */
    char alternate_algorithm[16], alternate_ha1[65]; /* "" when absent */
};
struct cx_vector { /* one SIP-Auth-Data-Item; wipe() after use */
    uint32_t item;
    char scheme[64];
    /* AKA; xres_len 0: none of it */
    uint8_t rand[16], autn[16]; /* SIP-Authenticate = RAND || AUTN */
    uint8_t xres[16];
    size_t xres_len;
    uint8_t ck[16], ik[16];
    struct cx_digest digest; /* SIP Digest */
};
struct cx_mar {
    char impi[CX_TEXT], impu[CX_TEXT], server_name[CX_TEXT];
    uint32_t items;            /* SIP-Number-Auth-Items */
    char scheme[64];           /* "Digest-AKAv1-MD5", "SIP Digest", "Unknown" */
    uint8_t authorization[64]; /* resync: RAND(16) || AUTS(14); length checked by the HSS */
    size_t authorization_len;  /* 0: no resync */
    struct cx_features features;
};
struct cx_maa {
    int result;
    struct cx_features features;
    char impi[CX_TEXT], impu[CX_TEXT];
    size_t count;
    struct cx_vector vector[CX_MAX_VECTORS];
};

/* What another S-CSCF needs to serve a user whose S-CSCF was lost (TS 23.380 4, 29.229 6.3.46,
 * 6.3.52). Texts are header contents, malloc'd, NULL when absent; the HSS keeps them as they are.
 */
struct cx_subscription { /* the dialog of a reg event subscription */
    char *call_id, *from, *to, *record_route, *contact;
};
struct cx_contact { /* Restoration-Info: one registered contact */
    char *path, *contact;
    uint32_t cseq; /* of its first REGISTER; 0 absent */
    char *call_id;
    bool has_subscription, has_pcscf_subscription;
    struct cx_subscription subscription, pcscf_subscription; /* the UE's, its P-CSCF's */
};
struct cx_restoration { /* SCSCF-Restoration-Info: what one IMPI registered */
    char impi[CX_TEXT];
    struct cx_contact *contact; /* malloc'd, at most CX_MAX_CONTACTS */
    size_t contact_count;
    int64_t expires_at; /* Registration-Time-Out, Unix time; 0 absent */
    char scheme[64];    /* SIP-Authentication-Scheme, "" absent */
};
/* cx_restoration_copy - a deep copy. cx_restoration_free - what a restoration holds; the struct is
 * zeroed and stays the caller's. */
void cx_restoration_copy(struct cx_restoration *to, const struct cx_restoration *from);
void cx_restoration_free(struct cx_restoration *restoration);

enum { CX_SAR_PCSCF_RESTORATION = 1 }; /* SAR-Flags (29.229 6.3.63) */
struct cx_sar {
    char impi[CX_TEXT]; /* may be "" (not sent) */
    char impu[CX_MAX_IDS][CX_TEXT];
    size_t impu_count;
    char server_name[CX_TEXT]; /* may be "" from strangers */
    int type;                  /* enum cx_sat, unchecked */
    bool user_data_available;  /* User-Data-Already-Available */
    char wildcard[CX_TEXT];    /* Wildcarded-Public-Identity that the IMPU belongs to, "" absent */
    uint32_t multiple;         /* Multiple-Registration-Indication: 1, when it is one */
    uint32_t flags;            /* CX_SAR_PCSCF_RESTORATION */
    /* asked: the caller's, read during the call. served: valid until the reply is answered */
    bool has_restoration;
    struct cx_restoration restoration;
    struct cx_features features;
};
struct cx_charging { /* Charging-Information; "" when absent, else Diameter URIs */
    char primary_ecf[CX_TEXT], secondary_ecf[CX_TEXT], primary_ccf[CX_TEXT], secondary_ccf[CX_TEXT];
};
struct cx_saa {
    int result;
    char impi[CX_TEXT];
    char server_name[CX_TEXT]; /* with CX_IDENTITY_ALREADY_REGISTERED */
    char *user_data; /* XML, NUL-terminated, NULL when absent. Client: valid during done. Server:
                        free()d by cx_answer_saa */
    struct cx_charging charging;
    char associated[CX_MAX_IDS][CX_TEXT]; /* Associated-Identities */
    size_t associated_count;
    char also_registered[CX_MAX_IDS][CX_TEXT]; /* Associated-Registered-Identities */
    size_t also_registered_count;
    uint32_t loose_route;   /* Loose-Route-Indication: 1 required */
    char wildcard[CX_TEXT]; /* Wildcarded-Public-Identity, "" when absent */
    /* SCSCF-Restoration-Info, one for each IMPI, malloc'd. Client: valid during done. Server:
     * freed by cx_answer_saa */
    struct cx_restoration *restoration;
    size_t restoration_count;
    struct cx_features features;
};
/* cx_saa_free - what an answer holds that will not be given to cx_answer_saa. */
void cx_saa_free(struct cx_saa *saa);

struct cx_lir {
    char impu[CX_TEXT];
    bool originating;
    int type; /* User-Authorization-Type, -1 when absent */
    struct cx_features features;
};
enum { CX_LIA_PSI_DIRECT = 1 }; /* LIA-Flags (29.229 6.3.59): Server-Name is an AS */
struct cx_lia {
    int result;
    struct cx_features features;
    char wildcard[CX_TEXT]; /* Wildcarded-Public-Identity that the IMPU matched, "" when absent */
    uint32_t flags;         /* CX_LIA_PSI_DIRECT */
    char server_name[CX_TEXT];
    bool has_capabilities;
    struct cx_capabilities capabilities;
};

/* RTR: the HSS ends registrations (TS 29.228 6.1.3). */
enum cx_reason { /* Reason-Code, TS 29.229 6.3.17 */
                 CX_REASON_PERMANENT_TERMINATION,
                 CX_REASON_NEW_SERVER_ASSIGNED,
                 CX_REASON_SERVER_CHANGE,
                 CX_REASON_REMOVE_SCSCF,
};
struct cx_rtr {
    char impi[CX_TEXT];
    char impu[CX_MAX_IDS][CX_TEXT]; /* none: every identity of the IMPI */
    size_t impu_count;
    int reason;                           /* enum cx_reason; from the wire it may be anything */
    char reason_info[CX_TEXT];            /* for people, "" when absent */
    char associated[CX_MAX_IDS][CX_TEXT]; /* Associated-Identities: further IMPIs concerned */
    size_t associated_count;
};
struct cx_rta {
    int result;
    char associated[CX_MAX_IDS][CX_TEXT]; /* the IMPIs that were de-registered, too */
    size_t associated_count;
};

/* PPR: the HSS changes what the S-CSCF knows of a user (TS 29.228 6.6.1). */
struct cx_ppr {
    char impi[CX_TEXT];
    char
        *user_data; /* XML, NUL-terminated, NULL when absent; valid during the call or the asking */
    struct cx_charging charging;
};
struct cx_ppa {
    int result;
};

struct cx;
struct cx_op;    /* one question under way */
struct cx_reply; /* one question to the HSS, until answered */

struct cx_peer {
    char identity[128];     /* Diameter identity */
    struct addr address[4]; /* where to connect: one SCTP association to all, or TCP to one after
                               the other; count 0: the peer connects to us */
    size_t address_count;
};
struct cx_config {
    const char *identity, *realm; /* ours */
    enum conf_diameter transport;
    struct addr listen[4]; /* HSS: with port; count 0: client only */
    size_t listen_count;
    struct cx_peer peer[16]; /* client: the HSS; HSS: who may connect */
    size_t peer_count;
    const char *destination_realm; /* client */
    unsigned tc_s, tw_s;           /* reconnect, watchdog (RFC 3539: 6 or more) */
    unsigned wait_ms;              /* longest wait for an answer */
    unsigned max_outstanding;      /* questions under way before -EBUSY; 0: 500 */
};

/* cx_open - start the stack (its threads) and connect. One per process, ever. NULL and *why:
 * address in use, wildcard listener refused, library failure. cx_close: disconnect within 3 s;
 * pending questions are forgotten. */
struct cx *cx_open(struct loop *loop, const struct cx_config *config, struct why *why);
void cx_close(struct cx *cx);

/* cx_ask_* - ask the HSS. The request struct is copied; call is the call tag (travels in
 * Session-Id) or NULL. done runs exactly once, later, from the loop: err 0 and an answer valid
 * during the call, or NULL and -ETIMEDOUT no answer in wait_ms; -EHOSTUNREACH no open peer (3002);
 * -EPROTO answer without what it must carry; -EBUSY too many outstanding. Returns a handle for
 * cx_cancel, never NULL. */
typedef void cx_uaa_fn(void *arg, int err, const struct cx_uaa *);
typedef void cx_maa_fn(void *arg, int err, const struct cx_maa *);
typedef void cx_saa_fn(void *arg, int err, const struct cx_saa *);
typedef void cx_lia_fn(void *arg, int err, const struct cx_lia *);
struct cx_op *cx_ask_uar(struct cx *, const struct cx_uar *, const char *call, cx_uaa_fn *done,
                         void *arg);
struct cx_op *cx_ask_mar(struct cx *, const struct cx_mar *, const char *call, cx_maa_fn *done,
                         void *arg);
struct cx_op *cx_ask_sar(struct cx *, const struct cx_sar *, const char *call, cx_saa_fn *done,
                         void *arg);
struct cx_op *cx_ask_lir(struct cx *, const struct cx_lir *, const char *call, cx_lia_fn *done,
                         void *arg);

/* cx_ask_rtr, cx_ask_ppr - the HSS asks the S-CSCF whose Diameter identity is host (Origin-Host of
 * its SAR or MAR), and nobody else; as above, but -EHOSTUNREACH at once when that peer is not open,
 * and -EMSGSIZE for user data that a message does not hold. */
typedef void cx_rta_fn(void *arg, int err, const struct cx_rta *);
typedef void cx_ppa_fn(void *arg, int err, const struct cx_ppa *);
struct cx_op *cx_ask_rtr(struct cx *, const char *host, const struct cx_rtr *, const char *call,
                         cx_rta_fn *done, void *arg);
struct cx_op *cx_ask_ppr(struct cx *, const char *host, const struct cx_ppr *, const char *call,
                         cx_ppa_fn *done, void *arg);
/* cx_cancel - done will not be called; *op becomes NULL; NULL is fine. */
void cx_cancel(struct cx_op **op);

/* cx_serve - what is done with each command; called from the loop. The HSS is sent the first four,
 * the S-CSCF the next two; what has no function is answered 3001. The request is valid during the
 * call. Every reply must be answered by exactly one cx_answer_*, then or later; not answered in
 * wait_ms the stack answers 5012. */
struct cx_handlers {
    void (*uar)(void *env, const struct cx_uar *, struct cx_reply *);
    void (*mar)(void *env, const struct cx_mar *, struct cx_reply *);
    void (*sar)(void *env, const struct cx_sar *, struct cx_reply *);
    void (*lir)(void *env, const struct cx_lir *, struct cx_reply *);
    void (*rtr)(void *env, const struct cx_rtr *, struct cx_reply *);
    void (*ppr)(void *env, const struct cx_ppr *, struct cx_reply *);
    /* not a command: this peer has just connected; NULL: of no interest */
    void (*peer_open)(void *env, const char *identity);
};
void cx_serve(struct cx *, const struct cx_handlers *, void *env);
void cx_answer_uaa(struct cx_reply *, const struct cx_uaa *);
void cx_answer_maa(struct cx_reply *, const struct cx_maa *);
void cx_answer_saa(struct cx_reply *, struct cx_saa *);
void cx_answer_lia(struct cx_reply *, const struct cx_lia *);
void cx_answer_rta(struct cx_reply *, const struct cx_rta *);
void cx_answer_ppa(struct cx_reply *, const struct cx_ppa *);
/* cx_reply_call - the call tag that came in Session-Id, or "". cx_reply_peer - Origin-Host.
 * cx_reply_id - the End-to-End id: with Origin-Host it names the request for four minutes, and a
 * peer that lost its connection sends it again with the T bit (RFC 6733 3): cx_reply_is_again. */
const char *cx_reply_call(const struct cx_reply *);
const char *cx_reply_peer(const struct cx_reply *);
uint32_t cx_reply_id(const struct cx_reply *);
bool cx_reply_is_again(const struct cx_reply *);

/* cx_is_open - whether a peer is connected. cx_print_live - one line per question and per peer. */
bool cx_is_open(const struct cx *);
/* cx_peer_is_open - whether this one is connected and may be asked now. */
bool cx_peer_is_open(const struct cx *, const char *identity);
#include <stdio.h>
void cx_print_live(const struct cx *, FILE *);

#endif
