/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that come again: a Diameter client that lost its connection sends what was not answered
 * once more, with the T bit and the same End-to-End id (RFC 6733 3, 5.5.4). It gets the answer that
 * was made the first time: no SQN is used for it, and nothing changes once more. Pure. */
#ifndef IMSLAB_REPEAT_H
#define IMSLAB_REPEAT_H

#include "cx.h"

struct repeats;
struct repeat_key {
    const char *peer; /* Origin-Host */
    uint32_t id;      /* End-to-End */
};

/* repeats_new - remembers answers for four minutes, after that ids may be used again, but at most
 * `most` octets of them: then the oldest go. repeats_free: wipes and frees. */
struct repeats *repeats_new(size_t most);
void repeats_free(struct repeats *repeats);

/* repeats_keep_* - this was answered. repeats_find_* - what was answered, as a copy of the
 * caller's; false: not known. now_ms: any clock that only goes forward. */
void repeats_keep_maa(struct repeats *, struct repeat_key, const struct cx_maa *, uint64_t now_ms);
void repeats_keep_saa(struct repeats *, struct repeat_key, const struct cx_saa *, uint64_t now_ms);
bool repeats_find_maa(struct repeats *, struct repeat_key, struct cx_maa *, uint64_t now_ms);
bool repeats_find_saa(struct repeats *, struct repeat_key, struct cx_saa *, uint64_t now_ms);
/* repeats_count - how many are remembered. */
size_t repeats_count(const struct repeats *);

#endif
