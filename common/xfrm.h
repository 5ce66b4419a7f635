/* SPDX-License-Identifier: Apache-2.0 */
/* IPsec in this kernel: ESP security associations (SAs) and policies through XFRM netlink, in the
 * network namespace of the thread that calls xfrm_open. The body is libmnl (xfrm.c, xfrm_*.c), in
 * flow tests a kernel made of memory (test/fake/xfrm.c). Nothing here knows SIP.
 *
 * Changes are collected and sent together: xfrm_begin, any number of xfrm_put_..., xfrm_keep_...
 * and xfrm_drop_..., then xfrm_commit. The kernel answers at once; no call waits for a peer. Which
 * SAs and policies are ours is told by their reqid: every policy has one, blocking ones too. */
#ifndef IMSLAB_XFRM_H
#define IMSLAB_XFRM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "why.h"

struct xfrm;

enum esp_algo { /* what an SA is made of */
                ESP_NOTHING,
                ESP_HMAC_MD5_96,  /* key 16 octets, RFC 2403 */
                ESP_HMAC_SHA1_96, /* key 20, RFC 2404 */
                ESP_NULL,         /* no encryption, no key, RFC 2410 */
                ESP_AES_CBC,      /* key 16, RFC 3602 */
                ESP_3DES_CBC,     /* key 24, RFC 2451 */
                ESP_AES_GCM,  /* key 16 and salt 4, tag of 16 octets, RFC 4106; without an HMAC */
                ESP_AES_GMAC, /* key 16 and salt 4, RFC 4543; without an HMAC */
                ESP_ALGOS,
};

#define ESP_KEY_MAX 24

struct esp_key {
    enum esp_algo algo;
    uint8_t octets[ESP_KEY_MAX]; /* as many as the algorithm says, the salt last */
};

struct esp_replay { /* where the sequence numbers of an SA stand */
    uint32_t out;   /* the last one sent */
    uint32_t in;    /* the highest one accepted */
    uint32_t seen;  /* which of the 32 up to `in` were accepted: bit 0 is `in` itself */
};

struct esp_sa {
    struct addr src, dst; /* of the (outer) packet; their ports are ignored */
    uint32_t spi;         /* host order, 256 and above */
    uint32_t reqid;
    bool tunnel;                   /* tunnel mode; else transport mode */
    struct esp_key auth;           /* HMAC; ESP_NOTHING beside an AEAD */
    struct esp_key crypt;          /* cipher, ESP_NULL or AEAD */
    uint16_t encap_src, encap_dst; /* UDP ports around ESP (RFC 3948); both 0: plain ESP */
    uint32_t hard_s;          /* the kernel itself removes it so long after the put; 0: never */
    struct esp_replay replay; /* where it starts: all zero for a new one */
    uint32_t tell_every;      /* xfrm_hear tells of every so many packets; 0: of none */
};

struct esp_policy {
    bool in;    /* for arriving packets; else for leaving ones */
    bool block; /* what it matches is dropped; else it must be in the SA below */
    /* what it matches: protocol any, so one policy serves UDP and TCP */
    struct addr src, dst;  /* inner addresses; one of them may be not set: any */
    uint16_t sport, dport; /* 0: any */
    uint32_t priority;     /* the lowest that matches decides */
    uint32_t reqid, spi;   /* the SA */
    bool tunnel;
    struct addr tunnel_src, tunnel_dst; /* outer addresses in tunnel mode */
};

struct esp_state { /* what the kernel says of an SA; no keys */
    struct addr src, dst;
    uint32_t spi, reqid;
    bool tunnel;
    uint16_t encap_src, encap_dst;
    struct esp_replay replay;
    uint64_t packets, octets; /* that passed */
    uint32_t bad;             /* arrived and did not verify: a wrong key, a changed packet */
    uint32_t replayed;        /* arrived twice, or too late for the window of 32 */
};

struct esp_ability { /* what this kernel can do, found by doing it */
    bool esp4, esp6; /* ESP over IPv4, IPv6 */
    bool algo[ESP_ALGOS];
    char why[ESP_ALGOS][96]; /* for what is missing: "this kernel has no aes-gcm" */
    char esp_why[160];       /* when neither esp4 nor esp6 */
};

/* xfrm_open - a netlink socket of this namespace.
 * returns 0; -EPROTONOSUPPORT no XFRM in this kernel; -EPERM no CAP_NET_ADMIN here; *why says it */
