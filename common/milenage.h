/* SPDX-License-Identifier: Apache-2.0 */
/* Milenage, TS 35.206, on OpenSSL's AES. Pure. */
#ifndef IMSLAB_MILENAGE_H
#define IMSLAB_MILENAGE_H

#include <stdint.h>

/* milenage_opc - OPc from K and OP (4.1). */
void milenage_opc(const uint8_t k[16], const uint8_t op[16], uint8_t opc[16]);
/* f1 and f1*: mac_a[8] and mac_s[8]; either may be NULL. sqn and amf in network order. */
void milenage_f1(const uint8_t k[16], const uint8_t opc[16], const uint8_t rand[16],
                 const uint8_t sqn[6], const uint8_t amf[2], uint8_t mac_a[8], uint8_t mac_s[8]);
/* f2..f5*: res[8], ck[16], ik[16], ak[6], ak_star[6]; any may be NULL. */
void milenage_f2345(const uint8_t k[16], const uint8_t opc[16], const uint8_t rand[16],
                    uint8_t res[8], uint8_t ck[16], uint8_t ik[16], uint8_t ak[6],
                    uint8_t ak_star[6]);

#endif
