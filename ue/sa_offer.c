/* SPDX-License-Identifier: Apache-2.0 */
/* What the terminal can offer for security associations: algorithms of this kernel, SPIs, ports
 * (TS 33.203 7.1 rule 6, 7.2). port_us is one for all sets until all is de-registered (7.4.0); it
 * is opened when nothing unprotected can come in there any more. */
#include <errno.h>
#include <sys/random.h>

#include "daemon.h"
#include "register.h"
#include "sa_inner.h"
#include "sa_keys.h"
#include "xalloc.h"

enum { PORT_TRIES = 16 };

/* What TS 33.203 had before Release 14 (Annex H, history): the P-CSCF may know it, nobody needs it,
 * and every pair is a hundred octets in each REGISTER, in both modes. */
static bool is_gone(struct sec_pair pair)
{
    return pair.alg == SEC_HMAC_MD5_96 || pair.ealg == SEC_DES_EDE3_CBC;
}

/* The pairs of the configuration, or the present ones, as far as the kernel has them. */
static size_t take_pairs(const struct conf_terminal *terminal, const struct esp_ability *able,
                         struct sec_pair pair[SEC_PAIRS], struct why *why)
{
    size_t wanted = terminal->ipsec_algorithm_count, count = 0;
    struct sec_pair p;

    for (size_t i = 0; i < (wanted ? wanted : SEC_PAIRS) && count < SEC_PAIRS; i++) {
        if (!wanted && is_gone(sec_pairs[i]))
            continue;
        if (!wanted)
            p = sec_pairs[i];
        else if (sec_pair_parse(terminal->ipsec_algorithm[i], &p) < 0)
            continue;
        if (sa_pair_able(able, p, why))
            pair[count++] = p;
    }
    return count;
}

bool sa_look(struct ue *ue)
{
    struct sas *s = &ue->reg.sas;
    struct esp_ability able;

    if (s->looked)
        return s->security.pair_count > 0;
    s->looked = true;
    s->security.tunnels = ue->terminal->nat_traversal;
    if (ue->terminal->ipsec == IPSEC_OFF) {
        why_set(&s->none, EPERM, "the terminal's `ipsec` is off");
        return false;
    }
    if (xfrm_open(&s->xfrm, &s->none) < 0)
        return false;
    xfrm_probe(s->xfrm, &able);
    if (!able.esp4 && !able.esp6)
        why_set(&s->none, EPROTONOSUPPORT, "%s", able.esp_why);
    else
        s->security.pair_count = take_pairs(ue->terminal, &able, s->security.pair, &s->none);
    return s->security.pair_count > 0;
}

static uint32_t random32(void)
{
    uint32_t r;

    if (getrandom(&r, sizeof r, 0) != sizeof r)
        daemon_die("the kernel has no random numbers: %s", why_not(errno));
    return r;
}

/* 1..255 are reserved (RFC 4303 2.1). */
static uint32_t new_spi(const struct ue *ue, uint32_t other)
{
    uint32_t spi;

    do
        spi = random32();
    while (spi < 256 || spi == other || sa_in_use(ue, spi, 0));
    return spi;
}

/* Client ports are even, server ports odd: never the same. */
static uint16_t new_client_port(const struct ue *ue)
{
    uint16_t port;

    do
        port = 32768 + random32() % 14000 * 2;
    while (sa_in_use(ue, 0, port));
    return port;
}

/* Both families at once: which one is used is the P-CSCF's choice. */
static size_t own_addresses(const struct ue *ue, uint16_t port, struct addr own[2])
{
    size_t n = 0;

    if (addr_is_set(&ue->pdp.address))
        own[n++] = addr_with_port(ue->pdp.address, port);
    if (addr_is_set(&ue->pdp.address6))
        own[n++] = addr_with_port(ue->pdp.address6, port);
    return n;
}

static int block(struct ue *ue, uint16_t port, struct why *why)
{
    struct sas *s = &ue->reg.sas;
    struct addr own[2];
    size_t n = own_addresses(ue, port, own);
    int err = 0;

    for (size_t i = 0; i < n && !err; i++) {
        err = sa_block_put(s->xfrm, SA_UE, &own[i], why);
        if (!err)
            s->server[i] = own[i];
    }
    return err;
}

static int listen_at(struct ue *ue, struct why *why)
{
    struct sas *s = &ue->reg.sas;
    struct sip_config config = {
        .conf = ue->conf, .numeric_nonlocal = true, .terminal = true, .protect = true};

    for (size_t i = 0; i < COUNT(s->server); i++)
        if (addr_is_set(&s->server[i]))
            config.listen[config.listen_count++] = s->server[i];
    s->sip = sip_open(ue->loop, &config, why);
    if (!s->sip)
        return -EADDRINUSE;
    sip_serve(s->sip, "*", request_begin, ue);
    return 0;
}

/* What a terminal that was killed left behind. */
static int sweep(struct ue *ue, struct why *why)
{
    struct addr own[2];
    size_t n = own_addresses(ue, 0, own);
    int err = 0;

    for (size_t i = 0; i < n && err >= 0; i++)
        err = sa_flush(ue->reg.sas.xfrm, SA_UE, &own[i], NULL, NULL, why);
    return err;
}

/* Listen at a port where nothing unprotected is heard, as long as the address is ours. */
static int open_server_port(struct ue *ue, struct why *why)
{
    struct sas *s = &ue->reg.sas;
    int err;

    if (s->sip)
        return 0;
    err = sweep(ue, why);
    if (err < 0)
        return err;
    for (unsigned i = 0; i < PORT_TRIES; i++) {
        err = block(ue, 32769 + random32() % 14000 * 2, why);
        if (!err)
            err = listen_at(ue, why);
        if (!err)
            return 0;
        sa_close_port(ue);
    }
    return err;
}

void sa_close_port(struct ue *ue)
{
    struct sas *s = &ue->reg.sas;

    sa_nat_close(ue);
    if (s->sip)
        sip_close(s->sip);
    s->sip = NULL;
    for (size_t i = 0; i < COUNT(s->server); i++) {
        if (addr_is_set(&s->server[i]))
            sa_block_drop(s->xfrm, SA_UE, &s->server[i], NULL);
        s->server[i] = (struct addr){0};
    }
}

void sa_offer(struct ue *ue)
{
    struct sas *s = &ue->reg.sas;
    struct sec_mechanism mine = {.mode = SEC_TRANS};
    char uc[24], us[24];
    struct why why;

    security_withdraw(&s->security);
    if (!ue->reg.offers || !sa_look(ue))
        return;
    if (open_server_port(ue, &why) < 0) {
        log_warn(ue->reg.call, "no IPsec is offered: %s", why.text);
        s->none = why;
        return;
    }
    mine.spi_c = new_spi(ue, 0);
    mine.spi_s = new_spi(ue, mine.spi_c);
    mine.port_c = new_client_port(ue);
    mine.port_s = addr_port(&s->server[0]);
    security_offer(&s->security, &mine);
    log_arrow(ue->reg.call, "==", NULL, "allocate ports", "port_uc", log_number(mine.port_c, uc),
              "port_us", log_number(mine.port_s, us), NULL);
}
