/* SPDX-License-Identifier: Apache-2.0 */
#include "sa_keys.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "xalloc.h"

enum { FC_GMAC_SALT = 0x58, FC_GCM_SALT = 0x59, SALT = 4 };

/* KDF of TS 33.220 Annex B with the parameters of TS 33.203 Annex I: the salt is the last 4 octets
 * of HMAC-SHA-256 over FC, the name and its length, with CK || IK as the key. */
static void salt(uint8_t out[SALT], uint8_t fc, const char *name, const uint8_t ck[16],
                 const uint8_t ik[16])
{
    uint8_t key[32], text[40], mac[32];
    size_t len = strlen(name);
    unsigned size = sizeof mac;

    memcpy(key, ck, 16);
    memcpy(key + 16, ik, 16);
    text[0] = fc;
    memcpy(text + 1, name, len);
    text[1 + len] = len >> 8;
    text[2 + len] = len & 0xff;
    HMAC(EVP_sha256(), key, sizeof key, text, len + 3, mac, &size);
    memcpy(out, mac + sizeof mac - SALT, SALT);
    wipe(key, sizeof key);
    wipe(mac, sizeof mac);
}

static enum esp_algo auth_of(struct sec_pair pair)
{
    return pair.alg == SEC_HMAC_SHA_1_96 ? ESP_HMAC_SHA1_96
           : pair.alg == SEC_HMAC_MD5_96 ? ESP_HMAC_MD5_96
                                         : ESP_NOTHING;
}

static enum esp_algo crypt_of(struct sec_pair pair)
{
    if (pair.alg == SEC_AES_GMAC)
        return ESP_AES_GMAC;
    switch (pair.ealg) {
    case SEC_AES_CBC: return ESP_AES_CBC;
    case SEC_DES_EDE3_CBC: return ESP_3DES_CBC;
    case SEC_AES_GCM: return ESP_AES_GCM;
    default: return ESP_NULL;
    }
}

void sa_keys(struct sec_pair pair, const uint8_t ck[16], const uint8_t ik[16], struct esp_key *auth,
             struct esp_key *crypt)
{
    *auth = (struct esp_key){.algo = auth_of(pair)};
    *crypt = (struct esp_key){.algo = crypt_of(pair)};
    if (auth->algo != ESP_NOTHING)
        memcpy(auth->octets, ik, 16); /* SHA-1 takes 20: the last 4 are zero */
    switch (crypt->algo) {
    case ESP_AES_GMAC:
        memcpy(crypt->octets, ik, 16);
        salt(crypt->octets + 16, FC_GMAC_SALT, "AES_GMAC_SALT", ck, ik);
        break;
    case ESP_AES_GCM:
        memcpy(crypt->octets, ck, 16);
        salt(crypt->octets + 16, FC_GCM_SALT, "AES_GCM_SALT", ck, ik);
        break;
    case ESP_3DES_CBC: /* CK1 CK2 CK1 */
        memcpy(crypt->octets, ck, 16);
        memcpy(crypt->octets + 16, ck, 8);
        break;
    case ESP_AES_CBC: memcpy(crypt->octets, ck, 16); break;
    default: break;
    }
}

bool sa_pair_able(const struct esp_ability *able, struct sec_pair pair, struct why *why)
{
    enum esp_algo missing = able->algo[crypt_of(pair)] ? auth_of(pair) : crypt_of(pair);

    if (able->algo[missing] || (missing == ESP_NOTHING && (able->esp4 || able->esp6)))
        return true;
    why_set(why, EPROTONOSUPPORT, "%s", *able->esp_why ? able->esp_why : able->why[missing]);
    return false;
}
