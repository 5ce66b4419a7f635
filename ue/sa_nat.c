/* SPDX-License-Identifier: Apache-2.0 */
/* The address that the `received` names comes from whoever answers first, so it is not believed
 * before the card has verified the network, and never when it is an address that is not one of a
 * terminal: it is going to be an address of this machine. */
#include "sa_nat.h"

#include <errno.h>
#include <netinet/in.h>
#include <unistd.h>

#include "netif.h"
#include "register.h"
#include "sa_inner.h"
#include "xalloc.h"

static void on_keep_alive(void *arg);

/* ---- which set goes through it ---- */

const struct sa_set *sa_through_nat(const struct ue *ue)
{
    const struct sa *a;

    LIST_FOREACH(a, &ue->reg.sas.list, entry)
    if (a->set.mode == SEC_UDP_ENC_TUN)
        return &a->set;
    return NULL;
}

struct sip *sa_sip(const struct ue *ue)
{
    const struct sa_set *set = sa_current(ue);

    return !set ? NULL : set->mode == SEC_UDP_ENC_TUN ? ue->reg.sas.nat.sip : ue->reg.sas.sip;
}

/* ---- finding it ---- */

static bool is_for_a_host(const struct addr *a)
{
    if (addr_is_v6(a))
        return !IN6_IS_ADDR_UNSPECIFIED(&a->in6.sin6_addr) &&
               !IN6_IS_ADDR_LOOPBACK(&a->in6.sin6_addr) &&
               !IN6_IS_ADDR_MULTICAST(&a->in6.sin6_addr) &&
               !IN6_IS_ADDR_LINKLOCAL(&a->in6.sin6_addr);
    return ntohl(a->in.sin_addr.s_addr) >> 24 != 0 && ntohl(a->in.sin_addr.s_addr) >> 24 != 127 &&
           ntohl(a->in.sin_addr.s_addr) >> 28 < 14;
}

/* Many a server writes the parameter without a NAT, too (RFC 3581 4). */
void sa_nat_look(struct ue *ue, const sip_t *answer)
{
    struct sa_nat *nat = &ue->reg.sas.nat;
    const struct addr *pcscf = &ue->pdp.pcscf[ue->reg.pcscf];
    struct addr own = register_own_address(ue), seen;
    char text[ADDR_TEXT], host[ADDR_TEXT];

    nat->public = (struct addr){0};
    if (!ue->reg.sas.security.tunnels || !answer->sip_via || !answer->sip_via->v_received ||
        addr_parse(&seen, answer->sip_via->v_received, 0) < 0 || addr_same_host(&seen, &own))
        return;
    if (addr_is_v6(&seen) != addr_is_v6(&own) || addr_same_host(&seen, pcscf) ||
        !is_for_a_host(&seen)) {
        log_warn(ue->reg.call, "the P-CSCF says that it sees the terminal at %s: ignored",
                 addr_host(&seen, text));
        return;
    }
    nat->public = seen;
    log_arrow(ue->reg.call, "==", NULL, "behind a NAT", "public", addr_host(&seen, text), "own",
              addr_host(&own, host), NULL);
}

/* ---- open ---- */

static int open_encap(struct ue *ue, struct why *why)
{
    struct sa_nat *nat = &ue->reg.sas.nat;
    bool v6 = addr_is_v6(&nat->public);

    nat->own = addr_with_port(v6 ? ue->pdp.address6 : ue->pdp.address, SA_ENCAP_PORT);
    nat->encap = xfrm_encap_socket(&nat->own, why);
    return nat->encap < 0 ? nat->encap : 0;
}

static int put_address(struct ue *ue, struct why *why)
{
    struct sa_nat *nat = &ue->reg.sas.nat;
    const char *interface = ue->plane.on ? ue->plane.interface : ue->terminal->interface;
    char host[ADDR_TEXT];
    int err;

    if (!*interface)
        return why_set(why, ENODEV,
                       "the terminal is behind a NAT, and has no `interface` that the address at "
                       "which the P-CSCF sees it, %s, can be put on",
                       addr_host(&nat->public, host));
    err = netif_put(interface, &nat->public, why);
    if (!err)
        snprintf(nat->interface, sizeof nat->interface, "%s", interface);
    return err;
}

static int listen_there(struct ue *ue, struct why *why)
{
    struct sas *s = &ue->reg.sas;
    struct sa_nat *nat = &s->nat;
    struct sip_config config = {
        .conf = ue->conf, .numeric_nonlocal = true, .terminal = true, .protect = true};
    int err;

    nat->at = addr_with_port(nat->public, s->security.mine.port_s);
    err = sa_block_put(s->xfrm, SA_UE, &nat->at, why);
    if (err) {
        nat->at = (struct addr){0};
        return err;
    }
    config.listen[config.listen_count++] = nat->at;
    nat->sip = sip_open(ue->loop, &config, why);
    if (!nat->sip)
        return -EADDRINUSE;
    sip_serve(nat->sip, "*", request_begin, ue);
    return 0;
}

int sa_nat_open(struct ue *ue, struct why *why)
{
    struct sa_nat *nat = &ue->reg.sas.nat;
    int err;

    if (nat->open && addr_same_host(&nat->at, &nat->public) &&
        addr_port(&nat->at) == ue->reg.sas.security.mine.port_s)
        return 0;
    sa_clear(ue, "the NAT gives another address now");
    sa_nat_close(ue);
    nat->open = true;
    err = open_encap(ue, why);
    if (!err)
        err = put_address(ue, why);
    if (!err)
        err = listen_there(ue, why);
    if (err)
        sa_nat_close(ue);
    return err;
}

void sa_nat_close(struct ue *ue)
{
    struct sa_nat *nat = &ue->reg.sas.nat;
    struct why why;

    if (!nat->open)
        return;
    loop_cancel(&nat->keep_alive);
    if (nat->sip)
        sip_close(nat->sip);
    nat->sip = NULL;
    if (addr_is_set(&nat->at))
        sa_block_drop(ue->reg.sas.xfrm, SA_UE, &nat->at, NULL);
    if (*nat->interface && netif_take(nat->interface, &nat->at, &why) < 0)
        log_debug(ue->reg.call, "%s", why.text); /* it went with its device */
    if (nat->encap >= 0)
        close(nat->encap);
    nat->encap = -1;
    nat->at = (struct addr){0};
    *nat->interface = 0;
    nat->open = false;
}

/* ---- keeping the binding alive ---- */

static void arm(struct ue *ue)
{
    struct sa_nat *nat = &ue->reg.sas.nat;

    loop_cancel(&nat->keep_alive);
    nat->keep_alive =
        loop_after(ue->loop, 1000ull * ue->conf->timers.nat_keepalive_s, on_keep_alive, ue);
}

void sa_nat_keep_alive(struct ue *ue)
{
    if (!ue->reg.sas.nat.keep_alive)
        arm(ue);
}

/* Not when something else has kept it (RFC 3948 4). */
static void on_keep_alive(void *arg)
{
    struct ue *ue = arg;
    struct sa_nat *nat = &ue->reg.sas.nat;
    const struct sa_set *set = sa_through_nat(ue);
    struct sa_counters n;
    uint64_t sent;

    nat->keep_alive = NULL;
    if (!set)
        return;
    sa_set_counters(ue->reg.sas.xfrm, set, &n);
    sent = n.leg[SA_UC_PS].packets + n.leg[SA_US_PC].packets;
    if (sent == nat->sent)
        xfrm_encap_keepalive(nat->encap, &set->pcscf_end);
    nat->sent = sent;
    arm(ue);
}
