/* SPDX-License-Identifier: Apache-2.0 */
/* The Milenage algorithm set, TS 35.206 clause 4.1: five outputs, each one more AES-128 of the same
 * TEMP, told apart by a rotation and a constant. This file and digest_aka.c are the only users of
 * OpenSSL's EVP in the AKA path. */
#include "milenage.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "xalloc.h"

struct block {
    uint8_t octet[16];
};

/* libcrypto without AES-128 is a broken installation: no daemon can go on. */
static EVP_CIPHER_CTX *aes_start(const uint8_t k[16])
{
    EVP_CIPHER_CTX *aes = EVP_CIPHER_CTX_new();

    if (!aes || EVP_EncryptInit_ex(aes, EVP_aes_128_ecb(), NULL, k, NULL) != 1)
        abort();
    EVP_CIPHER_CTX_set_padding(aes, 0);
    return aes;
}

static struct block aes_block(EVP_CIPHER_CTX *aes, struct block in)
{
    struct block out;
    int len;

    if (EVP_EncryptUpdate(aes, out.octet, &len, in.octet, sizeof in.octet) != 1 || len != 16)
        abort();
    return out;
}

static struct block xored(struct block a, const uint8_t b[16])
{
    for (int i = 0; i < 16; i++)
        a.octet[i] ^= b[i];
    return a;
}

/* Rotated towards the most significant bit; every r of TS 35.206 is a whole number of octets. */
static struct block rotated(struct block in, unsigned octets)
{
    struct block out;

    for (unsigned i = 0; i < 16; i++)
        out.octet[i] = in.octet[(i + octets) % 16];
    return out;
}

/* OUT2 .. OUT5: E_K(rot(TEMP ^ OPc, r) ^ c) ^ OPc. */
static struct block output(EVP_CIPHER_CTX *aes, const uint8_t opc[16], struct block temp,
                           unsigned r_octets, uint8_t c)
{
    struct block in = rotated(xored(temp, opc), r_octets);

    in.octet[15] ^= c;
    return xored(aes_block(aes, in), opc);
}

static struct block make_temp(EVP_CIPHER_CTX *aes, const uint8_t opc[16], const uint8_t rand[16])
{
    struct block in;

    memcpy(in.octet, rand, 16);
    return aes_block(aes, xored(in, opc));
}

static void take(uint8_t *to, const uint8_t *from, size_t len)
{
    if (to)
        memcpy(to, from, len);
}

void milenage_opc(const uint8_t k[16], const uint8_t op[16], uint8_t opc[16])
{
    EVP_CIPHER_CTX *aes = aes_start(k);
    struct block in;

    memcpy(in.octet, op, 16);
    in = xored(aes_block(aes, in), op);
    memcpy(opc, in.octet, 16);
    EVP_CIPHER_CTX_free(aes);
}

void milenage_f1(const uint8_t k[16], const uint8_t opc[16], const uint8_t rand[16],
                 const uint8_t sqn[6], const uint8_t amf[2], uint8_t mac_a[8], uint8_t mac_s[8])
{
    EVP_CIPHER_CTX *aes = aes_start(k);
    struct block temp = make_temp(aes, opc, rand), in1, out1;

    memcpy(in1.octet, sqn, 6);
    memcpy(in1.octet + 6, amf, 2);
    memcpy(in1.octet + 8, in1.octet, 8);
    out1 = xored(aes_block(aes, xored(rotated(xored(in1, opc), 8), temp.octet)), opc);
    take(mac_a, out1.octet, 8);
    take(mac_s, out1.octet + 8, 8);
    wipe(&temp, sizeof temp);
    wipe(&out1, sizeof out1);
    EVP_CIPHER_CTX_free(aes);
}

void milenage_f2345(const uint8_t k[16], const uint8_t opc[16], const uint8_t rand[16],
                    uint8_t res[8], uint8_t ck[16], uint8_t ik[16], uint8_t ak[6],
                    uint8_t ak_star[6])
{
    EVP_CIPHER_CTX *aes = aes_start(k);
    struct block temp = make_temp(aes, opc, rand), out;

    out = output(aes, opc, temp, 0, 1);
    take(ak, out.octet, 6);
    take(res, out.octet + 8, 8);
    if (ck) {
        out = output(aes, opc, temp, 4, 2);
        memcpy(ck, out.octet, 16);
    }
    if (ik) {
        out = output(aes, opc, temp, 8, 4);
        memcpy(ik, out.octet, 16);
    }
    if (ak_star) {
        out = output(aes, opc, temp, 12, 8);
        memcpy(ak_star, out.octet, 6);
    }
    wipe(&temp, sizeof temp);
    wipe(&out, sizeof out);
    EVP_CIPHER_CTX_free(aes);
}
