/* SPDX-License-Identifier: Apache-2.0 */
/* Routing areas, digits, APNs and end user addresses, as NAS, BSSGP and GTP all write them. */
#include "gsm.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* A digit as a nibble; the end of a string is the filler f. */
static uint8_t nibble(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 0xf;
}

static char digit(unsigned nibble_value)
{
    return "0123456789abcdef"[nibble_value & 0xf];
}

/* MCC 1 and 2, MNC 3 or filler and MCC 3, MNC 1 and 2 (TS 24.008 10.5.1.3). */
void gsm_put_rai(struct octets_out *out, const struct gsm_rai *rai)
{
    put_u8(out, nibble(rai->mcc[1]) << 4 | nibble(rai->mcc[0]));
    put_u8(out, nibble(rai->mnc[2]) << 4 | nibble(rai->mcc[2]));
    put_u8(out, nibble(rai->mnc[1]) << 4 | nibble(rai->mnc[0]));
    put_u16(out, rai->lac);
    put_u8(out, rai->rac);
}

void gsm_take_rai(struct octets_in *in, struct gsm_rai *rai)
{
    uint8_t a = take_u8(in), b = take_u8(in), c = take_u8(in);

    memset(rai, 0, sizeof *rai);
    rai->mcc[0] = digit(a);
    rai->mcc[1] = digit(a >> 4);
    rai->mcc[2] = digit(b);
    rai->mnc[0] = digit(c);
    rai->mnc[1] = digit(c >> 4);
    if (b >> 4 != 0xf)
        rai->mnc[2] = digit(b >> 4);
    rai->lac = take_u16(in);
    rai->rac = take_u8(in);
}

const char *gsm_rai_text(const struct gsm_rai *rai, char buf[32])
{
    snprintf(buf, 32, "%.3s-%.3s-%u-%u", rai->mcc, rai->mnc, rai->lac, rai->rac);
    return buf;
}

void gsm_put_tbcd(struct octets_out *out, const char *digits, size_t n)
{
    size_t len = strlen(digits);

    for (size_t i = 0; i < n; i++) {
        uint8_t low = 2 * i < len ? nibble(digits[2 * i]) : 0xf;
        uint8_t high = 2 * i + 1 < len ? nibble(digits[2 * i + 1]) : 0xf;
        put_u8(out, high << 4 | low);
    }
}

int gsm_take_tbcd(struct octets_in *in, size_t n, char *digits, size_t size)
{
    const uint8_t *at = take_octets(in, n);
    size_t len = 0;

    digits[0] = '\0';
    if (!at)
        return -EINVAL;
    for (size_t i = 0; i < 2 * n; i++) {
        uint8_t v = i % 2 ? at[i / 2] >> 4 : at[i / 2] & 0xf;
        if (v == 0xf)
            break;
        if (v > 9 || len + 1 >= size)
            return -EINVAL;
        digits[len++] = digit(v);
        digits[len] = '\0';
    }
    return 0;
}

void gsm_put_apn(struct octets_out *out, const char *apn)
{
    while (*apn) {
        size_t label = strcspn(apn, ".");
        put_u8(out, label);
        put_octets(out, apn, label);
        apn += label + (apn[label] == '.');
    }
}

/* One label behind what is there. 0 or -EINVAL. */
static int take_label(struct octets_in *in, char apn[GSM_APN], size_t *len)
{
    size_t label = take_u8(in);
    const uint8_t *at = take_octets(in, label);

    if (!at || label == 0 || *len + label + 2 > GSM_APN)
        return -EINVAL;
    if (*len)
        apn[(*len)++] = '.';
    for (size_t i = 0; i < label; i++) {
        if (!isalnum(at[i]) && at[i] != '-')
            return -EINVAL;
        apn[(*len)++] = tolower(at[i]);
    }
    apn[*len] = '\0';
    return 0;
}

int gsm_take_apn(struct octets_in *in, char apn[GSM_APN])
{
    size_t len = 0;

    apn[0] = '\0';
    while (in->left) {
        if (take_label(in, apn, &len) < 0) {
            apn[0] = '\0';
            return -EINVAL;
        }
    }
    return 0;
}

static void put_addr(struct octets_out *out, const struct addr *a)
{
    size_t len;
    const uint8_t *octets = addr_octets(a, &len);

    if (octets)
        put_octets(out, octets, len);
}

void gsm_put_pdp_address(struct octets_out *out, const struct gsm_pdp_address *a, uint8_t spare)
{
    put_u8(out, spare | (a->organisation & 0xf));
    put_u8(out, a->type);
    put_addr(out, &a->v4);
    put_addr(out, &a->v6);
}

/* Which lengths of address go with which type: TS 24.008 10.5.6.4, TS 29.060 7.7.27. A type that we
 * do not know is kept without its address: the answer to it is "unknown PDP type". */
int gsm_take_pdp_address(struct octets_in *in, struct gsm_pdp_address *a)
{
    const uint8_t *at;
    size_t left;
    bool v4, v6;

    memset(a, 0, sizeof *a);
    a->organisation = take_u8(in) & 0xf;
    a->type = take_u8(in);
    if (in->bad)
        return -EINVAL;
    left = in->left;
    at = take_octets(in, left);
    v4 = a->type == GSM_PDP_IPV4 || a->type == GSM_PDP_IPV4V6;
    v6 = a->type == GSM_PDP_IPV6 || a->type == GSM_PDP_IPV4V6;
    if (a->organisation != 1 || (!v4 && !v6) || left == 0)
        return 0;
    if (v4 && left == 4)
        return addr_from_octets(&a->v4, at, 4, 0);
    if (v6 && left == 16)
        return addr_from_octets(&a->v6, at, 16, 0);
    if (!v4 || !v6 || left != 20)
        return -EINVAL;
    addr_from_octets(&a->v4, at, 4, 0);
    return addr_from_octets(&a->v6, at + 4, 16, 0);
}

const char *gsm_pdp_type_text(unsigned type)
{
    switch (type) {
    case GSM_PDP_PPP: return "ppp";
    case GSM_PDP_IPV4: return "ipv4";
    case GSM_PDP_IPV6: return "ipv6";
    case GSM_PDP_IPV4V6: return "ipv4v6";
    default: return "?";
    }
}
