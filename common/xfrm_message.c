/* SPDX-License-Identifier: Apache-2.0 */
#include "xfrm_message.h"

#include <errno.h>
#include <linux/udp.h>
#include <netinet/in.h>
#include <string.h>

#include "xalloc.h"

enum { HMAC_96_BITS = 96, GCM_TAG_BITS = 128, WINDOW = 32 };

static const struct algo {
    const char *name;   /* TS 33.203 Annex H */
    const char *kernel; /* Documentation of the kernel's crypto API */
    size_t key;         /* octets */
} algos[ESP_ALGOS] = {
    [ESP_NOTHING] = {"nothing",       "",                  0 },
    [ESP_HMAC_MD5_96] = {"hmac-md5-96",   "hmac(md5)",         16},
    [ESP_HMAC_SHA1_96] = {"hmac-sha-1-96", "hmac(sha1)",        20},
    [ESP_NULL] = {"null",          "ecb(cipher_null)",  0 },
    [ESP_AES_CBC] = {"aes-cbc",       "cbc(aes)",          16},
    [ESP_3DES_CBC] = {"des-ede3-cbc",  "cbc(des3_ede)",     24},
    [ESP_AES_GCM] = {"aes-gcm",       "rfc4106(gcm(aes))", 20},
    [ESP_AES_GMAC] = {"aes-gmac",      "rfc4543(gcm(aes))", 20},
};

const char *esp_algo_name(enum esp_algo algo)
{
    return algos[algo].name;
}

size_t esp_key_size(enum esp_algo algo)
{
    return algos[algo].key;
}

/* ---- to the kernel ---- */

static struct nlmsghdr *start(char *buf, unsigned type)
{
    struct nlmsghdr *head = mnl_nlmsg_put_header(buf);

    head->nlmsg_type = type;
    head->nlmsg_flags = NLM_F_REQUEST;
    return head;
}

static void put_address(xfrm_address_t *out, const struct addr *a)
{
    size_t len;
    const uint8_t *octets = addr_octets(a, &len);

    if (octets)
        memcpy(out, octets, len);
}

static sa_family_t family_of(const struct addr *a, const struct addr *b)
{
    return addr_is_set(a) ? a->sa.sa_family : b->sa.sa_family;
}

static void forever(struct xfrm_lifetime_cfg *life)
{
    life->soft_byte_limit = life->hard_byte_limit = XFRM_INF;
    life->soft_packet_limit = life->hard_packet_limit = XFRM_INF;
}

static void put_auth(struct nlmsghdr *head, const struct esp_key *key)
{
    const struct algo *algo = &algos[key->algo];
    struct {
        struct xfrm_algo_auth head;
        char key[ESP_KEY_MAX];
    } out = {
        .head = {.alg_key_len = algo->key * 8, .alg_trunc_len = HMAC_96_BITS}
    };

    strncpy(out.head.alg_name, algo->kernel, sizeof out.head.alg_name - 1);
    memcpy(out.key, key->octets, algo->key);
    mnl_attr_put(head, XFRMA_ALG_AUTH_TRUNC, sizeof out.head + algo->key, &out);
    wipe(&out, sizeof out);
}

static void put_cipher(struct nlmsghdr *head, const struct esp_key *key)
{
    const struct algo *algo = &algos[key->algo];
    struct {
        struct xfrm_algo head;
        char key[ESP_KEY_MAX];
    } out = {.head = {.alg_key_len = algo->key * 8}};

    strncpy(out.head.alg_name, algo->kernel, sizeof out.head.alg_name - 1);
    memcpy(out.key, key->octets, algo->key);
    mnl_attr_put(head, XFRMA_ALG_CRYPT, sizeof out.head + algo->key, &out);
    wipe(&out, sizeof out);
}

