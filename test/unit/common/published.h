/* SPDX-License-Identifier: Apache-2.0 */
/* The six published Milenage sets (TS 35.207 clause 4, TS 35.208 clause 4.3), and what follows from
 * them by TS 33.102 and RFC 3310: AUTN, nonce, AUTS (for the SQN of the set) and two digests, for
 * the user of published_username. */
#ifndef IMSLAB_TEST_PUBLISHED_H
#define IMSLAB_TEST_PUBLISHED_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static const struct published {
    const char *k, *rand, *sqn, *amf, *op, *opc;
    const char *mac_a, *mac_s, *res, *ck, *ik, *ak, *ak_star;
    const char *autn, *nonce, *auts, *digest_qop, *digest_plain;
} published[] = {
    {
     .k = "465b5ce8b199b49faa5f0a2ee238a6bc",
     .rand = "23553cbe9637a89d218ae64dae47bf35",
     .sqn = "ff9bb4d0b607",
     .amf = "b9b9",
     .op = "cdc202d5123e20f62b6d676ac72cb318",
     .opc = "cd63cb71954a9f4e48a5994e37a02baf",
     .mac_a = "4a9ffac354dfafb3",
     .mac_s = "01cfaf9ec4e871e9",
     .res = "a54211d5e3ba50bf",
     .ck = "b40ba9a3c58b2a05bbf0d987b21bf8cb",
     .ik = "f769bcd751044604127672711c6d3441",
     .ak = "aa689c648370",
     .ak_star = "451e8beca43b",
     .autn = "55f328b43577b9b94a9ffac354dfafb3",
     .nonce = "I1U8vpY3qJ0hiuZNrke/NVXzKLQ1d7m5Sp/6w1Tfr7M=",
     .auts = "uoU/PBI8z0TpNZbjVcY=",
     .digest_qop = "402ab8df9f3a4d63a9f47c2f90e02938",
     .digest_plain = "1125a3c2e293453f07e08957ff235efc",
     },
    {
     .k = "0396eb317b6d1c36f19c1c84cd6ffd16",
     .rand = "c00d603103dcee52c4478119494202e8",
     .sqn = "fd8eef40df7d",
     .amf = "af17",
     .op = "ff53bade17df5d4e793073ce9d7579fa",
     .opc = "53c15671c60a4b731c55b4a441c0bde2",
     .mac_a = "5df5b31807e258b0",
     .mac_s = "a8c016e51ef4a343",
     .res = "d3a628ed988620f0",
     .ck = "58c433ff7a7082acd424220f2b67c556",
     .ik = "21a8c1f929702adb3e738488b9f5c5da",
     .ak = "c47783995f72",
     .ak_star = "30f1197061c1",
     .autn = "39f96cd9800faf175df5b31807e258b0",
     .nonce = "wA1gMQPc7lLER4EZSUIC6Dn5bNmAD68XXfWzGAfiWLA=",
     .auts = "zX/2ML68H7Xrp0kksOA=",
     .digest_qop = "ddf9e6e7795833f3efad85f3a38c0033",
     .digest_plain = "9253dfb8d11604b1ae9f72b12c800564",
     },
    {
     .k = "fec86ba6eb707ed08905757b1bb44b8f",
     .rand = "9f7c8d021accf4db213ccff0c7f71a6a",
     .sqn = "9d0277595ffc",
     .amf = "725c",
     .op = "dbc59adcb6f9a0ef735477b7fadf8374",
     .opc = "1006020f0a478bf6b699f15c062e42b3",
     .mac_a = "9cabc3e99baf7281",
     .mac_s = "95814ba2b3044324",
     .res = "8011c48c0c214ed2",
     .ck = "5dbdbb2954e8f3cde665b046179a5098",
     .ik = "59a92d3b476a0443487055cf88b2307b",
     .ak = "33484dc2136b",
     .ak_star = "deacdd848cc6",
     .autn = "ae4a3a9b4c97725c9cabc3e99baf7281",
     .nonce = "n3yNAhrM9NshPM/wx/caaq5KOptMl3JcnKvD6ZuvcoE=",
     .auts = "Q66q3dM6n4vndNCV0Is=",
     .digest_qop = "475a87ac10788d244da5c8efa4ff8738",
     .digest_plain = "6a7d888a49eeb4b3d0444afcc56efa16",
     },
    {
     .k = "9e5944aea94b81165c82fbf9f32db751",
     .rand = "ce83dbc54ac0274a157c17f80d017bd6",
     .sqn = "0b604a81eca8",
     .amf = "9e09",
     .op = "223014c5806694c007ca1eeef57f004f",
     .opc = "a64a507ae1a2a98bb88eb4210135dc87",
     .mac_a = "74a58220cba84c49",
     .mac_s = "ac2cc74a96871837",
     .res = "f365cd683cd92e96",
     .ck = "e203edb3971574f5a94b0d61b816345d",
     .ik = "0c4524adeac041c4dd830d20854fc46b",
     .ak = "f0b9c08ad02e",
     .ak_star = "6085a86c6f63",
     .autn = "fbd98a0b3c869e0974a58220cba84c49",
     .nonce = "zoPbxUrAJ0oVfBf4DQF71vvZigs8hp4JdKWCIMuoTEk=",
     .auts = "a+Xi7YPLdoW64KVoCqY=",
     .digest_qop = "27f08095583e9d510e1bf4df1c0d4f24",
     .digest_plain = "3ef7a2682b4aa5ea4d2baa453d47a30d",
     },
    {
     .k = "4ab1deb05ca6ceb051fc98e77d026a84",
     .rand = "74b0cd6031a1c8339b2b6ce2b8c4a186",
     .sqn = "e880a1b580b6",
     .amf = "9f07",
     .op = "2d16c5cd1fdf6b22383584e3bef2a8d8",
     .opc = "dcf07cbd51855290b92a07a9891e523e",
     .mac_a = "49e785dd12626ef2",
     .mac_s = "9e85790336bb3fa2",
     .res = "5860fc1bce351e7e",
     .ck = "7657766b373d1c2138f307e3de9242f9",
     .ik = "1c42e960d89b8fa99f2744e0708ccb53",
     .ak = "31e11a609118",
     .ak_star = "fe2555e54aa9",
     .autn = "d961bbd511ae9f0749e785dd12626ef2",
     .nonce = "dLDNYDGhyDObK2ziuMShhtlhu9URrp8HSeeF3RJibvI=",
     .auts = "FqX0UMofeCx63AkuyvU=",
     .digest_qop = "b834772c7b54d19b0d94237535e9056d",
     .digest_plain = "afd4ca78c9db98cc493186f0f9d7ef64",
     },
    {
     .k = "6c38a116ac280c454f59332ee35c8c4f",
     .rand = "ee6466bc96202c5a557abbeff8babf63",
     .sqn = "414b98222181",
     .amf = "4464",
     .op = "1ba00a1a7c6700ac8c3ff3e96ad08725",
     .opc = "3803ef5363b947c6aaa225e58fae3934",
     .mac_a = "078adfb488241a57",
     .mac_s = "80246b8d0186bcf1",
     .res = "16c8233f05a0ac28",
     .ck = "3f8c7587fe8e4b233af676aede30ba3b",
     .ik = "a7466cc1e6b2a1337d49d3b66e95d7b4",
     .ak = "45b0f69ab06c",
     .ak_star = "1f53cd2b1113",
     .autn = "04fb6eb891ed4464078adfb488241a57",
     .nonce = "7mRmvJYgLFpVervv+Lq/YwT7briR7URkB4rftIgkGlc=",
     .auts = "XhhVCTCSxrWlvulHUeA=",
     .digest_qop = "975de2a9a29cb8c55ddea9cf47b50232",
     .digest_plain = "acc56eb294acb0c95d4b276b4dd0f224",
     },
};

#define PUBLISHED_COUNT (sizeof published / sizeof published[0])

static const char published_username[] = "001010000000001@ims.mnc001.mcc001.3gppnetwork.org";
static const char published_realm[] = "ims.mnc001.mcc001.3gppnetwork.org";
static const char published_uri[] = "sip:ims.mnc001.mcc001.3gppnetwork.org";

/* unhex - hex digits to octets; returns how many. out must be long enough. */
static inline size_t unhex(const char *hex, uint8_t *out)
{
    size_t len = strlen(hex) / 2;

    for (size_t i = 0; i < 2 * len; i++) {
        unsigned digit = hex[i] <= '9' ? hex[i] - '0' : hex[i] - 'a' + 10;

        assert(digit < 16);
        out[i / 2] = i % 2 ? out[i / 2] | digit : digit << 4;
    }
    return len;
}

#endif
