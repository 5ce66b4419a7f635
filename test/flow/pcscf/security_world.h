/* SPDX-License-Identifier: Apache-2.0 */
/* The P-CSCF with security agreement: the test is terminals, the core, and the kernel's memory. */
#ifndef PCSCF_SECURITY_WORLD_H
#define PCSCF_SECURITY_WORLD_H

#include <unistd.h>

#include "world.h"

#include "log.h"
#include "../../../pcscf/sa.h"
#include "xfrm_fake.h"

#define HOME    "10.60.2.10"
#define CLIENT1 "spi-c=1000001;spi-s=1000002;port-c=40001;port-s=40002"
#define CLIENT2 "spi-c=1000003;spi-s=1000004;port-c=40003;port-s=40002"
#define SHA_AES "ipsec-3gpp;alg=hmac-sha-1-96;ealg=aes-cbc;prot=esp;mod=trans;"

static char state_dir[64];

static const char right_answer[] = "nonce=\"bm9uY2U=\", algorithm=AKAv1-MD5, uri=\"sip:hims.net\", "
                                   "response=\"00112233445566778899aabbccddeeff\"";
static const char first_answer[] = "nonce=\"\", uri=\"sip:hims.net\", response=\"\"";

static inline void open_security(enum conf_ipsec mode)
{
    struct why why;

    conf.pcscf[0].ipsec = mode;
    if (security_open(&pcscf, &why) < 0)
        fail_msg("%s", why.text);
}

static inline int begin_closed(void **state)
{
    struct conf_pcscf *self = &conf.pcscf[0];

    log_open("pcscf1", LEVEL_ERROR);
    begin(state);
    fake_xfrm_reset();
    strcpy(state_dir, "/tmp/imslab-security-XXXXXX");
    assert_non_null(mkdtemp(state_dir));
    strcpy(conf.state_dir, state_dir);
    strcpy(self->sa_state, "pcscf1.sa");
    self->port_ps = 6100;
    self->port_pc_count = 3;
    for (unsigned i = 0; i < 3; i++)
        self->port_pc[i] = 6101 + i;
    conf.timers.reg_await_auth_s = 240;
    conf.timers.sa_margin_s = 30;
    conf.timers.sa_grace_ms = 32000;
    return 0;
}

static inline int begin_optional(void **state)
{
    begin_closed(state);
    open_security(IPSEC_OPTIONAL);
    return 0;
}

static inline int begin_required(void **state)
{
    begin_closed(state);
    open_security(IPSEC_REQUIRED);
    return 0;
}

static inline int end_secure(void **state)
{
    char file[128];

    assert_int_equal(fake_sip_unanswered(), 0);
    register_forget(&pcscf);
    security_close(&pcscf);
    assert_int_equal(fake_xfrm_sas(), 0);
    assert_int_equal(fake_xfrm_policies(), 0);
    assert_int_equal(sip_protect_count(), 0);
    snprintf(file, sizeof file, "%s/pcscf1.sa", state_dir);
    unlink(file);
    rmdir(state_dir);
    return end(state);
}

/* ---- a REGISTER, part by part ---- */

struct said {           /* what is NULL or 0 has its default; "" leaves a header out */
    const char *source; /* 10.45.0.2:5060; protected: 10.45.0.2:40001 */
    bool protect;       /* to port_ps */
    const char *user;   /* name: IMPU sip:name@hims.net, IMPI name.private@hims.net */
    const char *impi;
    const char *via;     /* 10.45.0.2 */
    const char *client;  /* Security-Client */
    const char *verify;  /* Security-Verify; NULL: none */
    const char *require; /* sec-agree */
    const char *auth;    /* after username and realm: first_answer; protected: right_answer */
    const char *call;
    bool ends; /* expires=0 */
};

#define PLAIN(...)                                                                                 \
    (struct said)                                                                                  \
    {                                                                                              \
        .source = NULL, __VA_ARGS__                                                                \
    }
#define SAFE(...)                                                                                  \
    (struct said)                                                                                  \
    {                                                                                              \
        .protect = true, __VA_ARGS__                                                               \
    }

static inline void otherwise(const char **value, const char *or_else)
{
    if (!*value)
        *value = or_else;
}

