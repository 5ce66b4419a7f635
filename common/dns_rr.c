/* SPDX-License-Identifier: Apache-2.0 */
/* The reader of DNS answers. c-ares has one, but its structs drop the TTL, and a cache needs that.
 * Every read goes through struct reader, which cannot leave the packet: past its end it gives zeros
 * and remembers that the packet is bad. */
#include "dns_rr.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "xalloc.h"

#define HEADER 12 /* octets */

struct reader {
    const uint8_t *packet;
    size_t len, at;
    bool bad;
};

struct record { /* one resource record, its data still octets */
    char owner[DNS_NAME];
    uint16_t type, class;
    uint32_t ttl_s;
    size_t data, data_len; /* offset in the packet */
};

static unsigned get8(struct reader *r)
{
    if (r->at >= r->len) {
        r->bad = true;
        return 0;
    }
    return r->packet[r->at++];
}

static unsigned get16(struct reader *r)
{
    unsigned high = get8(r);

    return high << 8 | get8(r);
}

static uint32_t get32(struct reader *r)
{
    uint32_t high = get16(r);

    return high << 16 | get16(r);
}

/* A label's octet as text. What would not survive as text becomes '?', which matches nothing. */
static char name_char(unsigned c)
{
    return c > 0x20 && c < 0x7f && c != '.' && c != '\\' && c != '"' ? (char)c : '?';
}

/* A name, its pointers followed (RFC 1035 4.1.4). Pointers may only go back, so they end. */
static void get_name(struct reader *r, char name[DNS_NAME])
{
    size_t used = 0, back_to = 0, limit = r->at;
    unsigned len;

    while ((len = get8(r)) != 0 && !r->bad) {
        if (len >= 0xc0) {
            size_t to = (len & 0x3f) << 8 | get8(r);

            if (!back_to)
                back_to = r->at;
            if (to >= limit)
                r->bad = true;
            r->at = limit = to;
            continue;
        }
        if (len > 63 || used + len + 1 >= DNS_NAME) {
            r->bad = true;
            break;
        }
        if (used)
            name[used++] = '.';
        while (len--)
            name[used++] = name_char(get8(r));
    }
    if (back_to)
        r->at = back_to;
    name[used] = 0;
}

/* A character-string (RFC 1035 3.3); returns its length, text cut to size. */
static size_t get_string(struct reader *r, char *text, size_t size)
{
    size_t len = get8(r);

    for (size_t i = 0; i < len; i++) {
        char c = name_char(get8(r));

        if (i + 1 < size)
            text[i] = c;
    }
    text[len < size ? len : size - 1] = 0;
    return len;
}

/* The next record; false at a fault. Afterwards the reader stands behind it. */
static bool get_record(struct reader *r, struct record *record)
{
    get_name(r, record->owner);
    record->type = get16(r);
    record->class = get16(r);
    record->ttl_s = get32(r);
    if (record->ttl_s & 0x80000000) /* RFC 2181 8 */
        record->ttl_s = 0;
    record->data_len = get16(r);
    record->data = r->at;
    if (r->bad || record->data_len > r->len - r->at)
        return false;
    r->at += record->data_len;
    return true;
}

/* The data of a record of one of our types. false: it does not fill its length exactly. */
static bool get_data(const struct reader *packet, const struct record *record, struct dns_rr *rr)
{
    struct reader r = {packet->packet, record->data + record->data_len, record->data, false};
    char regexp[2];

    memset(rr, 0, sizeof *rr);
    switch (record->type) {
    case DNS_A:
    case DNS_AAAA:
        return record->data_len == (record->type == DNS_A ? 4 : 16) &&
               addr_from_octets(&rr->addr, r.packet + r.at, record->data_len, 0) == 0;
    case DNS_SRV:
        rr->srv.priority = get16(&r);
        rr->srv.weight = get16(&r);
        rr->srv.port = get16(&r);
        break;
    case DNS_NAPTR:
        rr->naptr.order = get16(&r);
        rr->naptr.preference = get16(&r);
        get_string(&r, rr->naptr.flags, sizeof rr->naptr.flags);
        get_string(&r, rr->naptr.service, sizeof rr->naptr.service);
        rr->naptr.regexp = get_string(&r, regexp, sizeof regexp) > 0;
        break;
    case DNS_CNAME: break;
    default: return false;
    }
    get_name(&r, rr->name);
    return !r.bad && r.at == r.len;
}