static void put_aead(struct nlmsghdr *head, const struct esp_key *key)
{
    const struct algo *algo = &algos[key->algo];
    struct {
        struct xfrm_algo_aead head;
        char key[ESP_KEY_MAX];
    } out = {
        .head = {.alg_key_len = algo->key * 8, .alg_icv_len = GCM_TAG_BITS}
    };

    strncpy(out.head.alg_name, algo->kernel, sizeof out.head.alg_name - 1);
    memcpy(out.key, key->octets, algo->key);
    mnl_attr_put(head, XFRMA_ALG_AEAD, sizeof out.head + algo->key, &out);
    wipe(&out, sizeof out);
}

/* The part of fixed size. It has 64-bit numbers, and a message is aligned to 4 octets only. */
static void put_fixed(struct nlmsghdr *head, const void *fixed, size_t size)
{
    memcpy(mnl_nlmsg_put_extra_header(head, size), fixed, size);
}

static bool get_fixed(const struct nlmsghdr *head, void *fixed, size_t size)
{
    if (mnl_nlmsg_get_payload_len(head) < size)
        return false;
    memcpy(fixed, mnl_nlmsg_get_payload(head), size);
    return true;
}

struct nlmsghdr *message_sa(char *buf, unsigned type, const struct esp_sa *sa)
{
    struct nlmsghdr *head = start(buf, type);
    struct xfrm_usersa_info info = {0};
    struct xfrm_replay_state replay = {
        .oseq = sa->replay.out, .seq = sa->replay.in, .bitmap = sa->replay.seen};
    struct xfrm_encap_tmpl encap = {.encap_type = UDP_ENCAP_ESPINUDP,
                                    .encap_sport = htons(sa->encap_src),
                                    .encap_dport = htons(sa->encap_dst)};

    info.family = info.sel.family = sa->dst.sa.sa_family;
    put_address(&info.saddr, &sa->src);
    put_address(&info.id.daddr, &sa->dst);
    info.id.spi = htonl(sa->spi);
    info.id.proto = IPPROTO_ESP;
    info.reqid = sa->reqid;
    info.mode = sa->tunnel ? XFRM_MODE_TUNNEL : XFRM_MODE_TRANSPORT;
    info.replay_window = WINDOW;
    forever(&info.lft);
    info.lft.hard_add_expires_seconds = sa->hard_s;
    put_fixed(head, &info, sizeof info);
    if (sa->crypt.algo == ESP_AES_GCM || sa->crypt.algo == ESP_AES_GMAC) {
        put_aead(head, &sa->crypt);
    } else {
        put_auth(head, &sa->auth);
        put_cipher(head, &sa->crypt);
    }
    if (sa->encap_src || sa->encap_dst)
        mnl_attr_put(head, XFRMA_ENCAP, sizeof encap, &encap);
    mnl_attr_put(head, XFRMA_REPLAY_VAL, sizeof replay, &replay);
    mnl_attr_put_u32(head, XFRMA_ETIMER_THRESH, 0); /* no event because time has passed */
    mnl_attr_put_u32(head, XFRMA_REPLAY_THRESH, sa->tell_every ? sa->tell_every : UINT32_MAX);
    return head;
}

struct nlmsghdr *message_sa_id(char *buf, unsigned type, const struct addr *dst, uint32_t spi)
{
    struct nlmsghdr *head = start(buf, type);
    struct xfrm_usersa_id *id = mnl_nlmsg_put_extra_header(head, sizeof *id);

    put_address(&id->daddr, dst);
    id->spi = htonl(spi);
    id->family = dst->sa.sa_family;
    id->proto = IPPROTO_ESP;
    return head;
}

static void put_selector(struct xfrm_selector *sel, const struct esp_policy *p)
{
    sa_family_t family = family_of(&p->src, &p->dst);
    unsigned bits = family == AF_INET6 ? 128 : 32;

    sel->family = family;
    put_address(&sel->saddr, &p->src);
    put_address(&sel->daddr, &p->dst);
    sel->prefixlen_s = addr_is_set(&p->src) ? bits : 0;
    sel->prefixlen_d = addr_is_set(&p->dst) ? bits : 0;
    sel->sport = htons(p->sport);
    sel->sport_mask = p->sport ? 0xffff : 0;
    sel->dport = htons(p->dport);
    sel->dport_mask = p->dport ? 0xffff : 0;
}