int xfrm_open(struct xfrm **x, struct why *why);
/* xfrm_close - NULL is fine. SAs and policies stay. */
void xfrm_close(struct xfrm *x);
/* xfrm_probe - one SA per algorithm and address family, made and removed. (Policies are no proof:
 * they can be made where ESP is missing.) */
void xfrm_probe(struct xfrm *x, struct esp_ability *able);
/* esp_algo_name - "aes-gcm", as TS 33.203 Annex H writes it; esp_key_size - octets, salt and all.
 */
const char *esp_algo_name(enum esp_algo algo);
size_t esp_key_size(enum esp_algo algo);

#define XFRM_CHANGES 32 /* between xfrm_begin and xfrm_commit */

/* xfrm_begin - start to collect changes. */
void xfrm_begin(struct xfrm *x);
/* xfrm_put_sa - a new SA. xfrm_keep_sa - another life time (counted from its put) and other UDP
 * ports for the one with this dst and spi, which needs its keys again; its counters stay.
 * xfrm_drop_sa - no SA with this dst and spi any more; it is no error when there was none. */
void xfrm_put_sa(struct xfrm *x, const struct esp_sa *sa);
void xfrm_keep_sa(struct xfrm *x, const struct esp_sa *sa);
void xfrm_drop_sa(struct xfrm *x, const struct addr *dst, uint32_t spi);
/* xfrm_put_policy - a policy, in place of one that matches the same in the same direction.
 * xfrm_drop_policy - none that matches this any more; it is no error when there was none. */
void xfrm_put_policy(struct xfrm *x, const struct esp_policy *p);
void xfrm_drop_policy(struct xfrm *x, const struct esp_policy *p);
/* xfrm_commit - send what was collected, and wipe it. Each change stands for itself: after a
 * failure the others may have been made, and the caller drops them.
 * failed  bit n: change n failed, counted from 0 in the order of the calls; may be NULL
 * returns 0; or of the first that failed: -EEXIST there is an SA with this dst and spi;
 * -EPROTONOSUPPORT no ESP; -ENOSYS an algorithm is missing; -ESRCH nothing to keep; -EPERM;
 * -ENOBUFS */
int xfrm_commit(struct xfrm *x, uint32_t *failed, struct why *why);

/* xfrm_get - one SA. 0; -ESRCH there is none. */
int xfrm_get(struct xfrm *x, const struct addr *dst, uint32_t spi, struct esp_state *state);

typedef void xfrm_sa_fn(void *arg, const struct esp_state *state);
typedef void xfrm_policy_fn(void *arg, const struct esp_policy *policy);
/* xfrm_each_sa, xfrm_each_policy - call fn for every one whose reqid is within [first, last].
 * fn must not use x. 0 or -errno. */
int xfrm_each_sa(struct xfrm *x, uint32_t first, uint32_t last, xfrm_sa_fn *fn, void *arg);
int xfrm_each_policy(struct xfrm *x, uint32_t first, uint32_t last, xfrm_policy_fn *fn, void *arg);

struct xfrm_event { /* what the kernel tells by itself */
    enum {
        XFRM_TOLD_REPLAY,  /* the numbers of an SA have gone on by tell_every */
        XFRM_TOLD_MAPPING, /* UDP-encapsulated ESP comes from another address or port now */
        XFRM_TOLD_LOST,    /* there was more to tell than the kernel could keep */
    } kind;
    struct addr dst; /* of the SA */
    uint32_t spi, reqid;
    struct esp_replay replay;
    struct addr from; /* MAPPING */
};
typedef void xfrm_event_fn(void *arg, const struct xfrm_event *event);
/* xfrm_listen - ask for events: the descriptor to watch for reading, or -errno.
 * xfrm_hear - call fn for all that has arrived; fn may use x. */
int xfrm_listen(struct xfrm *x, struct why *why);
void xfrm_hear(struct xfrm *x, xfrm_event_fn *fn, void *arg);

/* xfrm_encap_socket - a UDP socket on this address and port (4500) from which the kernel takes
 * UDP-encapsulated ESP (RFC 3948). It is never read; close() it. The descriptor or -errno. */
int xfrm_encap_socket(const struct addr *local, struct why *why);
/* xfrm_encap_keepalive - the one octet that keeps the binding of a NAT alive (RFC 3948 2.3). */
void xfrm_encap_keepalive(int fd, const struct addr *peer);

#endif
