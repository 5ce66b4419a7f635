/* SPDX-License-Identifier: Apache-2.0 */
/* Protocol configuration options (TS 24.008 10.5.6.3): how the terminal asks for its P-CSCF, DNS
 * and MTU, and how the GGSN answers. The octets here are the value of the information element,
 * without IEI and length: the same in NAS and GTP. Pure. */
#ifndef IMSLAB_PCO_H
#define IMSLAB_PCO_H

#include "addr.h"
#include "octets.h"

enum pco_id {
    PCO_PCSCF_V6 = 0x0001,
    PCO_IM_CN = 0x0002, /* IM CN Subsystem Signaling Flag: a context for SIP only */
    PCO_DNS_V6 = 0x0003,
    PCO_PCSCF_V4 = 0x000c,
    PCO_DNS_V4 = 0x000d,
    PCO_MTU = 0x0010,
    PCO_IPCP = 0x8021,
    PCO_PAP = 0xc023,
};

enum { PCO_MAX = 251 }; /* longest value (TS 24.008: the element has 3 to 253 octets) */
enum { IPCP_REQUEST = 1, IPCP_ACK = 2, IPCP_NAK = 3, IPCP_REJECT = 4 };

/* Both directions. The terminal sets ask_*; the network sets the values. */
struct pco {
    bool ask_pcscf_v4, ask_pcscf_v6, ask_dns_v4, ask_dns_v6, ask_mtu;
    bool im_cn;      /* asked for, and echoed when granted */
    uint8_t ipcp;    /* 0: none; IPCP_REQUEST from the terminal, IPCP_ACK from the network */
    uint8_t ipcp_id; /* echoed */
    struct addr ipcp_dns[2]; /* primary, secondary; not set: 0.0.0.0 */
    struct addr pcscf[8];    /* in order of preference */
    size_t pcscf_count;
    struct addr dns[4];
    size_t dns_count;
    unsigned mtu;     /* octets; 0: not given */
    unsigned ignored; /* decode: containers not understood and skipped */
    bool truncated;   /* decode: the last container promised more than there was */
};

/* pco_decode - from_network says whether 000c and its like ask or answer. Never fails: what cannot
 * be read is counted in ignored or truncated (TS 24.008 10.5.6.3: skipped). */
void pco_decode(struct pco *pco, bool from_network, const uint8_t *data, size_t len);
/* pco_encode - the length, or -EMSGSIZE. Nothing asked and nothing given: one octet, 80. */
int pco_encode(uint8_t *data, size_t size, const struct pco *pco);

enum { PCO_TEXT = 256 };
/* For logs: pco_asks_text - "p-cscf-v4?,dns-v4?,im-cn-signalling"; pco_pcscf_text - "10.60.2.10".
 * Each writes into buf and returns it; "" when there is nothing. */
const char *pco_asks_text(const struct pco *pco, char buf[PCO_TEXT]);
const char *pco_pcscf_text(const struct pco *pco, char buf[PCO_TEXT]);

#endif
