/* SPDX-License-Identifier: Apache-2.0 */
/* What conf_file.c opens and conf_source.c reads. */
#ifndef IMSLAB_CONF_SOURCE_H
#define IMSLAB_CONF_SOURCE_H

#include <yaml.h>

#include "conf_schema.h"

struct conf_spot {
    const void *base; /* this struct ... */
    int node;         /* ... was read from this map */
};

struct conf_source {
    const char *file;
    bool secret;
    struct why *why;          /* of the call that is running */
    yaml_document_t document; /* node numbers start at 1, the root; 0 is no node */
    struct conf_spot *spot;
    size_t spots, room;
};

#endif
