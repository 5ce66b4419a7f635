/* SPDX-License-Identifier: Apache-2.0 */
/* flow-, s(ecured) or p(lain), u(dp) or t(cp), the address, the port. */
#include "flow.h"

#include <string.h>

#define HEAD "flow-"

static char *put(char *at, const uint8_t *octets, size_t len)
{
    static const char digits[] = "0123456789abcdef";

    for (; len; len--, octets++) {
        *at++ = digits[*octets >> 4];
        *at++ = digits[*octets & 15];
    }
    return at;
}

const char *flow_write(const struct flow *flow, char text[FLOW_TEXT])
{
    uint16_t port = addr_port(&flow->ue);
    uint8_t port_octets[2] = {port >> 8, port & 255};
    size_t len;
    const uint8_t *octets = addr_octets(&flow->ue, &len);
    char *at = stpcpy(text, HEAD);

    *at++ = flow->secured ? 's' : 'p';
    *at++ = flow->transport == SIP_TCP ? 't' : 'u';
    at = put(at, octets, octets ? len : 0);
    *put(at, port_octets, 2) = 0;
    return text;
}

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* len octets, and nothing behind them. */
static bool get(const char *text, uint8_t *octets, size_t len)
{
    if (strlen(text) != 2 * len)
        return false;
    for (size_t i = 0; i < len; i++, text += 2) {
        if (digit(text[0]) < 0 || digit(text[1]) < 0)
            return false;
        octets[i] = (uint8_t)(digit(text[0]) << 4 | digit(text[1]));
    }
    return true;
}

bool flow_read(const char *text, struct flow *flow)
{
    uint8_t octets[18];
    size_t head = strlen(HEAD), len;

    memset(flow, 0, sizeof *flow);
    if (!text || strncmp(text, HEAD, head) != 0 || strlen(text) < head + 2)
        return false;
    if (!strchr("sp", text[head]) || !strchr("ut", text[head + 1]))
        return false;
    flow->secured = text[head] == 's';
    flow->transport = text[head + 1] == 't' ? SIP_TCP : SIP_UDP;
    len = get(text + head + 2, octets, 6) ? 4 : get(text + head + 2, octets, 18) ? 16 : 0;
    if (len == 0)
        return false;
    if (addr_from_octets(&flow->ue, octets, len, (uint16_t)(octets[len] << 8 | octets[len + 1])) <
        0)
        return false;
    return addr_port(&flow->ue) != 0;
}

bool flow_same(const struct flow *a, const struct flow *b)
{
    return addr_same(&a->ue, &b->ue) && a->transport == b->transport && a->secured == b->secured;
}
