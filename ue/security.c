/* SPDX-License-Identifier: Apache-2.0 */
/* What was not offered is never chosen, and what the P-CSCF said is said back inside the SA:
 * whoever changes one of the two lists on the way cannot make the ends agree on less than both have
 * (TS 33.203 7.2). */
#include "security.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sip.h"

/* The same pairs again, for a NAT that nobody knows of yet (TS 33.203 M.7.2). */
static void offer_tunnels(struct sec_list *list)
{
    for (size_t i = 0, count = list->count; i < count; i++) {
        list->mechanism[list->count] = list->mechanism[i];
        list->mechanism[list->count++].mode = SEC_UDP_ENC_TUN;
    }
}

void security_offer(struct security *s, const struct sec_mechanism *mine)
{
    struct sec_list list;

    s->mine = *mine;
    s->mine.mode = SEC_TRANS;
    *s->verify = 0;
    sec_offer(&list, &s->mine, false, s->pair, s->pair_count);
    if (s->tunnels)
        offer_tunnels(&list);
    sec_write(&list, s->client);
}

void security_withdraw(struct security *s)
{
    *s->client = *s->verify = 0;
}

/* Every Security-Server as one value. 0, -ENOENT, -EPROTO. */
static int read_server(const sip_t *answer, char value[SEC_VALUE], struct sec_list *list,
                       struct why *why)
{
    if (sip_is_unreadable(answer, "Security-Server"))
        return why_set(why, EPROTO, "the Security-Server of the P-CSCF cannot be read");
    if (!answer->sip_security_server)
        return -ENOENT;
    if (!sip_list(answer, "Security-Server", value, SEC_VALUE))
        return why_set(why, EPROTO, "the Security-Server of the P-CSCF is longer than %d octets",
                       SEC_VALUE);
    if (sec_read(value, list, why) < 0) {
        char said[sizeof why->text];

        snprintf(said, sizeof said, "%s", why->text);
        return why_set(why, EPROTO, "the Security-Server of the P-CSCF cannot be used: %.200s",
                       said);
    }
    return 0;
}

static const char *names(const struct sec_list *list, char *buf, size_t size)
{
    size_t len = snprintf(buf, size, "nothing that is known here");

    for (size_t i = 0; i < list->count && len < size; i++) {
        if (i == 0)
            len = 0;
        len += snprintf(buf + len, size - len, "%s%s", i ? ", " : "",
                        sec_pair_name(list->mechanism[i].pair));
    }
    return buf;
}

static bool is_ours(const struct sec_mechanism *mine, uint32_t spi)
{
    return spi == mine->spi_c || spi == mine->spi_s;
}

int security_agree(struct security *s, const sip_t *answer, bool behind_nat, struct why *why)
{
    enum sec_mode mode = behind_nat ? SEC_UDP_ENC_TUN : SEC_TRANS;
    const struct sec_mechanism *chosen;
    char value[SEC_VALUE], text[160];
    struct sec_list list;
    int err = read_server(answer, value, &list, why);

    if (err)
        return err;
    chosen = sec_choose(&list, mode, s->pair, s->pair_count);
    if (!chosen &&
        sec_choose(&list, behind_nat ? SEC_TRANS : SEC_UDP_ENC_TUN, s->pair, s->pair_count))
        return why_set(why, EPROTO,
                       behind_nat ? "the terminal is behind a NAT, and the P-CSCF does not offer "
                                    "mod=UDP-enc-tun (TS 33.203 M.7.3.2.4)"
                                  : "the P-CSCF offers nothing but mod=UDP-enc-tun, and its answer "
                                    "shows no NAT (Via `received`) in front of the terminal");
    if (!chosen)
        return why_set(
            why, EPROTO,
            "the P-CSCF offers %s, and the terminal has nothing of it (`ipsec_algorithms` "
            "of both, and the kernels, decide)",
            names(&list, text, sizeof text));
    if (is_ours(&s->mine, chosen->spi_c) || is_ours(&s->mine, chosen->spi_s))
        return why_set(why, EPROTO,
                       "the P-CSCF offers an SPI of the terminal as its own (TS 33.203 7.2)");
    s->theirs = *chosen;
    snprintf(s->verify, sizeof s->verify, "%s", value);
    return 0;
}

bool security_has_common(const struct security *s, const sip_t *answer)
{
    char value[SEC_VALUE];
    struct sec_list list;
    struct why why;

    return read_server(answer, value, &list, &why) == 0 &&
           (sec_choose(&list, SEC_TRANS, s->pair, s->pair_count) ||
            (s->tunnels && sec_choose(&list, SEC_UDP_ENC_TUN, s->pair, s->pair_count)));
}
