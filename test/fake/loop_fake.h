/* SPDX-License-Identifier: Apache-2.0 */
/* loop.h with a clock that the test turns by hand; files and signals are never ready. */
#ifndef IMSLAB_LOOP_FAKE_H
#define IMSLAB_LOOP_FAKE_H

#include <stddef.h>

#include "loop.h"

/* fake_clock_forward_ms - run what was posted, then every timer that falls due within ms, in time
 * order, and what those post; the clock ends exactly ms later. 0: only what is posted and due now.
 */
void fake_clock_forward_ms(struct loop *loop, unsigned ms);
/* fake_loop_timers - how many timers are waiting; a test ends with 0 when nothing may leak. */
size_t fake_loop_timers(const struct loop *loop);
/* fake_loop_stopped - whether loop_stop was called. */
bool fake_loop_stopped(const struct loop *loop);

#endif
