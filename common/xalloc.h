/* SPDX-License-Identifier: Apache-2.0 */
/* Memory for daemons: a lab core has no honest way to go on without memory, so it says so and
 * stops. */
#ifndef IMSLAB_XALLOC_H
#define IMSLAB_XALLOC_H

#include <stddef.h>

void *xzalloc(size_t size); /* zeroed, never NULL; free() it */
char *xstrdup(const char *text);
void *xrealloc(void *old, size_t size);
void *xmemdup(const void *data, size_t size);
/* wipe - overwrite key material before its memory is given back; never optimised away. */
void wipe(void *data, size_t size);

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
