/* SPDX-License-Identifier: Apache-2.0 */
/* LLC frames, TS 44.064 6: address, control, information, FCS. */
#include "llc.h"

#include <errno.h>
#include <string.h>

#include "octets.h"

enum { PD = 0x80, CR = 0x40 }; /* address: protocol discriminator, command/response */
enum { N202 = 4 };             /* what is protected of the information when PM is 0 */
enum { XID_VERSION = 0, XID_N201_U = 5, XID_N201_I = 6 };
enum { MODULO = 512, WINDOW = 32 };

/* User data passes here: an octet at a time, by a table made at the first use. */
static const uint32_t *fcs_table(void)
{
    static uint32_t table[256];

    for (unsigned octet = 0; !table[255] && octet < 256; octet++) {
        uint32_t c = octet;
        for (int bit = 0; bit < 8; bit++)
            c = c & 1 ? c >> 1 ^ 0xad85dd : c >> 1;
        table[octet] = c;
    }
    return table;
}

uint32_t llc_fcs(const uint8_t *data, size_t len)
{
    const uint32_t *table = fcs_table();
    uint32_t c = 0xffffff;

    for (size_t i = 0; i < len; i++)
        c = c >> 8 ^ table[(c ^ data[i]) & 0xff];
    return ~c & 0xffffff;
}

static int refuse(struct why *why, const char *what)
{
    return why_set(why, EPROTO, "LLC frame dropped: %s", what);
}

/* Behind the address: 11 00nnn nnnnnn e p is UI, 111 p cccc is U (6.3.2, 6.3.3). */
static int take_control(struct llc_frame *f, struct octets_in *in, struct why *why)
{
    uint8_t first = take_u8(in), second;

    if ((first & 0xe0) == 0xe0) {
        f->format = LLC_U;
        f->poll = first & 0x10;
        f->u_command = first & 0x0f;
        return 0;
    }
    if ((first & 0xe0) != 0xc0)
        return refuse(why, "acknowledged mode is not served");
    second = take_u8(in);
    f->format = LLC_UI;
    f->nu = (first & 0x07) << 6 | second >> 2;
    f->protected = second & 1;
    if (second & 2)
        return refuse(why, "ciphered");
    return 0;
}

int llc_decode(struct llc_frame *f, bool from_sgsn, const uint8_t *data, size_t len,
               struct why *why)
{
    struct octets_in in, fcs;
    size_t covered;
    uint32_t sum;
    uint8_t address;
    int rc;

    memset(f, 0, sizeof *f);
    if (len < 5) /* address, one control, FCS */
        return refuse(why, "too short");
    in = octets_in(data, len - 3);
    fcs = octets_in(data + len - 3, 3);
    address = take_u8(&in);
    if (address & PD)
        return refuse(why, "invalid address");
    f->sapi = address & 0x0f;
    f->command = !!(address & CR) == from_sgsn; /* 6.2.2: 1 is a command from the SGSN */
    rc = take_control(f, &in, why);
    if (rc < 0)
        return rc;
    if (in.bad)
        return refuse(why, "too short");
    covered = len - 3;
    if (f->format == LLC_UI && !f->protected && in.left > N202)
        covered -= in.left - N202;
    sum = take_u8(&fcs);
    sum |= take_u8(&fcs) << 8;
    sum |= take_u8(&fcs) << 16;
    if (sum != llc_fcs(data, covered))
        return refuse(why, "wrong checksum");
    f->info_len = in.left;
    f->info = take_octets(&in, in.left);
    return 0;
}

int llc_encode(uint8_t *data, size_t size, bool from_sgsn, const struct llc_frame *f)
{
    struct octets_out out = octets_out(data, size);
    uint32_t fcs;

    put_u8(&out, (f->command == from_sgsn ? CR : 0) | (f->sapi & 0x0f));
    if (f->format == LLC_U) {
        put_u8(&out, 0xe0 | (f->poll ? 0x10 : 0) | (f->u_command & 0x0f));
    } else {
        put_u8(&out, 0xc0 | ((f->nu >> 6) & 0x07));
        put_u8(&out, (f->nu & 0x3f) << 2 | 1); /* all of it protected, not ciphered */
    }
    put_octets(&out, f->info, f->info_len);
    fcs = out.bad ? 0 : llc_fcs(data, out.len);
    put_u8(&out, fcs);
    put_u8(&out, fcs >> 8);
    put_u8(&out, fcs >> 16);
    return octets_len(&out);
}

uint16_t llc_next(struct llc_counters *c, unsigned sapi)
{
    uint16_t *next = &c->send[sapi & 0x0f], nu = *next;

    *next = (nu + 1) % MODULO;
    return nu;
}

bool llc_is_duplicate(struct llc_counters *c, unsigned sapi, unsigned nu)
{
    uint16_t *expected = &c->receive[sapi & 0x0f];
    bool *heard = &c->heard[sapi & 0x0f];
    unsigned behind = (*expected - nu + MODULO) % MODULO; /* 1: the last one again */

    if (*heard && nu != 0 && behind > 0 && behind <= WINDOW)
        return true;
    *heard = true;
    *expected = (nu + 1) % MODULO;
    return false;
}

/* One XID parameter (6.4.1.6): header xl type(5) length(2), or with xl set a second length octet.
 */
static struct octets_in take_xid(struct octets_in *in, unsigned *type)
{
    unsigned head = take_u8(in), len = head & 0x03;

    *type = head >> 2 & 0x1f;
    if (head & 0x80)
        len = (head & 0x03) << 6 | take_u8(in) >> 2;
    return take_in(in, len);
}

static void put_bounded(struct octets_out *out, unsigned type, unsigned v, unsigned most)
{
    put_u8(out, type << 2 | 2);
    put_u16(out, v > most ? most : v);
}

int llc_answer_xid(uint8_t *data, size_t size, const uint8_t *info, size_t len)
{
    struct octets_in in = octets_in(info, len);
    struct octets_out out = octets_out(data, size);

    while (in.left) {
        unsigned type;
        struct octets_in v = take_xid(&in, &type);

        if (type == XID_VERSION && v.left == 1) {
            put_u8(&out, XID_VERSION << 2 | 1);
            put_u8(&out, 0);
        }
        if (type == XID_N201_U && v.left == 2)
            put_bounded(&out, type, take_u16(&v), LLC_N201_U);
        if (type == XID_N201_I && v.left == 2)
            put_bounded(&out, type, take_u16(&v), 1503);
    }
    return in.bad ? -EPROTO : octets_len(&out);
}
