/* SPDX-License-Identifier: Apache-2.0 */
/* A small lab.yaml and sims.yaml for the tests of the configuration, and how to load them with one
 * place changed. Each test has a folder of its own and stands in it. */
#ifndef IMSLAB_CONF_SAMPLE_H
#define IMSLAB_CONF_SAMPLE_H

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

#include "conf.h"
#include "xalloc.h"

/* clang-format off */
static const char lab_yaml[] =
/*  1 */ "home: {domain: hims.net, mcc: 001, mnc: 01}\n"
/*  2 */ "visited: {domain: vims.net}\n"
/*  3 */ "sims: sims.yaml\n"
/*  4 */ "sgsn: {address: 10.60.2.1}\n"
/*  5 */ "ggsn:\n"
/*  6 */ "  address: 10.60.2.2\n"
/*  7 */ "  apns:\n"
/*  8 */ "    - name: ims\n"
/*  9 */ "      pool: 10.45.0.0/24\n"
/* 10 */ "dns: {address: 10.60.3.53}\n"
/* 11 */ "pcscf:\n"
/* 12 */ "  - address: 10.60.2.10\n"
/* 13 */ "    address6: fd00:60::2:10\n"
/* 14 */ "icscf:\n"
/* 15 */ "  - address: 10.60.4.10\n"
/* 16 */ "scscf:\n"
/* 17 */ "  - address: 10.60.4.20\n"
/* 18 */ "    capabilities: [1, 7]\n"
/* 19 */ "hss: {address: 10.60.4.30}\n"
/* 20 */ "timers:\n"
/* 21 */ "  sip_t1_ms: 250\n"
/* 22 */ "subscribers:\n"
/* 23 */ "  - name: alice\n"
/* 24 */ "    imsi: 001010000000002\n"
/* 25 */ "    impi: alice@hims.net\n"
/* 26 */ "    impus:\n"
/* 27 */ "      - {id: 'sip:hidden@hims.net', barred: true}\n"
/* 28 */ "      - 'sip:alice@hims.net'\n"
/* 29 */ "      - 'tel:+15550002'\n"
/* 30 */ "  - name: carol\n"
/* 31 */ "    auth: digest-md5\n"
/* 32 */ "    impi: carol@hims.net\n"
/* 33 */ "    impus: ['sip:carol@hims.net']\n"
/* 34 */ "terminals:\n"
/* 35 */ "  - name: alice\n"
/* 36 */ "    imsi: 001010000000002\n"
/* 37 */ "    gb_address: 10.60.1.1\n";

/* set 1 of TS 35.208; its OPc is cd63cb71954a9f4e48a5994e37a02baf */
static const char sims_yaml[] =
/*  1 */ "sims:\n"
/*  2 */ "  - imsi: 001010000000002\n"
/*  3 */ "    k: 465b5ce8b199b49faa5f0a2ee238a6bc\n"
/*  4 */ "    opc: cd63cb71954a9f4e48a5994e37a02baf\n"
/*  5 */ "    isim: {impi: alice@hims.net, impus: ['sip:alice@hims.net']}\n";
/* clang-format on */

static char folder[] = "/tmp/conf_test.XXXXXX";
static struct conf conf;
static struct why why;

static inline void write_file(const char *name, const char *text, mode_t mode)
{
    FILE *out;

    unlink(name);
    out = fopen(name, "w");
    assert_non_null(out);
    assert_true(fputs(text, out) >= 0);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(chmod(name, mode), 0);
}

/* The text with the first `old` replaced. */
static inline char *with(const char *text, const char *old, const char *new)
{
    const char *at = strstr(text, old);
    size_t size = strlen(text) + strlen(new) + 1;
    char *changed = xzalloc(size);

    if (!at)
        fail_msg("the sample has no '%s'", old);
    snprintf(changed, size, "%.*s%s%s", (int)(at - text), text, new, at + strlen(old));
    return changed;
}

/* lab.yaml and sims.yaml of the sample, one of them changed; "" changes nothing. */
static inline int load_changed(const char *old, const char *new, unsigned flags)
{
    char *changed = with(lab_yaml, old, new);

    conf_free(&conf);
    write_file("lab.yaml", changed, 0644);
    free(changed);
    return conf_load(&conf, "lab.yaml", flags, &why);
}

static inline int load_sims(const char *old, const char *new, mode_t mode)
{
    char *changed = with(sims_yaml, old, new);

    conf_free(&conf);
    write_file("lab.yaml", lab_yaml, 0644);
    write_file("sims.yaml", changed, mode);
    free(changed);
    return conf_load(&conf, "lab.yaml", CONF_SIMS, &why);
}

static inline void assert_loads(int err)
{
    if (err)
        fail_msg("refused: %s", why.text);
}

static inline void assert_refused(const char *old, const char *new, const char *sentence)
{
    assert_int_equal(load_changed(old, new, 0), -EINVAL);
    assert_string_equal(why.text, sentence);
    assert_null(conf.subscriber);
}

static inline void assert_sims_refused(const char *old, const char *new, const char *sentence)
{
    assert_int_equal(load_sims(old, new, 0600), -EINVAL);
    assert_string_equal(why.text, sentence);
    assert_null(conf.sim);
}

static inline struct addr address(const char *host)
{
    struct addr a;

    assert_int_equal(addr_parse(&a, host, 4711), 0);
    return a;
}

static inline int begin(void **state)
{
    (void)state;
    strcpy(folder + strlen(folder) - 6, "XXXXXX");
    return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static inline int end(void **state)
{
    (void)state;
    conf_free(&conf);
    unlink("lab.yaml");
    unlink("sims.yaml");
    return chdir("/") == 0 && rmdir(folder) == 0 ? 0 : -1;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

#endif
