/* SPDX-License-Identifier: Apache-2.0 */
/* The charging identity of a request: P-Charging-Vector, RFC 7315 4.6, TS 24.229 4.5 and 5.2. Pure.
 */
#ifndef PCSCF_CHARGING_H
#define PCSCF_CHARGING_H

#include <stddef.h>
#include <stdint.h>

struct charging {   /* makes identifiers that no one has made before */
    uint64_t seed;  /* random, once per start */
    uint64_t count; /* of what was made since */
};

#define CHARGING_VECTOR 400

/* charging_vector - a whole header line "P-Charging-Vector: icid-value=...;orig-ioi=..." with a new
 * icid, into line[CHARGING_VECTOR]; returns it.
 * host      the element that generates it
 * network   the network the request comes from (type 1 IOI) */
const char *charging_vector(struct charging *, const char *host, const char *network,
                            char line[CHARGING_VECTOR]);

#endif
