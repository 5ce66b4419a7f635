/* SPDX-License-Identifier: Apache-2.0 */
#include "charging.h"

#include <inttypes.h>
#include <stdio.h>

const char *charging_vector(struct charging *charging, const char *host, const char *network,
                            char line[CHARGING_VECTOR])
{
    snprintf(line, CHARGING_VECTOR,
             "P-Charging-Vector: icid-value=\"%016" PRIx64 "-%" PRIx64 "@%.120s\";orig-ioi=%.120s",
             charging->seed, ++charging->count, host, network);
    return line;
}
