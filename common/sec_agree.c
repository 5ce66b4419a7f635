/* SPDX-License-Identifier: Apache-2.0 */
#include "sec_agree.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sec_words.h"
#include "xalloc.h"

#define LEAST_SPI 256 /* 1..255 are reserved, 0 is no SPI (RFC 4303 2.1) */

static const char *const alg_names[] = {"null", "hmac-sha-1-96", "hmac-md5-96", "aes-gmac"};
static const char *const ealg_names[] = {"null", "aes-cbc", "des-ede3-cbc", "aes-gcm"};
static const char *const mode_names[] = {"trans", "UDP-enc-tun"};

const struct sec_pair sec_pairs[SEC_PAIRS] = {
    {SEC_HMAC_SHA_1_96, SEC_AES_CBC     },
    {SEC_ALG_NULL,      SEC_AES_GCM     },
    {SEC_HMAC_MD5_96,   SEC_AES_CBC     },
    {SEC_HMAC_SHA_1_96, SEC_DES_EDE3_CBC},
    {SEC_HMAC_MD5_96,   SEC_DES_EDE3_CBC},
    {SEC_HMAC_SHA_1_96, SEC_EALG_NULL   },
    {SEC_AES_GMAC,      SEC_EALG_NULL   },
    {SEC_HMAC_MD5_96,   SEC_EALG_NULL   },
};

/* ---- names ---- */

const char *sec_alg_name(enum sec_alg alg)
{
    return alg < COUNT(alg_names) ? alg_names[alg] : "?";
}

const char *sec_ealg_name(enum sec_ealg ealg)
{
    return ealg < COUNT(ealg_names) ? ealg_names[ealg] : "?";
}

const char *sec_mode_name(enum sec_mode mode)
{
    return mode < COUNT(mode_names) ? mode_names[mode] : "?";
}

static bool is_same_pair(struct sec_pair a, struct sec_pair b)
{
    return a.alg == b.alg && a.ealg == b.ealg;
}

static bool is_pair(struct sec_pair pair)
{
    for (size_t i = 0; i < COUNT(sec_pairs); i++)
        if (is_same_pair(sec_pairs[i], pair))
            return true;
    return false;
}

const char *sec_pair_name(struct sec_pair pair)
{
    static char names[SEC_ALGS][SEC_EALGS][32];
    char *name;

    if (pair.alg >= SEC_ALGS || pair.ealg >= SEC_EALGS)
        return "?";
    name = names[pair.alg][pair.ealg];
    snprintf(name, sizeof names[0][0], "%s/%s", alg_names[pair.alg], ealg_names[pair.ealg]);
    return name;
}

int sec_pair_parse(const char *text, struct sec_pair *pair)
{
    for (size_t i = 0; i < COUNT(sec_pairs); i++) {
        if (strcasecmp(text, sec_pair_name(sec_pairs[i])) != 0)
            continue;
        *pair = sec_pairs[i];
        return 0;
    }
    return -EINVAL;
}

/* ---- what the words mean ---- */

static int position(struct sec_word w, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (sec_word_is(w, names[i]))
            return i;
    return -1;
}

static int read_spi(const struct sec_entry *e, const char *name, uint32_t *spi, struct why *why)
{
    const struct sec_word *w = sec_value_of(e, name);
    int64_t n = w ? sec_number(*w, UINT32_MAX) : -1;

    if (n < LEAST_SPI)
        return why_set(why, EINVAL, "%s %s", name,
                       w ? "is no SPI (256 to 4294967295)" : "is missing");
    *spi = n;
    return 0;
}

static int read_port(const struct sec_entry *e, const char *name, uint16_t *port, struct why *why)
{
    const struct sec_word *w = sec_value_of(e, name);
    int64_t n = w ? sec_number(*w, UINT16_MAX) : -1;

    if (n < 1)
        return why_set(why, EINVAL, "%s %s", name, w ? "is no port number" : "is missing");
    if (n == 5060 || n == 5061) /* TS 33.203 7.1 */
        return why_set(why, EINVAL, "%s is %d, which is never protected", name, (int)n);
    *port = n;
    return 0;
}

static int read_ends(const struct sec_entry *e, struct sec_mechanism *m, struct why *why)
{
    int rc = read_spi(e, "spi-c", &m->spi_c, why);

    if (rc == 0)
        rc = read_spi(e, "spi-s", &m->spi_s, why);
    if (rc == 0)
        rc = read_port(e, "port-c", &m->port_c, why);
    if (rc == 0)
        rc = read_port(e, "port-s", &m->port_s, why);
    if (rc == 0 && m->spi_c == m->spi_s)
        rc = why_set(why, EINVAL, "spi-c and spi-s are the same");
    if (rc == 0 && m->port_c == m->port_s)
        rc = why_set(why, EINVAL, "port-c and port-s are the same");
    return rc;
}

