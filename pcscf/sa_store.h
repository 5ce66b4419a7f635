/* SPDX-License-Identifier: Apache-2.0 */
/* The file of the SA table (its form: sa_store.c). Appended to at each change, so that a killed
 * process loses nothing; written anew when most of it is out of date. A store of NULL keeps
 * nothing: every call is allowed. */
#ifndef PCSCF_SA_STORE_H
#define PCSCF_SA_STORE_H

#include "sa_inner.h"

/* sa_store_open - open or make the file, 0600.
 * returns 0; -EPERM others than the owner may read it, or it is not ours; -ELOOP it is a link;
 *         -errno; *why says it */
int sa_store_open(struct sa_store **store, const char *path, struct why *why);
void sa_store_close(struct sa_store *);
/* sa_store_load - what the file says, into the table (nothing in the kernel yet, no timer; until_ms
 * is right) and the contacts. Lines that are broken are left out and counted in one warning. */
void sa_store_load(struct sa_store *, struct sas *);
/* sa_store_set - a set as it is now; sa_store_numbers - its sequence numbers alone;
 * sa_store_gone - forget it. */
void sa_store_set(struct sa_store *, struct sas *, const struct sa *);
void sa_store_numbers(struct sa_store *, struct sas *, const struct sa *);
void sa_store_gone(struct sa_store *, struct sas *, const struct sa *);
/* sa_store_contact - a contact as it is now, or (gone) that it is forgotten. */
void sa_store_contact(struct sa_store *, struct sas *, const struct contact *, bool gone);
/* sa_store_rewrite - the whole table into a new file, which takes the place of the old one. */
void sa_store_rewrite(struct sa_store *, struct sas *);

#endif
