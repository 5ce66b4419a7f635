/* SPDX-License-Identifier: Apache-2.0 */
/* What a DNS answer says (RFC 1035 4.1, RFC 2782, RFC 3403), read from its octets. Pure, and safe
 * with octets from anybody. */
#ifndef IMSLAB_DNS_RR_H
#define IMSLAB_DNS_RR_H

#include <stddef.h>
#include <stdint.h>

#include "addr.h"

enum dns_type {
    DNS_A = 1,
    DNS_CNAME = 5,
    DNS_SOA = 6,
    DNS_AAAA = 28,
    DNS_SRV = 33,
    DNS_NAPTR = 35,
};

#define DNS_NAME       256   /* a name as text, without the last dot, and the NUL */
#define DNS_MAX_RR     24    /* records of one answer that are looked at */
#define DNS_MAX_HOPS   8     /* CNAMEs in a row before it is a loop */
#define DNS_MAX_TTL_S  86400 /* longest time anything is kept */
#define DNS_MAX_NONE_S 5     /* longest time "there is none" is kept */
#define DNS_FAILED_S   1     /* how long a failure is kept: it may be over any moment */

struct dns_rr {
    union {
        struct addr addr; /* A, AAAA; port 0 */
        struct {
            uint16_t priority, weight, port;
        } srv;
        struct {
            uint16_t order, preference;
            char flags[8], service[32];
            bool regexp; /* has one: nothing for SIP, RFC 3263 4.1 */
        } naptr;
    };
    char name[DNS_NAME]; /* SRV target, NAPTR replacement; "" for the root: "not here" */
};

struct dns_answer {
    int err; /* 0; -ENOENT: no such name, or no such record; -EPROTO: the answer is broken or the
                server says that it cannot; the asker may put -ETIMEDOUT, -ECONNREFUSED */
    uint32_t ttl_s; /* how long it may be kept; the least of all records that were followed */
    char
        next[DNS_NAME]; /* the CNAME chain goes on here and the answer does not: ask again; or "" */
    size_t count;
    struct dns_rr rr[]; /* all of the type that was asked for */
};

/* dns_parse - read the answer to (name, type) with its CNAME chain. Never NULL; free() it. */
struct dns_answer *dns_parse(const uint8_t *packet, size_t len, const char *name, uint16_t type);
/* dns_failure - an answer that says only err, kept ttl_s. Never NULL; free() it. */
struct dns_answer *dns_failure(int err, uint32_t ttl_s);
struct dns_answer *dns_answer_copy(const struct dns_answer *);

/* dns_parse_question - what a query or an answer is about; 0 or -EPROTO (name is then "?"). */
int dns_parse_question(const uint8_t *packet, size_t len, char name[DNS_NAME], uint16_t *type);
/* dns_answer_text - for the log: "10 50 s SIP+D2U _sip._udp.hims.net, ...", or "none". */
const char *dns_answer_text(const struct dns_answer *, uint16_t type, char *buf, size_t size);
/* dns_type_name - "NAPTR"; "type N" in a static buffer for strangers. */
const char *dns_type_name(uint16_t type);

#endif
