/* SPDX-License-Identifier: Apache-2.0 */
/* PCO, TS 24.008 10.5.6.3: one octet (extension, "PPP for IP"), then containers of identifier,
 * length, contents. IPCP inside is RFC 1332 with the DNS options of RFC 1877. */
#include "pco.h"

#include <stdio.h>
#include <string.h>

#define AT(member) offsetof(struct pco, member)

enum { PPP_FOR_IP = 0x80 };
enum { IPCP_DNS_1 = 0x81, IPCP_DNS_2 = 0x83 };

/* The containers that ask with no contents and are answered with one address each, in the order in
 * which they are sent. */
static const struct {
    uint16_t id;
    uint8_t size;         /* octets of the address */
    uint16_t ask;         /* offset of the flag in struct pco */
    uint16_t list, count; /* offset of struct addr[most] and its count */
    uint8_t most;
} asked[] = {
    {PCO_PCSCF_V4, 4,  AT(ask_pcscf_v4), AT(pcscf), AT(pcscf_count), 8},
    {PCO_PCSCF_V6, 16, AT(ask_pcscf_v6), AT(pcscf), AT(pcscf_count), 8},
    {PCO_DNS_V4,   4,  AT(ask_dns_v4),   AT(dns),   AT(dns_count),   4},
    {PCO_DNS_V6,   16, AT(ask_dns_v6),   AT(dns),   AT(dns_count),   4},
};
enum { ASKED = sizeof asked / sizeof asked[0] };

static void take_asked(struct octets_in *v, size_t row, bool answer, struct pco *pco)
{
    char *base = (char *)pco;
    struct addr *list = (void *)(base + asked[row].list);
    size_t *count = (void *)(base + asked[row].count);
    const uint8_t *at;

    if (!answer) {
        *(bool *)(base + asked[row].ask) = true;
        return;
    }
    at = take_octets(v, asked[row].size);
    if (at && *count < asked[row].most)
        addr_from_octets(&list[(*count)++], at, asked[row].size, 0);
}

/* A DNS option of IPCP; 0.0.0.0 asks for one and stays "not set". */
static void take_ipcp_option(struct octets_in *v, struct pco *pco)
{
    unsigned type = take_u8(v), len = take_u8(v);
    struct octets_in o = take_in(v, len < 2 ? v->left + 1 : len - 2);
    const uint8_t *at = take_octets(&o, 4);

    if (!at || memcmp(at, "\0\0\0\0", 4) == 0)
        return;
    if (type == IPCP_DNS_1)
        addr_from_octets(&pco->ipcp_dns[0], at, 4, 0);
    if (type == IPCP_DNS_2)
        addr_from_octets(&pco->ipcp_dns[1], at, 4, 0);
}

static void take_ipcp(struct octets_in *v, struct pco *pco)
{
    uint8_t code = take_u8(v), id = take_u8(v);
    unsigned len = take_u16(v);
    struct octets_in options = take_in(v, len < 4 ? v->left : len - 4);

    if (options.bad) {
        pco->ignored++;
        return;
    }
    pco->ipcp = code;
    pco->ipcp_id = id;
    while (options.left)
        take_ipcp_option(&options, pco);
}

/* The contents of one container. */
static void take_container(struct octets_in *v, unsigned id, bool answer, struct pco *pco)
{
    for (size_t i = 0; i < ASKED; i++) {
        if (asked[i].id == id) {
            take_asked(v, i, answer, pco);
            return;
        }
    }
    switch (id) {
    case PCO_IM_CN: pco->im_cn = true; break;
    case PCO_IPCP: take_ipcp(v, pco); break;
    case PCO_MTU:
        if (answer)
            pco->mtu = take_u16(v);
        else
            pco->ask_mtu = true;
        break;
    default: pco->ignored++;
    }
}

