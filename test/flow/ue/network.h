/* SPDX-License-Identifier: Apache-2.0 */
/* The rest of the world for the terminal's flow tests: gb_link.h and netif.h without sockets, and
 * a terminal to play with. The test is the SGSN: sgsn_heard reads what the terminal sent,
 * sgsn_says sends. The loop and SIP are those of test/fake. Included once per test program. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netif.h"
#include "../../../ue/ue.h"
#include "loop_fake.h"
#include "nas.h"
#include "pco.h"
#include "sip_fake.h"
#include "sip_protect.h"
#include "xalloc.h"
#include "xfrm_fake.h"

#pragma GCC diagnostic ignored "-Wunused-function" /* no test needs all of it */

#define IMSI "001010000000001"

/* -- the terminal */

static char dir[] = "/tmp/imslab-ue-XXXXXX";
static struct conf_sim card = {
    .imsi = IMSI,
    .imei = "356938035643809",
    .k = {0x46,  0x5b, 0x5c, 0xe8},
    .opc = {0xcd, 0x63,     0xcb, 0x71},
    .amf = {0x80, 0x00},
    .isim = true,
    .impi = "name.private@hims.net",
    .domain = "hims.net",
    .impu = {"sip:name@hims.net",     "tel:+15550001"     },
    .impu_count = 2,
};
static struct conf_terminal terminal = {
    .name = "name",
    .imsi = IMSI,
    .apn = "ims",
    .interface = "ue0",
    .sip_port = 5060,
    .expires_s = 90000,
    .max_forwards = 20,
    .cseq = 25,
    .pdp_type = "ipv4",
    .signalling_only = true,
    .ipsec = IPSEC_OPTIONAL, /* auto */
};
static struct conf conf = {
    .mcc = "001",
    .mnc = "01",
    .sim = &card,
    .sim_count = 1,
    .terminal = &terminal,
    .terminal_count = 1,
    .sgsn = {.gb_port = 2157,       .nsei = 1001, .nsvci = 101, .bvci = 2},
    .timers = { .t3310_ms = 15000,
             .t3321_ms = 15000,
             .t3380_ms = 30000,
             .t3390_ms = 8000,
             .nas_tries = 5,
             .sip_t1x64_ms = 32000,
             .reg_await_auth_s = 240,
             .ue_retry_ms = 4000,
             .nat_keepalive_s = 20},
};
static struct loop *loop;
static struct ue ue;

/* -- what was heard */

static struct {
    unsigned count;
    int err;
    char sentence[UE_SENTENCE];
} outcome;
static char notice[UE_SENTENCE];

static void on_outcome(void *arg, int err, const char *sentence)
{
    (void)arg;
    outcome.count++;
    outcome.err = err;
    snprintf(outcome.sentence, sizeof outcome.sentence, "%s", sentence);
}

static void on_notice(void *arg, const char *sentence)
{
    (void)arg;
    snprintf(notice, sizeof notice, "%s", sentence);
}

static void soon(void)
{
    fake_clock_forward_ms(loop, 0);
}

/* One outcome came since the last call: this error, and the sentence has these words. */
static void heard_outcome(int err, const char *words)
{
    soon();
    if (outcome.count != 1)
        fail_msg("%u outcomes, the last is '%s'", outcome.count, outcome.sentence);
    outcome.count = 0;
    if (!strstr(outcome.sentence, words))
        fail_msg("'%s' does not say '%s'", outcome.sentence, words);
    assert_int_equal(outcome.err, err);
}

static void heard_nothing_yet(void)
{
    soon();
    if (outcome.count)
        fail_msg("an outcome already: '%s'", outcome.sentence);
}

/* -- Gb */

struct gb_link {
    struct gb_conf conf;
    struct loop *loop;
    struct addr local;
    bool up, posted, closed;
};
struct gb_terminal {
    struct gb_link *link;
    uint32_t tlli;
    gb_up_fn *up;
    void *arg;
};

static struct {
    struct gb_link *link;
    struct gb_terminal *terminal;
    bool dead; /* the SGSN answers no NS-RESET */
    struct nas sent[64];
    unsigned sent_count, read;
} gb;

