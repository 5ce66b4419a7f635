/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP Digest with AKA as the password (RFC 3310, RFC 4169, RFC 2617/7616). Pure; password is
 * binary, length given. */
#ifndef IMSLAB_DIGEST_AKA_H
#define IMSLAB_DIGEST_AKA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DIGEST_HEX 33 /* 32 lower-case hex digits and the NUL */

struct digest_input { /* texts without quotes; NULL qop: RFC 2069 style, then nc and cnonce are not
                         used */
    const char *username, *realm, *method, *uri, *nonce;
    const char *qop, *nc, *cnonce;
    const void *password; /* RES / XRES, may contain zero octets; AKAv2: digest_akav2_password */
    size_t password_len;
};

/* digest_response - the MD5 response as hex. */
void digest_response(const struct digest_input *in, char response[DIGEST_HEX]);
/* digest_akav2_password - what AKAv2-MD5 has in the place of RES (RFC 4169 3): base64 of HMAC-MD5,
 * whose key is RES (res_len octets, 4 to 16), IK and CK. 24 characters and the NUL; wipe() it. */
#define DIGEST_AKAV2 25
void digest_akav2_password(const uint8_t *res, size_t res_len, const uint8_t ik[16],
                           const uint8_t ck[16], char password[DIGEST_AKAV2]);
/* digest_ha1 - H(username:realm:password) for MD5 or SHA-256 (RFC 7616 3.4.2), 32 or 64 lower-case
 * hex digits. A password that is text. */
#define DIGEST_HA1 65
void digest_ha1(bool sha256, const char *username, const char *realm, const char *password,
                char hex[DIGEST_HA1]);
/* digest_same - constant-time comparison of two hex responses, case ignored. */
bool digest_same(const char *a, const char *b);

/* base64 of RFC 4648 with padding. digest_base64: out needs 4*((len+2)/3)+1. digest_unbase64:
 * returns the number of octets, or -EINVAL on any character that does not belong, or when size is
 * too small. */
void digest_base64(const uint8_t *data, size_t len, char *out);
int digest_unbase64(const char *text, uint8_t *out, size_t size);

#endif