void pco_decode(struct pco *pco, bool from_network, const uint8_t *data, size_t len)
{
    struct octets_in in = octets_in(data, len);

    memset(pco, 0, sizeof *pco);
    take_u8(&in);
    while (in.left) {
        unsigned id = take_u16(&in);
        struct octets_in v = take_in(&in, take_u8(&in));
        if (!in.bad)
            take_container(&v, id, from_network, pco);
        if (v.bad && !in.bad)
            pco->ignored++;
    }
    pco->truncated = in.bad;
}

static void put_head(struct octets_out *out, unsigned id, size_t len)
{
    put_u16(out, id);
    put_u8(out, len);
}

static void put_ask(struct octets_out *out, unsigned id, bool ask)
{
    if (ask)
        put_head(out, id, 0);
}

static void put_asked(struct octets_out *out, size_t row, const struct pco *pco)
{
    const char *base = (const char *)pco;
    const struct addr *list = (const void *)(base + asked[row].list);
    size_t count = *(const size_t *)(base + asked[row].count);

    put_ask(out, asked[row].id, *(const bool *)(base + asked[row].ask));
    for (size_t i = 0; i < count; i++) {
        size_t len;
        const uint8_t *octets = addr_octets(&list[i], &len);
        if (!octets || len != asked[row].size)
            continue;
        put_head(out, asked[row].id, len);
        put_octets(out, octets, len);
    }
}

static void put_ipcp_dns(struct octets_out *out, unsigned type, const struct addr *a)
{
    size_t len;
    const uint8_t *octets = addr_octets(a, &len);

    put_u8(out, type);
    put_u8(out, 6);
    put_octets(out, octets && len == 4 ? octets : (const uint8_t *)"\0\0\0\0", 4);
}

static void put_ipcp(struct octets_out *out, const struct pco *pco)
{
    if (!pco->ipcp)
        return;
    put_head(out, PCO_IPCP, 16);
    put_u8(out, pco->ipcp);
    put_u8(out, pco->ipcp_id);
    put_u16(out, 16);
    put_ipcp_dns(out, IPCP_DNS_1, &pco->ipcp_dns[0]);
    put_ipcp_dns(out, IPCP_DNS_2, &pco->ipcp_dns[1]);
}

int pco_encode(uint8_t *data, size_t size, const struct pco *pco)
{
    struct octets_out out = octets_out(data, size < PCO_MAX ? size : PCO_MAX);

    put_u8(&out, PPP_FOR_IP);
    put_ipcp(&out, pco);
    for (size_t i = 0; i < ASKED; i++)
        put_asked(&out, i, pco);
    put_ask(&out, PCO_MTU, pco->ask_mtu);
    if (pco->mtu) {
        put_head(&out, PCO_MTU, 2);
        put_u16(&out, pco->mtu);
    }
    put_ask(&out, PCO_IM_CN, pco->im_cn);
    return octets_len(&out);
}

static void add(char buf[PCO_TEXT], const char *word)
{
    size_t len = strlen(buf);

    snprintf(buf + len, PCO_TEXT - len, "%s%s", len ? "," : "", word);
}

const char *pco_asks_text(const struct pco *pco, char buf[PCO_TEXT])
{
    static const char *const words[ASKED] = {"p-cscf-v4?", "p-cscf-v6?", "dns-v4?", "dns-v6?"};

    buf[0] = '\0';
    for (size_t i = 0; i < ASKED; i++)
        if (*(const bool *)((const char *)pco + asked[i].ask))
            add(buf, words[i]);
    if (pco->ask_mtu)
        add(buf, "mtu?");
    if (pco->im_cn)
        add(buf, "im-cn-signalling");
    return buf;
}

const char *pco_pcscf_text(const struct pco *pco, char buf[PCO_TEXT])
{
    char host[ADDR_TEXT];

    buf[0] = '\0';
    for (size_t i = 0; i < pco->pcscf_count; i++)
        add(buf, addr_host(&pco->pcscf[i], host));
    return buf;
}