static void on_link(void *arg)
{
    struct gb_link *link = arg;
    struct why why = {"no answer from the SGSN at '10.60.2.1:2157' to NS-RESET"};

    link->posted = false;
    if (link->closed) {
        free(link);
        return;
    }
    link->up = !gb.dead;
    link->conf.on_state(link->conf.arg, link->up, &why);
}

int gb_open_bss(struct gb_link **link, struct loop *l, const struct gb_conf *c, struct why *why)
{
    struct gb_link *new = xzalloc(sizeof *new);

    (void)why;
    new->conf = *c;
    new->loop = l;
    new->posted = true;
    addr_parse(&new->local, "10.60.1.1", 40000);
    *link = gb.link = new;
    loop_post(l, on_link, new);
    return 0;
}

void gb_close(struct gb_link *link)
{
    if (!link)
        return;
    link->closed = true;
    if (!link->posted)
        free(link);
    gb.link = NULL;
}

bool gb_is_up(const struct gb_link *link)
{
    return link->up;
}

const struct addr *gb_local(const struct gb_link *link)
{
    return &link->local;
}

struct gb_terminal *gb_terminal_open(struct gb_link *link, const struct gb_way *way, uint32_t tlli,
                                     gb_up_fn *up, void *arg)
{
    struct gb_terminal *t = xzalloc(sizeof *t);

    (void)way;
    *t = (struct gb_terminal){link, tlli, up, arg};
    gb.terminal = t;
    return t;
}

void gb_terminal_close(struct gb_terminal **t)
{
    free(*t);
    *t = gb.terminal = NULL;
}

void gb_terminal_assign(struct gb_terminal *t, uint32_t tlli)
{
    t->tlli = tlli;
}

uint32_t gb_terminal_tlli(const struct gb_terminal *t)
{
    return t->tlli;
}

int gb_terminal_send(struct gb_terminal *t, unsigned sapi, const uint8_t *data, size_t len)
{
    struct why why;

    if (!t->link->up)
        return -ENOTCONN;
    assert_int_equal(sapi, LLC_GMM);
    if (nas_decode(&gb.sent[gb.sent_count], NAS_UP, data, len, &why) < 0)
        fail_msg("%s", why.text);
    assert_true(++gb.sent_count < COUNT(gb.sent));
    return 0;
}

uint32_t gb_local_tlli(uint32_t ptmsi)
{
    return ptmsi | 0xc0000000;
}

uint32_t gb_random_tlli(void)
{
    return 0x78000001;
}

static void sgsn_says(const struct nas *m)
{
    uint8_t data[NAS_MAX];
    int len = nas_encode(data, sizeof data, NAS_DOWN, m);

    assert_true(len > 0);
    gb.terminal->up(gb.terminal->arg, LLC_GMM, data, len);
}

static const struct nas *sgsn_heard(unsigned type)
{
    const struct nas *m = &gb.sent[gb.read];

    soon();
    if (gb.read >= gb.sent_count)
        fail_msg("the terminal sent nothing");
    gb.read++;
    assert_int_equal(m->type, type);
    return m;
}

static void sgsn_heard_no_more(void)
{
    soon();
    assert_int_equal(gb.read, gb.sent_count);
}

static struct nas gmm(unsigned type)
{
    return (struct nas){.pd = NAS_GMM, .type = type};
}

static struct nas sm(unsigned type)
{
    return (struct nas){.pd = NAS_SM, .type = type, .to_originator = true};
}

/* -- the interface */

static struct {
    int err; /* what netif_put says */
    char on[4][ADDR_TEXT + 16];
    unsigned count;
} netif;

int netif_put(const char *interface, const struct addr *a, struct why *why)
{
    char host[ADDR_TEXT];

    if (netif.err)
        return why_set(why, -netif.err, "not allowed to change addresses of '%s'", interface);
    snprintf(netif.on[netif.count++], sizeof netif.on[0], "%s %s", interface, addr_host(a, host));
    return 0;
}

int netif_up(const char *interface, unsigned mtu, struct why *why)
{
    (void)mtu;
    return why_set(why, ENODEV, "no interface '%s' here", interface);
}

int netif_route(const char *interface, const struct prefix *to, struct why *why)
{
    (void)to;
    return why_set(why, ENODEV, "no interface '%s' here", interface);
}

