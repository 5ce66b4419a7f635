/* SPDX-License-Identifier: Apache-2.0 */
/* The small encodings that NAS, BSSGP and GTP share: routing area, decimal digits, APN labels and
 * the end user address (TS 24.008 10.5, TS 23.003 2.2, 9.1, TS 29.060 7.7). Pure. */
#ifndef IMSLAB_GSM_H
#define IMSLAB_GSM_H

#include "addr.h"
#include "octets.h"

#define GSM_APN    64 /* "ims" as text with its NUL; the labels are at most 63 octets here */
#define GSM_DIGITS 17 /* IMSI, IMEI, IMEISV: 16 digits and the NUL */

/* Routing area identification (TS 24.008 10.5.5.15): where the terminal is. */
struct gsm_rai {
    char mcc[4], mnc[4]; /* "001", "01" or "001"; what a peer sends that is no digit: as hex */
    uint16_t lac;
    uint8_t rac;
};

void gsm_put_rai(struct octets_out *out, const struct gsm_rai *rai); /* 6 octets */
void gsm_take_rai(struct octets_in *in, struct gsm_rai *rai);
/* gsm_rai_text - "001-01-1-0" into buf[32]; returns it. */
const char *gsm_rai_text(const struct gsm_rai *rai, char buf[32]);

/* gsm_put_tbcd - digits, low nibble first, padded with f up to n octets. */
void gsm_put_tbcd(struct octets_out *out, const char *digits, size_t n);
/* gsm_take_tbcd - from n octets up to the first f, at most size-1 digits. 0, or -EINVAL when one
 * is no digit or they do not fit. */
int gsm_take_tbcd(struct octets_in *in, size_t n, char *digits, size_t size);

/* gsm_put_apn - "a.b" as 01 'a' 01 'b'. gsm_take_apn - the reverse, all that is left in `in`;
 * lower case, letters, digits, hyphen (TS 23.003 9.1). 0 or -EINVAL. */
void gsm_put_apn(struct octets_out *out, const char *apn);
int gsm_take_apn(struct octets_in *in, char apn[GSM_APN]);

/* The address of a PDP context, as terminal and GGSN write it: IETF, type, none or one of each. */
enum gsm_pdp_type {
    GSM_PDP_PPP = 0x01,
    GSM_PDP_IPV4 = 0x21,
    GSM_PDP_IPV6 = 0x57,
    GSM_PDP_IPV4V6 = 0x8d
};

struct gsm_pdp_address {
    uint8_t organisation; /* 1 = IETF, 0 = ETSI (PPP) */
    uint8_t type;         /* enum gsm_pdp_type, or what a peer invents */
    struct addr v4, v6;   /* not set: dynamic, to be given by the network */
};

/* gsm_put_pdp_address - spare is the high nibble of the first octet: 0 in NAS, 0xf0 in GTP. */
void gsm_put_pdp_address(struct octets_out *out, const struct gsm_pdp_address *a, uint8_t spare);
/* gsm_take_pdp_address - all that is left in `in`. 0, or -EINVAL on a length no type allows. */
int gsm_take_pdp_address(struct octets_in *in, struct gsm_pdp_address *a);
/* gsm_pdp_type_text - "ipv4", "ipv6", "ipv4v6", "ppp" or "?". */
const char *gsm_pdp_type_text(unsigned type);

#endif
