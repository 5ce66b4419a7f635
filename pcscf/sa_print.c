/* SPDX-License-Identifier: Apache-2.0 */
/* The SA table for SIGUSR1 and ./lab status: one line per set, key=value. packets and octets are
 * what the kernel counted in both directions of the set; bad and replayed what it threw away. */
#include "sa_inner.h"

static const char *hint(const struct sa_counters *counters, size_t there)
{
    uint64_t bad = 0, good = 0;

    if (there < SA_LEGS)
        return " hint=\"an SA is missing in the kernel\"";
    for (enum sa_leg leg = 0; leg < SA_LEGS; leg++) {
        if (!sa_leg_in(SA_PCSCF, leg))
            continue;
        bad += counters->leg[leg].bad;
        good += counters->leg[leg].packets;
    }
    return bad && bad >= good ? " hint=\"ESP arrives but does not decrypt\"" : "";
}

static void print_one(struct sas *sas, const struct sa *sa, FILE *out)
{
    const struct sa_set *set = &sa->set;
    uint64_t now_ms = loop_now_ms(sas->c.loop), packets[2] = {0}, octets[2] = {0};
    unsigned long long bad = 0, replayed = 0;
    struct sa_counters counters;
    size_t there = sa_set_counters(sas->c.xfrm, set, &counters);
    char ue[ADDR_TEXT], encap[16] = "-";

    for (enum sa_leg leg = 0; leg < SA_LEGS; leg++) {
        bool in = sa_leg_in(SA_PCSCF, leg);

        packets[in] += counters.leg[leg].packets;
        octets[in] += counters.leg[leg].octets;
        bad += counters.leg[leg].bad;
        replayed += counters.leg[leg].replayed;
    }
    if (set->mode == SEC_UDP_ENC_TUN)
        snprintf(encap, sizeof encap, "%u", addr_port(&set->ue_end));
    fprintf(out,
            "live: sa set=%s impi=%s ue=%s spi_uc=0x%08x spi_us=0x%08x spi_pc=0x%08x "
            "spi_ps=0x%08x port_uc=%u port_us=%u port_pc=%u port_ps=%u alg=%s ealg=%s mode=%s "
            "encap=%s age_s=%llu expires_s=%llu packets_in=%llu octets_in=%llu packets_out=%llu "
            "octets_out=%llu bad=%llu replayed=%llu%s\n",
            sa_state_name(sa->state), sa->impi, addr_host(&set->ue, ue), set->spi_uc, set->spi_us,
            set->spi_pc, set->spi_ps, set->port_uc, set->port_us, set->port_pc, set->port_ps,
            sec_alg_name(set->pair.alg), sec_ealg_name(set->pair.ealg), sec_mode_name(set->mode),
            encap, (unsigned long long)(now_ms - sa->born_ms) / 1000,
            (unsigned long long)(sa->until_ms > now_ms ? sa->until_ms - now_ms : 0) / 1000,
            (unsigned long long)packets[1], (unsigned long long)octets[1],
            (unsigned long long)packets[0], (unsigned long long)octets[0], bad, replayed,
            hint(&counters, there));
}

void sa_print(struct sas *sas, FILE *out)
{
    const struct sa *sa;

    sa_hear(sas);
    for (size_t i = 0; i < SA_BUCKETS; i++)
        LIST_FOREACH(sa, &sas->place[i], by_place)
    print_one(sas, sa, out);
}
