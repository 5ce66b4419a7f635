/* SPDX-License-Identifier: Apache-2.0 */
/* The start and the end of the SA table: the blocked ports, port 4500, what the file knows. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "sa_inner.h"
#include "xalloc.h"

static const struct addr *own(const struct sas *sas, size_t i)
{
    const struct addr *a = i == 0 ? &sas->c.address : &sas->c.address6;

    return addr_is_set(a) ? a : NULL;
}

static int block_ports(struct sas *sas, const struct addr *host, struct why *why)
{
    struct addr a = addr_with_port(*host, sas->c.port_ps);
    int err = sa_block_put(sas->c.xfrm, SA_PCSCF, &a, why);

    for (size_t i = 0; i < sas->c.port_pc_count && !err; i++) {
        a = addr_with_port(*host, sas->c.port_pc[i]);
        err = sa_block_put(sas->c.xfrm, SA_PCSCF, &a, why);
    }
    return err;
}

static void clear_kernel(struct sas *sas)
{
    struct why why;

    for (size_t i = 0; i < 2; i++)
        if (own(sas, i) && sa_flush(sas->c.xfrm, SA_PCSCF, own(sas, i), NULL, NULL, &why) < 0)
            log_warn(NULL, "%s", why.text);
}

struct sas *sas_open(const struct sa_config *c, struct why *why)
{
    struct sas *sas = xzalloc(sizeof *sas);
    int err = 0;

    sas->c = *c;
    for (size_t i = 0; i < 2; i++) {
        struct addr encap;

        sas->encap[i] = -1;
        why_set(&sas->encap_why[i], EADDRNOTAVAIL, "no address of this family here");
        if (!own(sas, i))
            continue;
        encap = addr_with_port(*own(sas, i), SA_ENCAP_PORT);
        sas->encap[i] = xfrm_encap_socket(&encap, &sas->encap_why[i]);
        if (!err) /* first of all: nothing unprotected from now on */
            err = block_ports(sas, own(sas, i), why);
    }
    if (!err)
        err = sa_listen(sas, why);
    if (!err)
        err = sa_restore(sas, why);
    if (!err)
        return sas;
    sas_close(sas);
    return NULL;
}

void sas_close(struct sas *sas)
{
    if (!sas)
        return;
    sa_save(sas);
    clear_kernel(sas);
    loop_unwatch(&sas->watch);
    for (size_t i = 0; i < SA_BUCKETS; i++) {
        struct sa *sa;

        while ((sa = LIST_FIRST(&sas->place[i]))) {
            sa_forget(sas, sa);
        }
    }
    for (size_t i = 0; i < 2; i++)
        if (sas->encap[i] >= 0)
            close(sas->encap[i]);
    free(sas);
}

bool sas_can_encap(const struct sas *sas, const struct addr *local, struct why *why)
{
    size_t i = addr_is_v6(local);

    if (sas->encap[i] < 0)
        why_set(why, EOPNOTSUPP, "%s", sas->encap_why[i].text);
    return sas->encap[i] >= 0;
}
