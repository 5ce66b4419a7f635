/* SPDX-License-Identifier: Apache-2.0 */
/* Where to send a request for a SIP domain: NAPTR, SRV, A and AAAA in the order of RFC 3263, with a
 * cache of our own (c-ares 1.18 has none). Never blocks; bounded when the server is dead. */
#ifndef IMSLAB_DNS_H
#define IMSLAB_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "addr.h"
#include "loop.h"

enum sip_transport { SIP_ANY, SIP_UDP, SIP_TCP };

struct sip_target {               /* one place to try */
    struct addr addr;             /* with port */
    enum sip_transport transport; /* SIP_UDP or SIP_TCP */
    char host[128];               /* the name it came from, for logs */
};

#define SIP_MAX_TARGETS 16
struct sip_targets { /* in the order to try (RFC 3263 4.3) */
    size_t count;
    struct sip_target target[SIP_MAX_TARGETS];
};

struct dns;
struct dns_op;

struct dns_config {
    struct addr server[2]; /* port 53 when 0 */
    size_t server_count;
    unsigned wait_ms, tries; /* per query */
    bool ipv6;               /* also ask AAAA */
};

struct dns_question {
    char host[128];               /* domain, host name or numeric address */
    uint16_t port;                /* from the URI; 0: none given (then NAPTR/SRV are asked) */
    enum sip_transport transport; /* from ;transport=, else SIP_ANY */
    bool big; /* the request is over 1300 octets: TCP targets first, UDP as the fallback (RFC
                 3261 18.1.1) */
};

/* dns_open - a resolver with its cache; never NULL. dns_close - forgets the searches under way:
 * their done functions do not run. */
struct dns *dns_open(struct loop *, const struct dns_config *);
void dns_close(struct dns *);

/* dns_locate - done runs exactly once, later, from the loop: err 0 and at least one target, or NULL
 * and -ENOENT nothing found, -ETIMEDOUT server silent, -ECONNREFUSED nobody listens at the server,
 * -EPROTO nonsense (loops, broken answers, SERVFAIL). A dead server costs wait_ms * tries per
 * server; no search takes longer than twice that.
 * call: for the log. Never NULL. */
typedef void dns_done_fn(void *arg, int err, const struct sip_targets *);
struct dns_op *dns_locate(struct dns *, const struct dns_question *, const char *call,
                          dns_done_fn *done, void *arg);
void dns_cancel(struct dns_op **op);

/* dns_why - what such an err means, for a log line or a Warning: "the DNS server does not answer".
 */
const char *dns_why(int err);

/* dns_print_live - one line per search under way, for SIGUSR1. */
void dns_print_live(const struct dns *, FILE *);

#endif
