/* SPDX-License-Identifier: Apache-2.0 */
/* The terminal's SA table for `status` and SIGUSR1. */
#include <inttypes.h>

#include "sa_inner.h"
#include "ue.h"

const char *sa_text(const struct ue *ue, char *buf, size_t size)
{
    const struct sa_set *set = sa_current(ue);

    snprintf(buf, size, "%s%s%s", set ? "protected by " : "unprotected",
             set ? sec_pair_name(set->pair) : "",
             set && set->mode == SEC_UDP_ENC_TUN ? " through a NAT" : "");
    return buf;
}

/* "spi_us 12345: 10.60.2.10:5063 -> 10.45.0.2:40001, 3 packets, 2100 octets" */
static void print_leg(const struct sa_set *s, enum sa_leg leg, const struct sa_counters *n,
                      FILE *out)
{
    static const char *const names[] = {"spi_ps", "spi_uc", "spi_us", "spi_pc"};
    bool up = leg == SA_UC_PS || leg == SA_US_PC;
    struct addr ue =
        addr_with_port(s->ue, leg == SA_UC_PS || leg == SA_PS_UC ? s->port_uc : s->port_us);
    struct addr pcscf =
        addr_with_port(s->pcscf, leg == SA_UC_PS || leg == SA_PS_UC ? s->port_ps : s->port_pc);
    char src[ADDR_TEXT], dst[ADDR_TEXT];

    fprintf(out, "            %s 0x%08x %s -> %s", names[leg], sa_set_spi(s, leg),
            addr_text(up ? &ue : &pcscf, src), addr_text(up ? &pcscf : &ue, dst));
    if (!n->there[leg])
        fprintf(out, ", not in the kernel\n");
    else
        fprintf(out, ", %" PRIu64 " packets, %" PRIu64 " octets%s\n", n->leg[leg].packets,
                n->leg[leg].octets, n->leg[leg].bad ? ", ESP arrives but does not decrypt" : "");
}

/* " (10.45.0.2:4500 -> 10.60.2.10:4500)": what the NAT sees; "" without one. */
static const char *tunnel_text(const struct sa_set *s, char *buf, size_t size)
{
    char src[ADDR_TEXT], dst[ADDR_TEXT];

    *buf = 0;
    if (s->mode == SEC_UDP_ENC_TUN)
        snprintf(buf, size, " (%s -> %s)", addr_text(&s->ue_end, src),
                 addr_text(&s->pcscf_end, dst));
    return buf;
}

void sa_print(const struct ue *ue, FILE *out)
{
    const struct sa *a;
    uint64_t now_ms = loop_now_ms(ue->loop);

    LIST_FOREACH(a, &ue->reg.sas.list, entry)
    {
        const struct sa_set *s = &a->set;
        struct sa_counters n;
        char text[3 * ADDR_TEXT];

        sa_set_counters(ue->reg.sas.xfrm, s, &n);
        fprintf(out, "  IPsec     %s, %s, mode %s%s, another %" PRIu64 " s\n",
                sa_stage_name(a->stage), sec_pair_name(s->pair), sec_mode_name(s->mode),
                tunnel_text(s, text, sizeof text), (a->until_ms - now_ms) / 1000);
        for (enum sa_leg leg = 0; leg < SA_LEGS; leg++)
            print_leg(s, leg, &n, out);
    }
}
