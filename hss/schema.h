/* SPDX-License-Identifier: Apache-2.0 */
/* The text of the HSS's tables. */
#ifndef IMSLAB_SCHEMA_H
#define IMSLAB_SCHEMA_H

#include <stddef.h>

/* schema_version - what the present program's tables are called in PRAGMA user_version.
 * schema_migration - the statements that lead from `version` (below it) to the next one. */
size_t schema_version(void);
const char *schema_migration(size_t version);

#endif
