/* SPDX-License-Identifier: Apache-2.0 */
#include "entry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int entry_port(const url_t *url)
{
    const char *text = url->url_port;
    unsigned long port;

    if (!text || !*text)
        return 0;
    port = strtoul(text, NULL, 10);
    return text[strspn(text, "0123456789")] || port == 0 || port > UINT16_MAX ? -1 : (int)port;
}

static bool is_icscf(const struct conf *conf, const struct addr *a)
{
    for (const struct conf_icscf *i = conf->icscf; i < conf->icscf + conf->icscf_count; i++)
        if (addr_port(a) == i->port &&
            (addr_same_host(a, &i->element.address) || addr_same_host(a, &i->element.address6)))
            return true;
    return false;
}

bool entry_is_named(const struct conf *conf, const url_t *url)
{
    int port = entry_port(url);
    struct addr a;

    return addr_parse(&a, url->url_host, port > 0 ? port : 5060) < 0 || is_icscf(conf, &a);
}

/* One host that may be elsewhere: not this one, not many, not the kernel's idea of "here". */
static bool is_one_far_host(const struct addr *a)
{
    uint32_t v4;

    if (addr_is_v6(a)) {
        const struct in6_addr *v6 = &a->in6.sin6_addr;

        return !IN6_IS_ADDR_UNSPECIFIED(v6) && !IN6_IS_ADDR_LOOPBACK(v6) &&
               !IN6_IS_ADDR_MULTICAST(v6) && !IN6_IS_ADDR_LINKLOCAL(v6) &&
               !IN6_IS_ADDR_V4MAPPED(v6);
    }
    v4 = ntohl(a->in.sin_addr.s_addr);
    return v4 >> 24 != 0 && v4 >> 24 != 127 &&
           v4 >> 28 < 14; /* 224.0.0.0 and above: many, or none */
}

/* What is wrong with it, as the end of "10.60.4.30:5060 is ..."; NULL: nothing. */
static const char *fault(const struct conf *conf, const struct addr *a)
{
    if (is_icscf(conf, a))
        return NULL;
    if (conf_name_of(conf, a))
        return "no I-CSCF but something else of this lab";
    return is_one_far_host(a) ? NULL : "not the address of a host elsewhere";
}

bool entry_keep(const struct conf *conf, const struct sip_targets *found, struct sip_targets *kept,
                char why[ENTRY_WHY])
{
    char address[ADDR_TEXT];

    kept->count = 0;
    *why = 0;
    for (size_t i = 0; i < found->count; i++) {
        const char *bad = fault(conf, &found->target[i].addr);

        if (bad)
            snprintf(why, ENTRY_WHY, "%s is %s", addr_text(&found->target[i].addr, address), bad);
        else
            kept->target[kept->count++] = found->target[i];
    }
    return kept->count < found->count;
}
