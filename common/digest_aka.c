/* SPDX-License-Identifier: Apache-2.0 */
/* The digest of RFC 2617 with AKA's RES in the place of the password (RFC 3310 3.3): octets, not
 * text, so everything is hashed by length. And base64 (RFC 4648), the dress of RAND, AUTN and AUTS
 * in SIP. */
#include "digest_aka.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* libcrypto without MD5 cannot serve any terminal: nothing to go on with. */
static EVP_MD_CTX *md5_start(void)
{
    EVP_MD_CTX *md5 = EVP_MD_CTX_new();

    if (!md5 || EVP_DigestInit_ex(md5, EVP_md5(), NULL) != 1)
        abort();
    return md5;
}

static void md5_add(EVP_MD_CTX *md5, const void *data, size_t len)
{
    if (EVP_DigestUpdate(md5, data, len) != 1)
        abort();
}

static void md5_text(EVP_MD_CTX *md5, const char *text)
{
    md5_add(md5, text, strlen(text));
}

/* ":" and the next part; every hash of RFC 2617 is a list of parts with colons between. */
static void md5_part(EVP_MD_CTX *md5, const char *text)
{
    md5_text(md5, ":");
    md5_text(md5, text);
}

static void md5_end(EVP_MD_CTX *md5, char hex[DIGEST_HEX])
{
    static const char digits[] = "0123456789abcdef";
    uint8_t sum[16];

    if (EVP_DigestFinal_ex(md5, sum, NULL) != 1)
        abort();
    EVP_MD_CTX_free(md5);
    for (int i = 0; i < 16; i++) {
        hex[2 * i] = digits[sum[i] >> 4];
        hex[2 * i + 1] = digits[sum[i] & 15];
    }
    hex[32] = 0;
}

void digest_response(const struct digest_input *in, char response[DIGEST_HEX])
{
    char ha1[DIGEST_HEX], ha2[DIGEST_HEX];
    EVP_MD_CTX *md5 = md5_start();

    md5_text(md5, in->username);
    md5_part(md5, in->realm);
    md5_text(md5, ":");
    md5_add(md5, in->password, in->password_len);
    md5_end(md5, ha1);

    md5 = md5_start();
    md5_text(md5, in->method);
    md5_part(md5, in->uri);
    md5_end(md5, ha2);

    md5 = md5_start();
    md5_text(md5, ha1);
    md5_part(md5, in->nonce);
    if (in->qop) {
        md5_part(md5, in->nc);
        md5_part(md5, in->cnonce);
        md5_part(md5, in->qop);
    }
    md5_part(md5, ha2);
    md5_end(md5, response);
    OPENSSL_cleanse(ha1, sizeof ha1);
}

void digest_akav2_password(const uint8_t *res, size_t res_len, const uint8_t ik[16],
                           const uint8_t ck[16], char password[DIGEST_AKAV2])
{
    static const char text[] = "http-digest-akav2-password";
    uint8_t key[48], prf[16];

    if (res_len > 16)
        res_len = 16;
    memcpy(key, res, res_len);
    memcpy(key + res_len, ik, 16);
    memcpy(key + res_len + 16, ck, 16);
    if (!HMAC(EVP_md5(), key, res_len + 32, (const uint8_t *)text, sizeof text - 1, prf, NULL))
        abort();
    digest_base64(prf, sizeof prf, password);
    OPENSSL_cleanse(key, sizeof key);
    OPENSSL_cleanse(prf, sizeof prf);
}

void digest_ha1(bool sha256, const char *username, const char *realm, const char *password,
                char hex[DIGEST_HA1])
{
    static const char digits[] = "0123456789abcdef";
    const char *const parts[] = {username, ":", realm, ":", password};
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    uint8_t sum[32];
    unsigned len = 0;

    if (!hash || EVP_DigestInit_ex(hash, sha256 ? EVP_sha256() : EVP_md5(), NULL) != 1)
        abort();
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        md5_text(hash, parts[i]);
    if (EVP_DigestFinal_ex(hash, sum, &len) != 1)
        abort();
    EVP_MD_CTX_free(hash);
    for (unsigned i = 0; i < len; i++) {
        hex[2 * i] = digits[sum[i] >> 4];
        hex[2 * i + 1] = digits[sum[i] & 15];
    }
    hex[2 * len] = 0;
}

bool digest_same(const char *a, const char *b)
{
    size_t len = strlen(a);
    unsigned differ = 0;

    if (len == 0 || len != strlen(b))
        return false;
    for (size_t i = 0; i < len; i++) {
        unsigned char x = a[i], y = b[i];

        x |= x >= 'A' && x <= 'F' ? 0x20 : 0;
        y |= y >= 'A' && y <= 'F' ? 0x20 : 0;
        differ |= x ^ y;
    }
    return differ == 0;
}

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void digest_base64(const uint8_t *data, size_t len, char *out)
{
    for (size_t i = 0; i < len; i += 3) {
        size_t have = len - i < 3 ? len - i : 3;
        uint32_t bits = (uint32_t)data[i] << 16;

        if (have > 1)
            bits |= (uint32_t)data[i + 1] << 8;
        if (have > 2)
            bits |= data[i + 2];
        *out++ = alphabet[bits >> 18];
        *out++ = alphabet[bits >> 12 & 63];
        *out++ = have > 1 ? alphabet[bits >> 6 & 63] : '=';
        *out++ = have > 2 ? alphabet[bits & 63] : '=';
    }
    *out = 0;
}

/* The value of one character, or -1. */
static int sextet(char c)
{
    const char *at = c ? strchr(alphabet, c) : NULL;

    return at ? (int)(at - alphabet) : -1;
}

int digest_unbase64(const char *text, uint8_t *out, size_t size)
{
    size_t len = strlen(text), octets, pad = 0;

    while (pad < 2 && pad < len && text[len - 1 - pad] == '=')
        pad++;
    octets = len / 4 * 3 - pad;
    if (len % 4 != 0 || octets > size)
        return -EINVAL;
    for (size_t i = 0, at = 0; i < len; i += 4) {
        uint32_t bits = 0;

        for (size_t j = 0; j < 4; j++) {
            int value = i + j >= len - pad ? 0 : sextet(text[i + j]);

            if (value < 0)
                return -EINVAL;
            bits = bits << 6 | value;
        }
        for (int shift = 16; shift >= 0; shift -= 8) {
            uint8_t octet = bits >> shift & 0xff;

            if (at < octets)
                out[at++] = octet;
            else if (octet != 0) /* bits below the padding: not what an encoder makes */
                return -EINVAL;
        }
    }
    return octets;
}
