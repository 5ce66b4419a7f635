/* SPDX-License-Identifier: Apache-2.0 */
/* Who is registered behind which address (TS 24.229 5.2.2.1): what the P-CSCF keeps of every
 * registration that it has seen succeed. Pure: the clock is passed in. */
#ifndef PCSCF_CONTACT_H
#define PCSCF_CONTACT_H

#include <stdint.h>
#include <stdio.h>

#include "addr.h"
#include "conf.h"
#include "dns.h" /* enum sip_transport */

struct contact {
    struct addr source; /* where the terminal is */
    enum sip_transport transport;
    char impi[CONF_URI];
    char impu[CONF_URI];       /* the identity that was registered */
    const char *uri;           /* its Contact: "sip:10.45.0.2:5060" */
    const char *service_route; /* as the S-CSCF gave it: "<sip:...;lr>, ..."; NULL: none */
    const char *associated;    /* P-Associated-URI as a list; the first is the default; or NULL */
    int64_t until_s;           /* seconds since 1970 */
};

struct contacts;

/* contacts_new - an empty table, never NULL; contacts_free - with all that is in it. */
struct contacts *contacts_new(void);
void contacts_free(struct contacts *);

/* contact_put - remember; the texts are copied. A contact of the same impi, impu and uri is
 * replaced, also when it came from another source (a new TCP connection). */
void contact_put(struct contacts *, const struct contact *, int64_t now_s);
/* contact_remove - forget; uri NULL: every contact of this impi and impu. Returns how many. */
size_t contact_remove(struct contacts *, const char *impi, const char *impu, const char *uri);
/* contact_find - who is behind this address and port: the one that registered last, or NULL.
 * Valid until the next call that changes. */
const struct contact *contact_find(const struct contacts *, const struct addr *source,
                                   int64_t now_s);
/* contact_watch - fn hears of every contact that is put or removed (gone); one that expires goes
 * without a word. contact_each - call fn for every contact. fn changes nothing. */
typedef void contact_watch_fn(void *arg, const struct contact *, bool gone);
void contact_watch(struct contacts *, contact_watch_fn *fn, void *arg);
typedef void contact_each_fn(void *arg, const struct contact *);
void contact_each(const struct contacts *, contact_each_fn *fn, void *arg);
/* contact_has - whether anything of this subscriber is registered. */
bool contact_has(const struct contacts *, const char *impi, int64_t now_s);
/* contact_count - those that are not expired. */
size_t contact_count(const struct contacts *, int64_t now_s);
/* contact_print - one line each, for SIGUSR1. */
void contact_print(const struct contacts *, int64_t now_s, FILE *out);

#endif
