/* SPDX-License-Identifier: Apache-2.0 */
#include "gtpu_codec.h"

#include <errno.h>

#include "gtp1.h"
#include "octets.h"

enum { VERSION_1 = 0x20, PT = 0x10, E = 0x04, S = 0x02, PN = 0x01 }; /* first octet */
enum { EXTENSION_REQUIRED = 0xc0 };

static int refuse(struct why *why, const char *what)
{
    return why_set(why, EPROTO, "G-PDU dropped: %s", what);
}

/* Length in words of four octets, contents, next type (29.281 5.2.1). */
static int skip_extensions(struct octets_in *in, unsigned type, struct why *why)
{
    while (type) {
        unsigned words = take_u8(in);
        if ((type & EXTENSION_REQUIRED) == EXTENSION_REQUIRED)
            return refuse(why, "an extension header that must be understood");
        if (words == 0)
            return refuse(why, "an extension header without length");
        take_octets(in, words * 4 - 2);
        type = take_u8(in);
        if (in->bad)
            return refuse(why, "too short");
    }
    return 0;
}

int gtpu_decode(struct gtpu_pdu *pdu, const uint8_t *data, size_t len, struct why *why)
{
    struct octets_in head = octets_in(data, len), in;
    uint8_t flags = take_u8(&head), type = take_u8(&head);
    uint16_t length = take_u16(&head);
    int rc = 0;

    pdu->teid = take_u32(&head);
    if (head.bad || length > head.left)
        return refuse(why, "too short");
    if ((flags & (0xe0 | PT)) != (VERSION_1 | PT) || type != GTP_G_PDU)
        return refuse(why, "not a G-PDU of GTP version 1");
    in = take_in(&head, length);
    if (flags & (E | S | PN)) { /* one of them brings the room of all */
        unsigned extension;
        take_u24(&in);
        extension = take_u8(&in);
        if (in.bad)
            return refuse(why, "too short");
        rc = flags & E ? skip_extensions(&in, extension, why) : 0;
    }
    pdu->packet = in.at;
    pdu->len = in.left;
    return rc;
}

void gtpu_put_head(uint8_t head[GTPU_HEAD], uint32_t teid, size_t len)
{
    struct octets_out out = octets_out(head, GTPU_HEAD);

    put_u8(&out, VERSION_1 | PT);
    put_u8(&out, GTP_G_PDU);
    put_u16(&out, len);
    put_u32(&out, teid);
}