struct nlmsghdr *message_policy(char *buf, const struct esp_policy *p)
{
    struct nlmsghdr *head = start(buf, XFRM_MSG_UPDPOLICY);
    struct xfrm_userpolicy_info info = {0};
    struct xfrm_user_tmpl tmpl = {.reqid = p->reqid,
                                  .mode = p->tunnel ? XFRM_MODE_TUNNEL : XFRM_MODE_TRANSPORT,
                                  .aalgos = UINT32_MAX,
                                  .ealgos = UINT32_MAX,
                                  .calgos = UINT32_MAX};

    put_selector(&info.sel, p);
    forever(&info.lft);
    info.priority = p->priority;
    info.dir = p->in ? XFRM_POLICY_IN : XFRM_POLICY_OUT;
    info.action = p->block ? XFRM_POLICY_BLOCK : XFRM_POLICY_ALLOW;
    info.share = XFRM_SHARE_ANY;
    put_fixed(head, &info, sizeof info);
    tmpl.id.spi = htonl(p->spi);
    tmpl.id.proto = IPPROTO_ESP;
    tmpl.family = info.sel.family;
    put_address(&tmpl.saddr, p->tunnel ? &p->tunnel_src : &p->src);
    put_address(&tmpl.id.daddr, p->tunnel ? &p->tunnel_dst : &p->dst);
    mnl_attr_put(head, XFRMA_TMPL, sizeof tmpl, &tmpl);
    return head;
}

struct nlmsghdr *message_policy_id(char *buf, const struct esp_policy *p)
{
    struct nlmsghdr *head = start(buf, XFRM_MSG_DELPOLICY);
    struct xfrm_userpolicy_id *id = mnl_nlmsg_put_extra_header(head, sizeof *id);

    put_selector(&id->sel, p);
    id->dir = p->in ? XFRM_POLICY_IN : XFRM_POLICY_OUT;
    return head;
}

struct nlmsghdr *message_dump(char *buf, unsigned type)
{
    struct nlmsghdr *head = start(buf, type);

    head->nlmsg_flags |= NLM_F_DUMP;
    return head;
}

/* ---- from the kernel ---- */

static struct addr get_address(const xfrm_address_t *in, unsigned family, unsigned bits,
                               uint16_t port)
{
    struct addr a = {0};

    if (bits)
        addr_from_octets(&a, (const uint8_t *)in, family == AF_INET6 ? 16 : 4, port);
    return a;
}

/* The attribute of this type, when it has at least size octets. */
static const void *attribute(const struct nlmsghdr *head, size_t body, unsigned type, size_t size)
{
    const struct nlattr *attr;

    mnl_attr_for_each(attr, head, body)
    {
        if (mnl_attr_get_type(attr) == type && mnl_attr_get_payload_len(attr) >= size)
            return mnl_attr_get_payload(attr);
    }
    return NULL;
}

static void get_replay(const struct nlmsghdr *head, size_t body, struct esp_replay *out)
{
    const struct xfrm_replay_state *replay =
        attribute(head, body, XFRMA_REPLAY_VAL, sizeof *replay);

    if (replay)
        *out = (struct esp_replay){.out = replay->oseq, .in = replay->seq, .seen = replay->bitmap};
}

