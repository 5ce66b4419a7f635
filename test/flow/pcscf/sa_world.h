/* SPDX-License-Identifier: Apache-2.0 */
/* The SA table of a P-CSCF with a kernel of memory, a shim that writes down what it is told, and a
 * clock turned by hand. */
#ifndef PCSCF_SA_WORLD_H
#define PCSCF_SA_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "loop_fake.h"
#include "../../../pcscf/sa.h"
#include "sip_fake.h"
#include "xfrm_fake.h"

#define IMPI "name.private@hims.net"

static struct sa_config config;
static struct sas *sas;
static struct why why;
static char folder[64], file[80];

/* The client port that requests to the terminals leave from. */
static inline uint16_t preferred(void)
{
    return fake_sip_protection(0) ? fake_sip_protection(0)->local_c : 0;
}

/* ---- the world ---- */

enum { GRACE_MS = 32000, AWAIT_S = 240, MARGIN_S = 30, BLOCKS = 2 * 4 /* ports, in and out */ };

static inline void start(void)
{
    assert_int_equal(xfrm_open(&config.xfrm, NULL), 0);
    sas = sas_open(&config, &why);
    if (!sas)
        fail_msg("%s", why.text);
}

static inline int begin(void **state)
{
    (void)state;
    log_open("pcscf1", LEVEL_ERROR);
    fake_xfrm_reset();
    strcpy(folder, "/tmp/imslab-sa-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(file, sizeof file, "%s/pcscf1.sa", folder);
    config = (struct sa_config){
        .loop = loop_new(),
        .port_ps = 5061,
        .port_pc = {5062, 5063, 5064},
        .port_pc_count = 3,
        .reg_await_auth_s = AWAIT_S,
        .margin_s = MARGIN_S,
        .grace_ms = GRACE_MS,
        .file = file,
        .contacts = contacts_new()
    };
    addr_parse(&config.address, "10.60.2.10", 0);
    start();
    return 0;
}

/* The process is gone; the kernel (and the file) are as they were. */
static inline void killed(void)
{
    char kept[80];

    snprintf(kept, sizeof kept, "%s/kept", folder);
    assert_int_equal(link(file, kept), 0);
    fake_xfrm_deaf(true); /* what the end would still tell the kernel */
    sas_close(sas);
    fake_xfrm_deaf(false);
    assert_int_equal(rename(kept, file), 0);
    xfrm_close(config.xfrm);
    contacts_free(config.contacts);
    config.contacts = contacts_new();
}

/* SIGTERM. */
static inline void stopped(void)
{
    sas_close(sas);
    xfrm_close(config.xfrm);
    contacts_free(config.contacts);
    config.contacts = contacts_new();
}

static inline int end(void **state)
{
    (void)state;
    sas_close(sas);
    assert_int_equal(fake_xfrm_sas(), 0);
    assert_int_equal(fake_xfrm_policies(), 0);
    assert_int_equal(fake_loop_timers(config.loop), 0);
    assert_int_equal(sip_protect_count(), 0);
    xfrm_close(config.xfrm);
    contacts_free(config.contacts);
    loop_free(config.loop);
    unlink(file);
    rmdir(folder);
    return 0;
}

static inline struct addr at(const char *host, uint16_t port)
{
    struct addr a;

    assert_int_equal(addr_parse(&a, host, port), 0);
    return a;
}

static inline void pass_s(unsigned s)
{
    fake_clock_forward_ms(config.loop, s * 1000);
}

/* What a terminal asks for with these port and SPI numbers; its server side is always 40100. */
static inline struct sa_ask ask_of(const char *impi, const char *host, unsigned n,
                                   const struct sa *over)
{
    return (struct sa_ask){.impi = impi,
                           .call = "deadbeef",
                           .ue = at(host, 0),
                           .pcscf = config.address,
                           .over = over,
                           .spi_c = 0x10000 + 2 * n,
                           .spi_s = 0x10001 + 2 * n,
                           .port_c = 40000 + n,
                           .port_s = 40100};
}

static const struct sec_pair sha1_aes = {SEC_HMAC_SHA_1_96, SEC_AES_CBC};
static const uint8_t test_ck[16] = {0xc0, 0xc1}, test_ik[16] = {0x10, 0x11};

static inline struct sa *challenge_at(const char *impi, const char *host, unsigned n,
                                      const struct sa *over)
{
    struct sa_ask ask = ask_of(impi, host, n, over);

    why.text[0] = 0;
    return sa_challenge(sas, &ask, sha1_aes, test_ck, test_ik, &why);
}

static inline struct sa *challenge(unsigned n, const struct sa *over)
{
    struct sa *sa = challenge_at(IMPI, "10.45.0.2", n, over);

    if (!sa)
        fail_msg("%s", why.text);
    return sa;
}

/* A registration from nothing, for an hour. */
static inline struct sa *registered(unsigned n)
{
    struct sa *sa = challenge(n, NULL);

    sa_remember(sas, sa, "the client's", "the server's");
    sa_succeed(sas, sa, 3600);
    return sa;
}

/* The set that a datagram from this client port to port_ps came over. */
static inline struct sa *heard(uint16_t port_uc)
{
    struct addr source = at("10.45.0.2", port_uc), local = at("10.60.2.10", 5061);

    return sa_find(sas, &source, &local);
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)

#endif