/* 1: it can be spoken, 0: not by this program, -EINVAL: it is wrong. */
static int read_mechanism(const struct sec_entry *e, struct sec_mechanism *m, struct why *why)
{
    const struct sec_word *q = sec_value_of(e, "q"), *alg = sec_value_of(e, "alg"),
                          *ealg = sec_value_of(e, "ealg"), *prot = sec_value_of(e, "prot"),
                          *mode = sec_value_of(e, "mod");
    int which[3], rc;

    if (!sec_word_is(e->mechanism, "ipsec-3gpp"))
        return 0;
    if (!alg)
        return why_set(why, EINVAL, "ipsec-3gpp has no alg");
    *m = (struct sec_mechanism){.q = q ? sec_thousandths(*q) : SEC_NO_Q};
    if (q && m->q < 0)
        return why_set(why, EINVAL, "q is no number between 0 and 1");
    rc = read_ends(e, m, why);
    if (rc < 0)
        return rc;
    which[0] = position(*alg, alg_names, COUNT(alg_names));
    which[1] = ealg ? position(*ealg, ealg_names, COUNT(ealg_names)) : SEC_EALG_NULL;
    which[2] = mode ? position(*mode, mode_names, COUNT(mode_names)) : SEC_TRANS;
    if (which[0] < 0 || which[1] < 0 || which[2] < 0 || (prot && !sec_word_is(*prot, "esp")))
        return 0;
    m->pair = (struct sec_pair){which[0], which[1]};
    m->mode = which[2];
    return is_pair(m->pair);
}

static bool has_same_ends(const struct sec_mechanism *a, const struct sec_mechanism *b)
{
    return a->spi_c == b->spi_c && a->spi_s == b->spi_s && a->port_c == b->port_c &&
           a->port_s == b->port_s;
}

static int read_all(const char *at, struct sec_list *list, struct why *why)
{
    struct sec_mechanism m;
    struct sec_entry e;
    int rc;

    while ((rc = sec_next(&at, &e, why)) > 0) {
        rc = read_mechanism(&e, &m, why);
        if (rc < 0)
            return rc;
        if (rc == 0)
            continue;
        if (list->count == SEC_MECHANISMS)
            return why_set(why, EINVAL, "more than %d security mechanisms", SEC_MECHANISMS);
        if (list->count && !has_same_ends(&m, &list->mechanism[0]))
            return why_set(why, EINVAL, "mechanisms with different SPIs or ports");
        list->mechanism[list->count++] = m;
    }
    return rc;
}

int sec_read(const char *value, struct sec_list *list, struct why *why)
{
    int rc;

    memset(list, 0, sizeof *list);
    rc = read_all(value, list, why);
    if (rc < 0)
        list->count = 0;
    return rc;
}

const char *sec_write(const struct sec_list *list, char buf[SEC_VALUE])
{
    size_t len = 0;

    *buf = 0;
    for (size_t i = 0; i < list->count && len < SEC_VALUE; i++) {
        const struct sec_mechanism *m = &list->mechanism[i];

        len += snprintf(buf + len, SEC_VALUE - len, "%sipsec-3gpp", i ? "," : "");
        if (m->q != SEC_NO_Q && len < SEC_VALUE)
            len += snprintf(buf + len, SEC_VALUE - len, ";q=%d.%03d", m->q / 1000, m->q % 1000);
        if (len < SEC_VALUE)
            len += snprintf(buf + len, SEC_VALUE - len,
                            ";alg=%s;ealg=%s;prot=esp;mod=%s;spi-c=%u;spi-s=%u;port-c=%u;port-s=%u",
                            sec_alg_name(m->pair.alg), sec_ealg_name(m->pair.ealg),
                            mode_names[m->mode], m->spi_c, m->spi_s, m->port_c, m->port_s);
    }
    return buf;
}

/* ---- who chooses what ---- */

void sec_offer(struct sec_list *list, const struct sec_mechanism *end, bool with_q,
               const struct sec_pair *pairs, size_t count)
{
    memset(list, 0, sizeof *list);
    for (size_t i = 0; i < count && i < SEC_PAIRS; i++) {
        struct sec_mechanism *m = &list->mechanism[list->count++];

        *m = *end;
        m->q = with_q ? 950 - 50 * (int)i : SEC_NO_Q;
        m->pair = pairs[i];
        m->prot = SEC_ESP;
    }
}

static bool has_pair(const struct sec_pair *pairs, size_t count, struct sec_pair pair)
{
    for (size_t i = 0; i < count; i++)
        if (is_same_pair(pairs[i], pair))
            return true;
    return false;
}

const struct sec_mechanism *sec_select(const struct sec_list *offered, enum sec_mode mode,
                                       const struct sec_pair *pairs, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < offered->count; j++)
            if (offered->mechanism[j].mode == mode &&
                is_same_pair(offered->mechanism[j].pair, pairs[i]))
                return &offered->mechanism[j];
    return NULL;
}

const struct sec_mechanism *sec_choose(const struct sec_list *server, enum sec_mode mode,
                                       const struct sec_pair *pairs, size_t count)
{
    const struct sec_mechanism *best = NULL;

    for (size_t i = 0; i < server->count; i++) {
        const struct sec_mechanism *m = &server->mechanism[i];

        if (m->mode == mode && has_pair(pairs, count, m->pair) && (!best || m->q > best->q))
            best = m;
    }
    return best;
}
