/* SPDX-License-Identifier: Apache-2.0 */
/* Filter criteria as operators have them, in the XML of TS 29.228 annex E. Pure. */
#ifndef IMSLAB_IFC_XML_H
#define IMSLAB_IFC_XML_H

#include <jansson.h>

#include "why.h"

/* ifc_from_xml - the filter criteria in a ServiceProfile, an IMSSubscription with one, or a list of
 * InitialFilterCriteria inside whatever root, as an object of the schema Profile: {"ifc": [...],
 * "shared_ifc": [...]}. Elements that it does not know (extensions) are left out; identities, too.
 * NULL and *why: no XML, or a filter criterion without its parts. The caller checks the object. */
json_t *ifc_from_xml(const char *xml, size_t len, struct why *why);

#endif
