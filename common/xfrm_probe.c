/* SPDX-License-Identifier: Apache-2.0 */
/* Which ESP this kernel has. It answers a NEWSA with ENOSYS where an algorithm is missing and with
 * EPROTONOSUPPORT where ESP is; so an SA between two documentation addresses (RFC 5737, RFC 3849)
 * is made and removed. */
#include <errno.h>
#include <stdio.h>

#include "xfrm.h"

enum { PROBE_SPI = 0x49500100 };

/* How an algorithm is shown to work: alone, or with a partner that most kernels have. */
static const struct trial {
    enum esp_algo algo, auth, crypt;
} trials[] = {
    {ESP_HMAC_MD5_96,  ESP_HMAC_MD5_96,  ESP_NULL    },
    {ESP_HMAC_SHA1_96, ESP_HMAC_SHA1_96, ESP_NULL    },
    {ESP_NULL,         ESP_HMAC_SHA1_96, ESP_NULL    },
    {ESP_NULL,         ESP_HMAC_MD5_96,  ESP_NULL    },
    {ESP_AES_CBC,      ESP_HMAC_SHA1_96, ESP_AES_CBC },
    {ESP_AES_CBC,      ESP_HMAC_MD5_96,  ESP_AES_CBC },
    {ESP_3DES_CBC,     ESP_HMAC_SHA1_96, ESP_3DES_CBC},
    {ESP_3DES_CBC,     ESP_HMAC_MD5_96,  ESP_3DES_CBC},
    {ESP_AES_GCM,      ESP_NOTHING,      ESP_AES_GCM },
    {ESP_AES_GMAC,     ESP_NOTHING,      ESP_AES_GMAC},
};

static int make_and_remove(struct xfrm *x, const struct trial *trial, const char *src,
                           const char *dst)
{
    struct esp_sa sa = {.spi = PROBE_SPI,
                        .reqid = 1,
                        .auth = {.algo = trial->auth},
                        .crypt = {.algo = trial->crypt},
                        .hard_s = 60};
    int err;

    for (unsigned i = 0; i < ESP_KEY_MAX; i++) /* 3DES refuses keys whose parts are the same */
        sa.auth.octets[i] = sa.crypt.octets[i] = 7 * i + 1;
    addr_parse(&sa.src, src, 0);
    addr_parse(&sa.dst, dst, 0);
    xfrm_begin(x);
    xfrm_put_sa(x, &sa);
    err = xfrm_commit(x, NULL, NULL);
    xfrm_begin(x);
    xfrm_drop_sa(x, &sa.dst, sa.spi);
    xfrm_commit(x, NULL, NULL);
    return err == -EEXIST ? 0 : err;
}

void xfrm_probe(struct xfrm *x, struct esp_ability *able)
{
    int err4 = 0, err6 = 0, esp_err = 0;

    *able = (struct esp_ability){0};
    for (const struct trial *t = trials; t < trials + sizeof trials / sizeof *trials; t++) {
        err4 = make_and_remove(x, t, "192.0.2.1", "192.0.2.2");
        err6 = make_and_remove(x, t, "2001:db8::1", "2001:db8::2");
        able->esp4 |= err4 == 0;
        able->esp6 |= err6 == 0;
        able->algo[t->algo] |= err4 == 0 || err6 == 0;
        if (err4 != -ENOSYS || !esp_err)
            esp_err = err4;
        if (!able->algo[t->algo])
            snprintf(able->why[t->algo], sizeof able->why[t->algo], "this kernel has no %s%s",
                     err4 == -ENOSYS ? "" : "ESP, no ", esp_algo_name(t->algo));
    }
    if (able->esp4 || able->esp6)
        return;
    snprintf(able->esp_why, sizeof able->esp_why, "%s",
             esp_err == -EPERM ? "not allowed to make ESP SAs (CAP_NET_ADMIN)"
                               : "this kernel has no ESP");
    if (esp_err != -EPERM && esp_err != -EPROTONOSUPPORT && esp_err != -ENOSYS)
        snprintf(able->esp_why, sizeof able->esp_why, "ESP does not work here: %s",
                 why_not(esp_err));
}
