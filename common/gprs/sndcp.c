/* SPDX-License-Identifier: Apache-2.0 */
/* SN-UNITDATA, TS 44.065 6.7 (segmentation and reassembly) and 7.2.2 (octets): X F T M and NSAPI,
 * then in the first segment DCOMP and PCOMP, then segment number and N-PDU number. */
#include "sndcp.h"

#include <errno.h>
#include <string.h>

#include "octets.h"

enum { F = 0x40, T = 0x20, M = 0x10 };
enum { FIRST_HEAD = 4, HEAD = 3 };
enum { NUMBERS = 4096 };

static int refuse(struct why *why, const char *what)
{
    return why_set(why, EPROTO, "SNDCP PDU dropped: %s", what);
}

int sndcp_decode(struct sndcp_pdu *pdu, const uint8_t *data, size_t len, struct why *why)
{
    struct octets_in in = octets_in(data, len);
    uint8_t flags = take_u8(&in), compression;
    uint16_t numbers;

    compression = flags & F ? take_u8(&in) : 0;
    numbers = take_u16(&in);
    if (in.bad)
        return refuse(why, "too short");
    if (!(flags & T))
        return refuse(why, "acknowledged mode is not served");
    *pdu = (struct sndcp_pdu){.nsapi = flags & 0x0f,
                              .first = flags & F,
                              .more = flags & M,
                              .segment = numbers >> 12,
                              .number = numbers & 0x0fff,
                              .data = in.at,
                              .len = in.left};
    if (pdu->nsapi < 5)
        return refuse(why, "reserved NSAPI");
    if (compression)
        return refuse(why, "compressed");
    if (pdu->first != (pdu->segment == 0))
        return refuse(why, "segment number and first-segment flag disagree");
    return 0;
}

int sndcp_encode(uint8_t *data, size_t size, const struct sndcp_pdu *pdu)
{
    struct octets_out out = octets_out(data, size);

    put_u8(&out, (pdu->first ? F : 0) | T | (pdu->more ? M : 0) | (pdu->nsapi & 0x0f));
    if (pdu->first)
        put_u8(&out, 0);
    put_u16(&out, pdu->segment << 12 | (pdu->number & 0x0fff));
    put_octets(&out, pdu->data, pdu->len);
    return octets_len(&out);
}

int sndcp_send(struct sndcp *s, unsigned nsapi, const uint8_t *packet, size_t len, size_t n201_u,
               sndcp_send_fn *send, void *arg)
{
    struct sndcp_pdu pdu = {.nsapi = nsapi, .number = s->next};
    uint8_t data[SNDCP_N_PDU];
    size_t at = 0;

    if (n201_u > sizeof data)
        n201_u = sizeof data;
    if (n201_u <= FIRST_HEAD || len > (n201_u - HEAD) * SNDCP_SEGMENTS - 1)
        return -EMSGSIZE;
    s->next = (s->next + 1) % NUMBERS;
    do {
        size_t room = n201_u - (at ? HEAD : FIRST_HEAD);
        int n, err;

        pdu.first = at == 0;
        pdu.data = packet + at;
        pdu.len = len - at < room ? len - at : room;
        pdu.more = at + pdu.len < len;
        n = sndcp_encode(data, sizeof data, &pdu);
        err = n < 0 ? n : send(arg, data, n);
        if (err)
            return err;
        at += pdu.len;
        pdu.segment++;
    } while (at < len);
    return 0;
}

/* What there is of a packet can never be whole. */
static void give_up(struct sndcp *s)
{
    if (s->open)
        s->lost++;
    s->open = false;
}

static int append(struct sndcp *s, const struct sndcp_pdu *pdu)
{
    if (pdu->len > sizeof s->data - s->len)
        return -EMSGSIZE;
    if (pdu->len)
        memcpy(s->data + s->len, pdu->data, pdu->len);
    s->len += pdu->len;
    s->segment = pdu->segment + 1;
    return 0;
}

int sndcp_take(struct sndcp *s, const struct sndcp_pdu *pdu, const uint8_t **packet, size_t *len,
               struct why *why)
{
    if (pdu->first) {
        give_up(s); /* LLC keeps the order: the rest of the last one is lost */
        if (!pdu->more) {
            *packet = pdu->data;
            *len = pdu->len;
            return 1;
        }
        s->open = true;
        s->number = pdu->number;
        s->len = 0;
    } else if (!s->open || pdu->number != s->number || pdu->segment != s->segment) {
        give_up(s);
        return refuse(why, "a segment before it is missing");
    }
    if (append(s, pdu) < 0) {
        give_up(s);
        return refuse(why, "the packet is longer than any that fits here");
    }
    if (pdu->more)
        return 0;
    s->open = false;
    *packet = s->data;
    *len = s->len;
    return 1;
}
