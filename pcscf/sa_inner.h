/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the SA table share: pcscf/sa*.c alone. */
#ifndef PCSCF_SA_INNER_H
#define PCSCF_SA_INNER_H

#include "sa.h"

#define SA_BUCKETS 4096

/* The kernel removes an SA by itself after 12 days, should nobody else do it any more; sa_keep_on
 * moves that on for terminals that stay registered without being challenged. */
#define SA_HARD_S (1u << 20)
/* The kernel tells every 256 packets; what it may send is noted in the file 1024 ahead. */
enum { SA_TELL_EVERY = 256, SA_RESERVE = 1024 };

LIST_HEAD(sa_head, sa);

struct sa_store;

struct sas {
    struct sa_config c;
    struct sa_head place[SA_BUCKETS]; /* by the host of the terminal */
    struct sa_head impi[SA_BUCKETS];
    struct sa_head spi[SA_BUCKETS]; /* by spi_ps; spi_pc is the next number */
    size_t count[3];                /* by state */
    int encap[2];                   /* IPv4, IPv6: the socket on port 4500, or -1 */
    struct why encap_why[2];
    struct loop_watch *watch; /* what the kernel tells */
    struct sa_store *store;   /* NULL: no file */
};

/* ---- sa_table.c: who is where; nothing here talks to the kernel ---- */
/* sa_table_add - into the three lists; sa_table_take - out of them. */
void sa_table_add(struct sas *, struct sa *);
void sa_table_take(struct sas *, struct sa *);
/* sa_at - the lists of a terminal's address and of a subscriber. They hold others too. */
struct sa_head *sa_at(struct sas *, const struct addr *ue);
struct sa_head *sa_under(struct sas *, const char *impi);
void sa_set_state(struct sas *, struct sa *, enum sa_state);
/* sa_in_the_way - whether this set must go before what is asked for can be made. */
bool sa_in_the_way(const struct sa *, const struct sa_ask *);
/* sa_client_port - a client port of ours that no set towards this place uses, the one after that
 * of the youngest; 0: none is free. */
uint16_t sa_client_port(struct sas *, const struct sa_ask *);
/* sa_new_spis - two SPIs that no set and not the terminal uses. */
void sa_new_spis(struct sas *, struct sa_set *);

/* ---- sa.c ---- */
/* sa_until - let it live until then, by loop_now_ms. */
void sa_until(struct sas *, struct sa *, uint64_t until_ms);
/* sa_remove - out of the kernel, the file, the port shim and the table; frees it. */
void sa_remove(struct sas *, struct sa *, const char *why);
/* sa_prefer - requests leave by it from now on. */
void sa_prefer(struct sa *);
/* sa_forget - out of the shim and the table; frees it. sa_free - the memory alone. */
void sa_forget(struct sas *, struct sa *);
void sa_free(struct sa *);
/* sa_ports - tell the port shim of it: another way to the terminal. 0 or -errno. */
int sa_ports(const struct sa *, struct why *why);
/* sa_log - a line "== sa-installed ..." with all of its parameters. */
void sa_log(const struct sa *, const char *event, const char *why);
const char *sa_state_name(enum sa_state);

/* ---- sa_event.c: what the kernel tells ---- */
int sa_listen(struct sas *, struct why *why);
/* sa_hear - what it has told by now. */
void sa_hear(struct sas *);
/* sa_owner - whose SA of the kernel this is, or NULL. */
struct sa *sa_owner(struct sas *, const struct addr *dst, uint32_t spi, enum sa_leg leg);
/* sa_note_replay - sequence numbers of one of our SAs: the file must stay ahead of them. */
void sa_note_replay(struct sas *, struct sa *, enum sa_leg leg, const struct esp_replay *replay);

/* ---- sa_restore.c ---- */
/* sa_restore - open the file; what it knows is adopted, put back or removed. 0 or -errno. */
int sa_restore(struct sas *, struct why *why);
/* sa_save - the exact sequence numbers into the file, at the end. */
void sa_save(struct sas *);

#endif
