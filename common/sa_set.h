/* SPDX-License-Identifier: Apache-2.0 */
/* From one agreed set of parameters to what the kernel needs: four one-way SAs and a policy for
 * each (TS 33.203 6.3, 7.1; Annex M for a terminal behind a NAT). The terminal and the P-CSCF use
 * the same struct, each in its own role.
 *
 *   leg       from, to            SPI      carries
 *   SA_UC_PS  port_uc, port_ps    spi_ps   what the terminal sends
 *   SA_PS_UC  port_ps, port_uc    spi_uc   the other direction of a TCP connection that it opened
 *   SA_PC_US  port_pc, port_us    spi_us   what the P-CSCF sends
 *   SA_US_PC  port_us, port_pc    spi_pc   the other direction of a TCP connection of the P-CSCF
 */
#ifndef IMSLAB_SA_SET_H
#define IMSLAB_SA_SET_H

#include "sec_agree.h"
#include "xfrm.h"

enum sa_role { SA_UE, SA_PCSCF };
enum sa_leg { SA_UC_PS, SA_PS_UC, SA_PC_US, SA_US_PC, SA_LEGS };

#define SA_ENCAP_PORT 4500 /* RFC 3948 */

struct sa_set {
    enum sa_role role;
    /* Addresses of the packets that are protected; ports are ignored. Behind a NAT `ue` is the
     * address that the P-CSCF sees, on both ends (Annex M.7.1). */
    struct addr ue, pcscf;
    uint16_t port_uc, port_us, port_pc, port_ps;
    uint32_t spi_uc, spi_us, spi_pc, spi_ps;
    struct sec_pair pair;
    uint8_t ck[16], ik[16];
    /* SEC_TRANS; or SEC_UDP_ENC_TUN: the UDP ends around ESP. At the terminal ue_end is its own
     * address in front of the NAT, with port 4500; at the P-CSCF it is `ue` with the port that the
     * NAT gave: 4500 until the kernel tells another (XFRM_TOLD_MAPPING). */
    enum sec_mode mode;
    struct addr ue_end, pcscf_end;
    uint32_t hard_s;                   /* as in struct esp_sa */
    uint32_t tell_every;               /* as in struct esp_sa */
    struct esp_replay replay[SA_LEGS]; /* where a restored set goes on; all zero: a new one */
};

struct sa_counters {
    struct esp_state leg[SA_LEGS];
    bool there[SA_LEGS]; /* false: the kernel does not have it */
};

/* sa_set_install - the SAs and policies, in one message to the kernel. After a failure nothing of
 * the set is there.
 * returns 0; -EEXIST an SPI is in use towards the same address, *leg (may be NULL) says which;
 *         else as xfrm_commit */
int sa_set_install(struct xfrm *x, const struct sa_set *set, enum sa_leg *leg, struct why *why);
/* sa_set_remove - policies and SAs; what is not there any more is no error. Afterwards the ports
 * are blocked as long as sa_block_put holds. Returns 0, or -errno and a sentence. */
int sa_set_remove(struct xfrm *x, const struct sa_set *set, struct why *why);
/* sa_set_extend - tell the kernel a new hard_s (counted from the installation) or new UDP ends'
 * ports. Counters and sequence numbers stay. 0 or -errno. */
int sa_set_extend(struct xfrm *x, const struct sa_set *set, struct why *why);
/* sa_set_policies - put the policies again: they may be there. 0 or -errno. */
int sa_set_policies(struct xfrm *x, const struct sa_set *set, struct why *why);
/* sa_set_counters - what the kernel counted; returns how many of the four SAs it has. */
size_t sa_set_counters(struct xfrm *x, const struct sa_set *set, struct sa_counters *out);
/* sa_set_spi - the SPI of a leg; sa_leg_in - whether packets of this leg arrive at this role. */
uint32_t sa_set_spi(const struct sa_set *set, enum sa_leg leg);
bool sa_leg_in(enum sa_role role, enum sa_leg leg);
/* sa_set_wipe - overwrite the keys. */
void sa_set_wipe(struct sa_set *set);

/* sa_block_put - nothing unprotected goes in or out through this port of a local address (TS 33.203
 * 7.1): whatever no set covers is dropped, or refused with EPERM. sa_block_drop - take it back. */
int sa_block_put(struct xfrm *x, enum sa_role role, const struct addr *local, struct why *why);
int sa_block_drop(struct xfrm *x, enum sa_role role, const struct addr *local, struct why *why);

/* sa_is_ours - whether the kernel's SA or policy with this reqid belongs to this role;
 * sa_leg_of - which leg of a set an SA is (by its reqid). */
bool sa_is_ours(enum sa_role role, uint32_t reqid);
enum sa_leg sa_leg_of(uint32_t reqid);
/* sa_each - call fn for every SA of this role in the kernel; fn must not use x. 0 or -errno. */
int sa_each(struct xfrm *x, enum sa_role role, xfrm_sa_fn *fn, void *arg);
/* sa_flush - remove every SA and policy of this role that has this local address, but not what
 * keep(arg, spi, 0) wants of the sets and keep(arg, 0, port) of the blocks; keep NULL: all of them.
 * Returns how many, or -errno. */
typedef bool sa_keep_fn(void *arg, uint32_t spi, uint16_t port);
int sa_flush(struct xfrm *x, enum sa_role role, const struct addr *local, sa_keep_fn *keep,
             void *arg, struct why *why);

#endif
