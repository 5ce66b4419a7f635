/* SPDX-License-Identifier: Apache-2.0 */
/* The security agreement with terminals (RFC 3329; TS 33.203 7; TS 24.229 5.2.2.2): who may come in
 * unprotected, who came over which set of SAs and may say what there, what a challenge gets. The
 * life of the sets is sa.h. */
#ifndef PCSCF_SECURITY_H
#define PCSCF_SECURITY_H

#include "conf.h"
#include "sec_agree.h"
#include "sip.h"

struct pcscf;
struct sa;

struct security {         /* of one P-CSCF */
    enum conf_ipsec mode; /* in force: off where the kernel has no ESP */
    struct xfrm *xfrm;
    struct sas *sas;
    struct sip *sip; /* the protected end of Gm; it answers 403 to what no set stands for */
    struct sec_pair pair[SEC_PAIRS]; /* accepted, in order */
    size_t pair_count;
    char file[CONF_PATH * 2];
};

#define SECURITY_CLIENT 2048 /* octets of a Security-Client that is looked at */

struct agreement { /* the part of one REGISTER that is about security */
    bool is_protected;
    bool is_answer; /* it came over a temporary set: SM7 */
    uint32_t over;  /* sa_id of the set that it came over */
    bool wants;     /* a set of SAs, should the S-CSCF challenge */
    enum sec_mode mode;
    struct sec_mechanism chosen; /* of the terminal's Security-Client */
    char client[SECURITY_CLIENT];
    char impi[CONF_URI];
    char call[16];
    struct addr ue, pcscf;
    const char *integrity; /* integrity-protected towards the core: "yes", "no", NULL: not there */
};

struct security_refusal {
    int status; /* 0: nothing is refused */
    const char *phrase;
    char headers[SEC_VALUE + 64]; /* further header lines for the answer */
    struct why why;
};

/* security_open - probe the kernel, open the SA table and the protected end; after the rest of the
 * pcscf. With `optional` a kernel without ESP is said in one line and mode becomes off.
 * returns 0; -errno and a sentence: `required` cannot be kept, or the protected port is taken
 * security_close - before sip_close. */
int security_open(struct pcscf *, struct why *why);
void security_close(struct pcscf *);

/* security_admit - whether this REGISTER may go on, seen by its security alone; fills *a. When not,
 * *refusal says what the terminal gets, and a temporary set that it came over is failed. */
bool security_admit(struct pcscf *, struct sip_request *, struct agreement *a,
                    struct security_refusal *refusal);
/* security_challenge - the S-CSCF's 401 to it: a temporary set, and line[SEC_VALUE + 32] becomes
 * the Security-Server header line for the terminal ("": none is due). false: the 401 must not be
 * passed on; *refusal says what goes instead. */
bool security_challenge(struct pcscf *, struct agreement *a, const sip_t *answer, char *line,
                        struct security_refusal *refusal);
/* security_succeed - the S-CSCF's 2xx: its set is established, or lives on for expires_s more.
 * is_left: whether any identity of the subscriber is still registered; if not, its sets end. */
void security_succeed(struct pcscf *, const struct agreement *a, uint32_t expires_s, bool is_left);
/* security_port_us - the terminal's protected server port of the set it came over; 0: it is gone.
 */
uint16_t security_port_us(const struct pcscf *, const struct agreement *a);
/* security_fail - any other end of it. why: a word for the log. */
void security_fail(struct pcscf *, const struct agreement *a, const char *why);

/* security_sender - the established set that any other request came over; NULL: none that it may
 * come over. */
struct sa *security_sender(struct pcscf *, struct sip_request *);

#endif
