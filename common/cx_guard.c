/* SPDX-License-Identifier: Apache-2.0 */
/* freeDiameter 1.2.1 ends its whole stack when an accepted peer sends a request whose Session-Id
 * holds a NUL octet (and reads past one that is empty). So every message is looked at before the
 * library does: such a Session-Id gets the code of an AVP of our own (cx_dict.c) that no value
 * satisfies, and the library itself answers 5004 with Failed-AVP (RFC 6733 7.1.5), which then gets
 * its right code back. Nothing here is trusted: lengths are checked against the buffer. */
#include <arpa/inet.h>
#include <string.h>

#include "cx_stack.h"

enum { HEADER = 20, AVP_HEADER = 8, SESSION_ID = 263 };

static uint32_t read_u32(const uint8_t *at)
{
    uint32_t value;

    memcpy(&value, at, sizeof value);
    return ntohl(value);
}

static void write_u32(uint8_t *at, uint32_t value)
{
    value = htonl(value);
    memcpy(at, &value, sizeof value);
}

void cx_guard_message(uint8_t *message, size_t len)
{
    size_t at = HEADER;

    while (at + AVP_HEADER <= len) {
        uint8_t *avp = message + at;
        uint32_t flags_and_len = read_u32(avp + 4), avp_len = flags_and_len & 0xffffff;
        bool vendor = flags_and_len >> 24 & AVP_FLAG_VENDOR;

        if (avp_len < AVP_HEADER || avp_len > len - at)
            return; /* the library refuses the whole message */
        if (read_u32(avp) == SESSION_ID && !vendor &&
            (avp_len == AVP_HEADER || memchr(avp + AVP_HEADER, '\0', avp_len - AVP_HEADER)))
            write_u32(avp, CX_AVP_BAD_SESSION_ID);
        at += PAD4(avp_len);
    }
}

/* Only looked at, not parsed: parsing would refuse it once more. */
void cx_guard_restore(struct msg *answer)
{
    struct avp *avp = NULL, *bad = NULL;
    struct avp_hdr *hdr;

    fd_msg_browse(answer, MSG_BRW_FIRST_CHILD, &avp, NULL);
    for (; avp; fd_msg_browse(avp, MSG_BRW_NEXT, &avp, NULL)) {
        if (fd_msg_avp_hdr(avp, &hdr) == 0 && cx_dict_is(hdr, CX_AVP_FAILED_AVP))
            fd_msg_browse(avp, MSG_BRW_FIRST_CHILD, &bad, NULL);
    }
    if (bad && fd_msg_avp_hdr(bad, &hdr) == 0 && hdr->avp_code == CX_AVP_BAD_SESSION_ID)
        hdr->avp_code = SESSION_ID;
}
