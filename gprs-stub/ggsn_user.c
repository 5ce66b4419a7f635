/* SPDX-License-Identifier: Apache-2.0 */
/* The GGSN's user plane, TS 23.060 9.3: packets between GTP-U and Gi. Who may send what to whom is
 * decided here, in both directions; the Gi side itself is ggsn_gi.c.
 *
 *     SGSN                  GGSN                     Gi
 *      |====== G-PDU =======>|                        |   from the SGSN of the context, with the
 *      |                     |======= packet ========>|   address it was given, to where it may
 *      |                     |<====== packet =========|   to an address of the pool,
 *      |<===== G-PDU ========|                        |   from where it may be reached
 *      |<- Error Indication -|   no such TEID
 *      |-- Error Indication >|   the SGSN has forgotten the context: removed
 */
#include <string.h>

#include "ggsn_inner.h"
#include "gtpu.h"
#include "ip_packet.h"

/* --- by TEID, by address -----------------------------------------------------------------------
 */

static struct ggsn_context **data_bucket(struct ggsn *ggsn, uint32_t teid)
{
    return &ggsn->by_data[teid % GGSN_BUCKETS];
}

static struct ggsn_context *find_data(struct ggsn *ggsn, uint32_t teid)
{
    for (struct ggsn_context *c = *data_bucket(ggsn, teid); c; c = c->next_data)
        if (c->teid_data == teid)
            return c;
    return NULL;
}

static struct ggsn_context **address_bucket(struct ggsn *ggsn, const struct addr *a)
{
    size_t len;
    const uint8_t *o = addr_octets(a, &len);
    uint32_t n = o[len - 3] << 16 | o[len - 2] << 8 | o[len - 1];

    return addr_is_v6(a) ? &ggsn->by_v6[n % GGSN_BUCKETS] : &ggsn->by_v4[n % GGSN_BUCKETS];
}

static struct ggsn_context **next_of(struct ggsn_context *c, const struct addr *a)
{
    return addr_is_v6(a) ? &c->next_v6 : &c->next_v4;
}

static const struct addr *own(const struct ggsn_context *c, const struct addr *like)
{
    return addr_is_v6(like) ? &c->address.v6 : &c->address.v4;
}

static struct ggsn_context *find_address(struct ggsn *ggsn, unsigned apn, const struct addr *a)
{
    struct ggsn_context *c = *address_bucket(ggsn, a);

    while (c && (c->apn != apn || !addr_same_host(own(c, a), a)))
        c = *next_of(c, a);
    return c;
}

static void add_address(struct ggsn *ggsn, struct ggsn_context *c, const struct addr *a)
{
    struct ggsn_context **head;

    if (!addr_is_set(a))
        return;
    head = address_bucket(ggsn, a);
    *next_of(c, a) = *head;
    *head = c;
}

static void remove_address(struct ggsn *ggsn, struct ggsn_context *c, const struct addr *a)
{
    struct ggsn_context **at;

    if (!addr_is_set(a))
        return;
    for (at = address_bucket(ggsn, a); *at != c; at = next_of(*at, a))
        ;
    *at = *next_of(c, a);
}

void ggsn_user_add(struct ggsn *ggsn, struct ggsn_context *c)
{
    struct ggsn_context **head = data_bucket(ggsn, c->teid_data);

    c->next_data = *head;
    *head = c;
    add_address(ggsn, c, &c->address.v4);
    add_address(ggsn, c, &c->address.v6);
}

void ggsn_user_remove(struct ggsn *ggsn, struct ggsn_context *c)
{
    struct ggsn_context **at = data_bucket(ggsn, c->teid_data);

    while (*at != c)
        at = &(*at)->next_data;
    *at = c->next_data;
    remove_address(ggsn, c, &c->address.v4);
    remove_address(ggsn, c, &c->address.v6);
}

bool ggsn_has_data_teid(struct ggsn *ggsn, uint32_t teid)
{
    return find_data(ggsn, teid) != NULL;
}

/* --- who may -----------------------------------------------------------------------------------
 */

static bool is_among(const struct addr *list, size_t count, const struct addr *a)
{
    for (size_t i = 0; i < count; i++)
        if (addr_same_host(&list[i], a))
            return true;
    return false;
}

/* TS 24.229 B.2.2.1, TS 23.060 9.2.2.1: a context for IMS signalling reaches what its PCO named and
 * nothing else. Whatever goes there passes: SIP on any port, ESP, ICMP. */
