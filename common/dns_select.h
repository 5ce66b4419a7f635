/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 3263 4.1 and 4.2 as a pure function: from the answers that are known so far, either the
 * targets in the order to try, or the questions that are still to be asked. dns.c runs it again
 * after every answer, so no step of the procedure is remembered anywhere. */
#ifndef IMSLAB_DNS_SELECT_H
#define IMSLAB_DNS_SELECT_H

#include "dns.h"
#include "dns_rr.h"

#define DNS_MAX_FACTS 64 /* answers that one search may need */

struct dns_fact {
    char name[DNS_NAME];
    uint16_t type;
    struct dns_answer *answer; /* NULL: being asked */
};

struct dns_facts {
    size_t count;
    struct dns_fact fact[DNS_MAX_FACTS];
};

struct dns_random { /* splitmix64; any seed is good */
    uint64_t state;
};
/* dns_random - evenly from 0..limit, both included. */
uint32_t dns_random(struct dns_random *, uint32_t limit);

/* dns_select - the next move for this question.
 * facts   answers so far; what must be asked is added with answer NULL
 * random  for equal priorities by weight (RFC 2782)
 * 0 and *out has at least one target; -EAGAIN facts without an answer are to be awaited; else as
 * dns_locate. */
int dns_select(const struct dns_question *question, bool ipv6, struct dns_facts *facts,
               struct dns_random *random, struct sip_targets *out);

/* dns_order_naptr - sort by order, then preference; dns_order_srv - by priority, then by weight as
 * RFC 2782 draws lots. */
void dns_order_naptr(struct dns_rr *rr, size_t count);
void dns_order_srv(struct dns_rr *rr, size_t count, struct dns_random *random);

#endif