int netif_take(const char *interface, const struct addr *a, struct why *why)
{
    char host[ADDR_TEXT], text[ADDR_TEXT + 16];

    (void)why;
    snprintf(text, sizeof text, "%s %s", interface, addr_host(a, host));
    for (unsigned i = 0; i < netif.count; i++) {
        if (strcmp(netif.on[i], text) == 0) {
            memmove(netif.on[i], netif.on[--netif.count], sizeof text);
            return 0;
        }
    }
    fail_msg("%s was never put there", text);
    return 0;
}

/* -- both sides together */

static void attach(void)
{
    struct nas m = gmm(GMM_ATTACH_ACCEPT);

    attach_begin(&ue, on_outcome, NULL);
    sgsn_heard(GMM_ATTACH_REQUEST);
    m.attach_accept.result = 1;
    m.attach_accept.rai = (struct gsm_rai){.mcc = "001", .mnc = "01", .lac = 1};
    m.attach_accept.has_ptmsi = true;
    m.attach_accept.ptmsi = (struct nas_mobile_id){.type = NAS_PTMSI, .ptmsi = 0xc0000001};
    sgsn_says(&m);
    sgsn_heard(GMM_ATTACH_COMPLETE);
    heard_outcome(0, "attached: IMSI " IMSI);
}

/* An accept with these P-CSCFs, "10.60.2.10" or a list with blanks between. */
static struct nas activate_accept(const char *address, const char *pcscf)
{
    struct nas m = sm(SM_ACTIVATE_ACCEPT);
    struct sm_activate_accept *a = &m.activate_accept;
    struct pco pco = {.im_cn = true, .mtu = 1400};
    char list[256], *save, *word;

    snprintf(list, sizeof list, "%s", pcscf);
    for (word = strtok_r(list, " ", &save); word; word = strtok_r(NULL, " ", &save))
        addr_parse(&pco.pcscf[pco.pcscf_count++], word, 0);
    addr_parse(&pco.dns[pco.dns_count++], "10.60.3.53", 0);
    a->llc_sapi = 3;
    a->qos.len = 12;
    a->radio_priority = 4;
    a->has_address = a->has_pco = true;
    a->address.organisation = 1;
    a->address.type = strchr(address, ':') ? GSM_PDP_IPV6 : GSM_PDP_IPV4;
    addr_parse(strchr(address, ':') ? &a->address.v6 : &a->address.v4, address, 0);
    a->pco.len = pco_encode(a->pco.data, sizeof a->pco.data, &pco);
    return m;
}

static void activate(const char *pcscf)
{
    struct nas m = activate_accept("10.45.0.2", pcscf);

    pdp_begin(&ue, on_outcome, NULL);
    sgsn_heard(SM_ACTIVATE_REQUEST);
    sgsn_says(&m);
    heard_outcome(0, "active: 10.45.0.2");
}

static int begin(void **state)
{
    struct why why;

    (void)state;
    memset(&gb, 0, sizeof gb);
    memset(&netif, 0, sizeof netif);
    memset(&outcome, 0, sizeof outcome);
    *notice = 0;
    fake_xfrm_reset();
    log_open("ue", LEVEL_ERROR);
    strcpy(dir + strlen(dir) - 6, "XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(conf.state_dir, sizeof conf.state_dir, "%s", dir);
    addr_parse(&conf.sgsn.element.address, "10.60.2.1", 0);
    loop = loop_new();
    if (ue_open(&ue, loop, &conf, NULL, &why) < 0)
        fail_msg("%s", why.text);
    ue.notice = on_notice;
    return 0;
}

static int end(void **state)
{
    char file[64];

    (void)state;
    ue_close(&ue);
    assert_int_equal(netif.count, 0);
    assert_int_equal(fake_xfrm_sas(), 0);
    assert_int_equal(fake_xfrm_policies(), 0);
    assert_int_equal(sip_protect_count(), 0);
    assert_int_equal(fake_loop_timers(loop), 0);
    loop_free(loop);
    snprintf(file, sizeof file, "%s/ue-" IMSI ".sqn", dir);
    unlink(file);
    rmdir(dir);
    return 0;
}