static bool may_talk(const struct ggsn *ggsn, const struct ggsn_context *c, const struct addr *far)
{
    const struct conf_apn *apn = &ggsn->conf->ggsn.apn[c->apn];

    return !c->im_cn || is_among(apn->pcscf, apn->pcscf_count, far) ||
           is_among(apn->dns, apn->dns_count, far);
}

static void drop(struct ggsn_context *c, const struct ip_packet *ip, const char *why)
{
    char a[ADDR_TEXT], b[ADDR_TEXT], tag[CALL_TAG];

    if (gtpu_worth_saying(++c->dropped))
        log_arrow_at(LEVEL_WARN, call_tag(c->imsi, tag), "==", NULL, "dropped", "proto", "ip",
                     "imsi", c->imsi, "src", ip ? addr_host(&ip->src, a) : NULL, "dst",
                     ip ? addr_host(&ip->dst, b) : NULL, "why", why, NULL);
}

/* --- from the SGSN -----------------------------------------------------------------------------
 */

/* NULL: it may pass. */
static const char *fault_of(const struct ggsn *ggsn, const struct ggsn_context *c,
                            const struct ip_packet *ip)
{
    if (!addr_same_host(own(c, &ip->src), &ip->src))
        return "the source is not the address that the terminal was given";
    if (ip->link_only)
        return "not for a single host";
    return may_talk(ggsn, c, &ip->dst) ? NULL : "the context is for IMS signalling only";
}

static bool on_packet(void *arg, const struct addr *peer, uint32_t teid, const uint8_t *packet,
                      size_t len)
{
    struct ggsn *ggsn = arg;
    struct ggsn_context *c = find_data(ggsn, teid);
    struct ip_packet ip;
    const char *fault;

    if (!c)
        return false;
    if (!addr_same_host(peer, &c->gsn_user)) {
        drop(c, NULL, "a packet that is not from its SGSN");
        return true;
    }
    if (ip_packet_read(&ip, packet, len) < 0) {
        drop(c, NULL, "no IP packet");
        return true;
    }
    fault = fault_of(ggsn, c, &ip);
    if (!fault && ggsn_gi_send(ggsn, c->apn, packet, len) < 0)
        fault = "Gi does not take it";
    if (fault) {
        drop(c, &ip, fault);
        return true;
    }
    c->up.packets++;
    c->up.octets += len;
    return true;
}

static void on_error(void *arg, const struct addr *peer, uint32_t their_teid)
{
    struct ggsn *ggsn = arg;

    for (size_t i = 0; i < GGSN_BUCKETS; i++) {
        for (struct ggsn_context *c = ggsn->by_data[i]; c; c = c->next_data) {
            if (c->their_data == their_teid && addr_same_host(peer, &c->gsn_user)) {
                ggsn_remove(ggsn, c, "the SGSN has no such tunnel (Error Indication)");
                return;
            }
        }
    }
}

/* --- from Gi -----------------------------------------------------------------------------------
 */

void ggsn_user_down(struct ggsn *ggsn, unsigned apn, const uint8_t *packet, size_t len)
{
    struct ggsn_context *c;
    struct ip_packet ip;
    int rc;

    if (ip_packet_read(&ip, packet, len) < 0 || ip.link_only)
        return; /* the kernel's own talk on a new link */
    c = find_address(ggsn, apn, &ip.dst);
    if (!c) {
        ggsn->gi[apn].unclaimed++;
        return;
    }
    if (!may_talk(ggsn, c, &ip.src)) {
        drop(c, &ip, "the context is for IMS signalling only");
        return;
    }
    rc = gtpu_send(ggsn->user, &c->gsn_user, c->their_data, packet, len);
    if (rc < 0) {
        drop(c, &ip, why_not(rc));
        return;
    }
    c->down.packets++;
    c->down.octets += len;
}

int ggsn_user_open(struct ggsn *ggsn, struct why *why)
{
    const struct conf *conf = ggsn->conf;
    struct gtpu_conf user = {
        .local = addr_with_port(conf->ggsn.element.address, 0),
        .name = conf->ggsn.element.name,
        .peer_name = conf->sgsn.element.name,
        .on_packet = on_packet,
        .on_error = on_error,
        .arg = ggsn,
    };
    int rc = gtpu_open(&ggsn->user, ggsn->loop, &user, why);

    return rc < 0 ? rc : ggsn_gi_open(ggsn, why);
}