static inline void fill(struct said *s)
{
    otherwise(&s->source, s->protect ? "10.45.0.2:40001" : "10.45.0.2:5060");
    otherwise(&s->user, "name");
    otherwise(&s->via, "10.45.0.2");
    otherwise(&s->client, SHA_AES CLIENT1);
    otherwise(&s->verify, "");
    otherwise(&s->require, "sec-agree");
    otherwise(&s->auth, s->protect ? right_answer : first_answer);
    otherwise(&s->call, "c1");
}

static inline void put(char *text, size_t size, const char *name, const char *value)
{
    if (*value)
        snprintf(text + strlen(text), size - strlen(text), "%s: %s\r\n", name, value);
}

static inline size_t says(struct said s)
{
    static unsigned cseq;
    char text[8192], impi[128], lines[6000] = "";
    size_t i;

    fill(&s);
    cseq++;
    snprintf(impi, sizeof impi, "%s.private@hims.net", s.user);
    put(lines, sizeof lines, "Require", s.require);
    put(lines, sizeof lines, "Proxy-Require", s.require);
    put(lines, sizeof lines, "Security-Client", s.client);
    put(lines, sizeof lines, "Security-Verify", s.verify);
    snprintf(text, sizeof text,
             "REGISTER sip:hims.net SIP/2.0\r\n"
             "Via: SIP/2.0/UDP %s:40002;branch=z9hG4bK%u\r\n"
             "From: <sip:%s@hims.net>;tag=f\r\nTo: <sip:%s@hims.net>\r\n"
             "Contact: <sip:%s:40002>;expires=%u\r\nCall-ID: %s\r\nCSeq: %u REGISTER\r\n"
             "Authorization: Digest username=\"%s\", realm=\"hims.net\", %s\r\n"
             "%sContent-Length: 0\r\n\r\n",
             s.via, cseq, s.user, s.user, s.via, s.ends ? 0 : 600, s.call, cseq,
             s.impi ? s.impi : impi, s.auth, lines);
    i = fake_sip_request_to(s.protect ? pcscf.security.sip : pcscf.sip, text, s.source,
                            s.protect ? HOME ":6100" : HOME ":5060", SIP_UDP);
    now();
    return i;
}

static inline size_t last_sent(void)
{
    assert_true(fake_sip_sent_count() > 0);
    return fake_sip_sent_count() - 1;
}

static inline const struct fake_sip_reply *last_reply(void)
{
    assert_true(fake_sip_reply_count() > 0);
    return fake_sip_reply(fake_sip_reply_count() - 1);
}

static inline bool is_passed_on(void)
{
    return fake_sip_waiting() == 1;
}

/* Refused with this status; nothing went to the core. */
static inline void is_refused(int status, const char *why)
{
    assert_int_equal(fake_sip_waiting(), 0);
    assert_int_equal(last_reply()->status, status);
    if (!strstr(last_reply()->text, why))
        fail_msg("not said: %s\n%s", why, last_reply()->text);
}

/* The Security-Server that the terminal got last. */
static inline const char *server(void)
{
    static char value[SEC_VALUE];

    return sip_list(last_reply()->sip, "Security-Server", value, sizeof value) ? value : "none";
}

static inline const char *challenged(struct said s)
{
    says(s);
    assert_true(is_passed_on());
    fake_sip_answer(last_sent(), 401, challenge);
    assert_int_equal(last_reply()->status, 401);
    return server();
}

static inline void accepts(const char *host, unsigned port, unsigned expires_s)
{
    char headers[512];

    assert_true(is_passed_on());
    snprintf(headers, sizeof headers,
             "Contact: <sip:%s:%u>;expires=%u\r\nService-Route: <sip:orig@scscf1.hims.net;lr>\r\n"
             "P-Associated-URI: <sip:name@hims.net>\r\n",
             host, port, expires_s);
    fake_sip_answer(last_sent(), 200, headers);
    assert_int_equal(last_reply()->status, 200);
}

/* M1 to M16. */
static inline const char *registers(void)
{
    static char verify[SEC_VALUE];

    snprintf(verify, sizeof verify, "%s", challenged(PLAIN()));
    says(SAFE(.verify = verify));
    accepts("10.45.0.2", 40002, 600);
    return verify;
}

static inline size_t sets(enum sa_state state)
{
    return sas_count(pcscf.security.sas, state);
}

#define SECURE(f, how) cmocka_unit_test_setup_teardown(f, begin_##how, end_secure)

#endif
