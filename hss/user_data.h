/* SPDX-License-Identifier: Apache-2.0 */
/* Inside user_data.c and user_data_ifc.c: writing elements. */
#ifndef IMSLAB_USER_DATA_H
#define IMSLAB_USER_DATA_H

#include <stdint.h>
#include <stdio.h>

#include "store.h"

/* xml_text, xml_number - one element; the text is escaped. */
void xml_text(FILE *xml, const char *name, const char *text);
void xml_number(FILE *xml, const char *name, int64_t number);

/* put_filter_criteria - the InitialFilterCriteria of a profile in the order of their priority, and
 * the shared ones as Extension (CX_FEATURE_SIFC) or written out among them. */
void put_filter_criteria(FILE *xml, struct store *store, int64_t profile, uint32_t features);

#endif