/* Where the questions end and how many records the answer section has. -EPROTO: not the answer to
 * this question. */
static int open_answer(struct reader *r, const char *name, uint16_t type, unsigned *rcode)
{
    char asked[DNS_NAME];
    uint16_t asked_type;

    if (dns_parse_question(r->packet, r->len, asked, &asked_type) < 0)
        return -EPROTO;
    if (!(r->packet[2] & 0x80) || strcasecmp(asked, name) != 0 || asked_type != type)
        return -EPROTO;
    *rcode = r->packet[3] & 0x0f;
    r->at = HEADER;
    get_name(r, asked);
    get32(r); /* type and class */
    return r->bad ? -EPROTO : 0;
}

static unsigned section_count(const struct reader *r, unsigned section)
{
    return r->packet[4 + 2 * section] << 8 | r->packet[5 + 2 * section];
}

static void keep_at_most(struct dns_answer *answer, uint32_t ttl_s)
{
    if (ttl_s < answer->ttl_s)
        answer->ttl_s = ttl_s;
}

/* One pass over the answer section: the records of (owner, type), or where its CNAME leads. */
static int collect(struct reader r, const char *owner, uint16_t type, struct dns_answer *answer,
                   char next[DNS_NAME])
{
    struct record record;
    struct dns_rr rr;

    next[0] = 0;
    for (unsigned left = section_count(&r, 1); left > 0; left--) {
        if (!get_record(&r, &record))
            return -EPROTO;
        if (record.class != 1 || strcasecmp(record.owner, owner) != 0)
            continue;
        if (record.type != type && record.type != DNS_CNAME)
            continue;
        if (!get_data(&r, &record, &rr))
            return -EPROTO;
        keep_at_most(answer, record.ttl_s);
        if (record.type == DNS_CNAME)
            memcpy(next, rr.name, DNS_NAME);
        else if (answer->count < DNS_MAX_RR)
            answer->rr[answer->count++] = rr;
    }
    return 0;
}

/* How long "there is none" may be kept: RFC 2308 5, the SOA of the authority section. */
static uint32_t negative_ttl(struct reader r)
{
    unsigned answers = section_count(&r, 1), all = answers + section_count(&r, 2);
    uint32_t ttl_s = DNS_MAX_NONE_S;
    struct record record;

    for (unsigned i = 0; i < all && get_record(&r, &record); i++) {
        struct reader data = {r.packet, record.data + record.data_len, record.data, false};
        char skipped[DNS_NAME];
        uint32_t minimum;

        if (i < answers || record.type != DNS_SOA)
            continue;
        get_name(&data, skipped);
        get_name(&data, skipped);
        for (int field = 0; field < 4; field++) /* serial, refresh, retry, expire */
            get32(&data);
        minimum = get32(&data);
        if (data.bad)
            break;
        if (minimum < ttl_s)
            ttl_s = minimum;
        if (record.ttl_s < ttl_s)
            ttl_s = record.ttl_s;
    }
    return ttl_s;
}