int message_read_sa(const struct nlmsghdr *head, struct esp_state *state)
{
    struct xfrm_usersa_info info;
    const struct xfrm_encap_tmpl *encap;

    if (head->nlmsg_type != XFRM_MSG_NEWSA || !get_fixed(head, &info, sizeof info) ||
        info.id.proto != IPPROTO_ESP)
        return -EBADMSG;
    *state = (struct esp_state){.src = get_address(&info.saddr, info.family, 1, 0),
                                .dst = get_address(&info.id.daddr, info.family, 1, 0),
                                .spi = ntohl(info.id.spi),
                                .reqid = info.reqid,
                                .tunnel = info.mode == XFRM_MODE_TUNNEL,
                                .packets = info.curlft.packets,
                                .octets = info.curlft.bytes,
                                .bad = info.stats.integrity_failed,
                                .replayed = info.stats.replay + info.stats.replay_window};
    encap = attribute(head, sizeof info, XFRMA_ENCAP, sizeof *encap);
    if (encap) {
        state->encap_src = ntohs(encap->encap_sport);
        state->encap_dst = ntohs(encap->encap_dport);
    }
    get_replay(head, sizeof info, &state->replay);
    return 0;
}

int message_read_policy(const struct nlmsghdr *head, struct esp_policy *p)
{
    struct xfrm_userpolicy_info info;
    const struct xfrm_user_tmpl *tmpl;
    const struct xfrm_selector *sel = &info.sel;

    if (head->nlmsg_type != XFRM_MSG_NEWPOLICY || !get_fixed(head, &info, sizeof info) ||
        (info.dir != XFRM_POLICY_IN && info.dir != XFRM_POLICY_OUT))
        return -EBADMSG;
    *p = (struct esp_policy){.in = info.dir == XFRM_POLICY_IN,
                             .block = info.action == XFRM_POLICY_BLOCK,
                             .src = get_address(&sel->saddr, sel->family, sel->prefixlen_s, 0),
                             .dst = get_address(&sel->daddr, sel->family, sel->prefixlen_d, 0),
                             .sport = ntohs(sel->sport),
                             .dport = ntohs(sel->dport),
                             .priority = info.priority};
    tmpl = attribute(head, sizeof info, XFRMA_TMPL, sizeof *tmpl);
    if (!tmpl)
        return -EBADMSG; /* a socket's or somebody else's: nothing of ours */
    p->reqid = tmpl->reqid;
    p->spi = ntohl(tmpl->id.spi);
    p->tunnel = tmpl->mode == XFRM_MODE_TUNNEL;
    p->tunnel_src = get_address(&tmpl->saddr, tmpl->family, p->tunnel, 0);
    p->tunnel_dst = get_address(&tmpl->id.daddr, tmpl->family, p->tunnel, 0);
    return 0;
}

static int read_replay_event(const struct nlmsghdr *head, struct xfrm_event *event)
{
    const struct xfrm_aevent_id *id = mnl_nlmsg_get_payload(head);

    if (mnl_nlmsg_get_payload_len(head) < sizeof *id)
        return -EBADMSG;
    *event = (struct xfrm_event){
        .kind = XFRM_TOLD_REPLAY,
        .dst = get_address(&id->sa_id.daddr, id->sa_id.family, 1, 0),
        .spi = ntohl(id->sa_id.spi),
        .reqid = id->reqid,
    };
    get_replay(head, sizeof *id, &event->replay);
    return 0;
}

static int read_mapping_event(const struct nlmsghdr *head, struct xfrm_event *event)
{
    const struct xfrm_user_mapping *map = mnl_nlmsg_get_payload(head);

    if (mnl_nlmsg_get_payload_len(head) < sizeof *map)
        return -EBADMSG;
    *event = (struct xfrm_event){
        .kind = XFRM_TOLD_MAPPING,
        .dst = get_address(&map->id.daddr, map->id.family, 1, 0),
        .spi = ntohl(map->id.spi),
        .reqid = map->reqid,
        .from = get_address(&map->new_saddr, map->id.family, 1, ntohs(map->new_sport)),
    };
    return 0;
}

int message_read_event(const struct nlmsghdr *head, struct xfrm_event *event)
{
    if (head->nlmsg_type == XFRM_MSG_NEWAE)
        return read_replay_event(head, event);
    if (head->nlmsg_type == XFRM_MSG_MAPPING)
        return read_mapping_event(head, event);
    return 1;
}
