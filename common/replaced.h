/* SPDX-License-Identifier: Apache-2.0 */
/* Functions of libraries that this program replaces: theirs calls ours, because the executable's
 * symbols are found first (-rdynamic), and ours calls theirs. */
#ifndef IMSLAB_REPLACED_H
#define IMSLAB_REPLACED_H

/* replaced_symbol - the function of this name behind ours; looked up once, kept in *cache (zero at
 * first). Never NULL: without it the process ends. From any thread. */
void *replaced_symbol(_Atomic(void *) *cache, const char *name);

#endif
