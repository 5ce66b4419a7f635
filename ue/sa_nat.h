/* SPDX-License-Identifier: Apache-2.0 */
/* A NAT between the terminal and the P-CSCF (TS 33.203 Annex M): found by the `received` of the Via
 * that comes back, and crossed by ESP in UDP (RFC 3948).
 *
 *   inside ESP    public address:port_uc -> P-CSCF:port_ps   what SIP sees, on both ends
 *   outside       own address:4500       -> P-CSCF:4500      what the NAT sees, and changes
 *
 * So that SIP can have it, the public address is put on the terminal's interface beside its own,
 * and the protected server port is open there, too. */
#ifndef IMSLAB_UE_SA_NAT_H
#define IMSLAB_UE_SA_NAT_H

#include <sofia-sip/sip.h>
#include <stdbool.h>
#include <stdint.h>

#include "conf.h"
#include "loop.h"
#include "why.h"

struct ue;

struct sa_nat {         /* part of the SA table */
    struct addr public; /* where the P-CSCF sees the terminal; not set: no NAT in between */
    bool open;
    struct addr at;                /* the public address that is open, with port_us */
    struct addr own;               /* the terminal's in front of the NAT, with port 4500 */
    char interface[CONF_NAME];     /* which `at` was put on */
    int encap;                     /* the socket at `own` */
    struct sip *sip;               /* listens at `at` */
    struct loop_timer *keep_alive; /* runs while a set goes through the NAT */
    uint64_t sent;                 /* packets that had left when it last ran out */
};

/* sa_nat_look - the 401 to an unprotected REGISTER: sets nat.public, or takes it back. */
void sa_nat_look(struct ue *ue, const sip_t *answer);
/* sa_nat_open - what a set through the NAT needs: port 4500, the public address, its port_us;
 * it stays until sa_nat_close. Another public address than before: every set goes first.
 * 0, or -errno and a sentence; then nothing is open. */
int sa_nat_open(struct ue *ue, struct why *why);
/* sa_nat_keep_alive - start to keep the NAT's binding alive (RFC 3948 4); it ends with the last set
 * that goes through it. */
void sa_nat_keep_alive(struct ue *ue);
void sa_nat_close(struct ue *ue);

#endif