/* Follow the chain as far as the answer goes. */
static int follow(struct reader *r, const char *name, uint16_t type, struct dns_answer *answer)
{
    char owner[DNS_NAME], next[DNS_NAME];

    snprintf(owner, sizeof owner, "%s", name);
    for (int hop = 0; hop <= DNS_MAX_HOPS; hop++) {
        if (collect(*r, owner, type, answer, next) < 0)
            return -EPROTO;
        if (answer->count > 0)
            return 0;
        if (!next[0]) {
            if (hop == 0)
                return -ENOENT;
            memcpy(answer->next, owner, sizeof answer->next);
            return 0;
        }
        memcpy(owner, next, sizeof owner);
    }
    return -EPROTO;
}

struct dns_answer *dns_parse(const uint8_t *packet, size_t len, const char *name, uint16_t type)
{
    struct dns_answer *answer = xzalloc(sizeof *answer + DNS_MAX_RR * sizeof answer->rr[0]), *fit;
    struct reader r = {packet, len, 0, false};
    unsigned rcode;

    answer->ttl_s = DNS_MAX_TTL_S;
    answer->err = open_answer(&r, name, type, &rcode);
    if (answer->err == 0)
        answer->err = rcode == 0 || rcode == 3 ? follow(&r, name, type, answer) : -EPROTO;
    if (answer->err == -EPROTO) {
        answer->count = 0;
        answer->ttl_s = DNS_FAILED_S;
    } else if (answer->err == -ENOENT) {
        answer->ttl_s = negative_ttl(r);
    }
    fit = dns_answer_copy(answer);
    free(answer);
    return fit;
}

struct dns_answer *dns_failure(int err, uint32_t ttl_s)
{
    struct dns_answer *answer = xzalloc(sizeof *answer);

    answer->err = err;
    answer->ttl_s = ttl_s;
    return answer;
}

struct dns_answer *dns_answer_copy(const struct dns_answer *answer)
{
    return xmemdup(answer, sizeof *answer + answer->count * sizeof answer->rr[0]);
}

int dns_parse_question(const uint8_t *packet, size_t len, char name[DNS_NAME], uint16_t *type)
{
    struct reader r = {packet, len, HEADER, false};

    *type = 0;
    if (len >= HEADER && section_count(&r, 0) == 1) {
        get_name(&r, name);
        *type = get16(&r);
        get16(&r);
        if (!r.bad)
            return 0;
    }
    memcpy(name, "?", 2);
    return -EPROTO;
}

static int rr_text(const struct dns_rr *rr, uint16_t type, char *buf, size_t size)
{
    const char *name = rr->name[0] ? rr->name : ".";
    char host[ADDR_TEXT];

    switch (type) {
    case DNS_SRV:
        return snprintf(buf, size, "%u %u %u %s", rr->srv.priority, rr->srv.weight, rr->srv.port,
                        name);
    case DNS_NAPTR:
        return snprintf(buf, size, "%u %u %s %s %s", rr->naptr.order, rr->naptr.preference,
                        rr->naptr.flags, rr->naptr.service, name);
    default: return snprintf(buf, size, "%s", addr_host(&rr->addr, host));
    }
}

const char *dns_answer_text(const struct dns_answer *answer, uint16_t type, char *buf, size_t size)
{
    size_t used = 0;

    if (answer->err == -ENOENT)
        snprintf(buf, size, "none");
    else if (answer->err)
        snprintf(buf, size, "%s", strerror(-answer->err));
    else if (answer->next[0])
        snprintf(buf, size, "CNAME %s", answer->next);
    else
        buf[0] = 0;
    for (size_t i = 0; i < answer->count && used + 3 < size; i++) {
        if (i)
            used += snprintf(buf + used, size - used, ", ");
        used += rr_text(&answer->rr[i], type, buf + used, size - used);
    }
    return buf;
}

const char *dns_type_name(uint16_t type)
{
    static char other[16];

    switch (type) {
    case DNS_A: return "A";
    case DNS_CNAME: return "CNAME";
    case DNS_AAAA: return "AAAA";
    case DNS_SRV: return "SRV";
    case DNS_NAPTR: return "NAPTR";
    }
    snprintf(other, sizeof other, "type%u", type);
    return other;
}
