/* SPDX-License-Identifier: Apache-2.0 */
/* The ONE struct of the GGSN and its contexts; ggsn.c keeps them, ggsn_create.c, ggsn_update.c and
 * ggsn_delete.c are the three procedures; ggsn_user.c and ggsn_gi.c carry packets. */
#ifndef IMSLAB_GGSN_INNER_H
#define IMSLAB_GGSN_INNER_H

#include "ggsn.h"
#include "log.h"
#include "pool.h"

enum { GGSN_BUCKETS = 4096, GGSN_APNS = 8 };

struct traffic { /* of one direction */
    unsigned long packets, octets;
};

struct ggsn_context {
    struct ggsn_context *next_imsi, *next_teid; /* of their buckets */
    struct ggsn_context *next_data, *next_v4, *next_v6;
    char imsi[GSM_DIGITS], msisdn[GSM_DIGITS];
    uint8_t nsapi;
    unsigned apn;                   /* index of conf.ggsn.apn */
    struct gsm_pdp_address address; /* as given to the terminal */
    struct nas_octets qos;
    bool im_cn;                         /* asked for as a context for SIP signalling */
    uint32_t teid_control, teid_data;   /* ours; teid_control is the same for all of one IMSI */
    uint32_t their_control, their_data; /* the SGSN's */
    struct addr sgsn;                   /* where its requests come from */
    struct addr gsn_control, gsn_user;  /* where it says it wants to be reached */
    uint32_t charging_id;
    struct traffic up, down;
    unsigned long dropped; /* packets, both directions */
};

struct ggsn_gi { /* of one APN */
    struct ggsn *ggsn;
    int fd; /* of its TUN device; -1: none */
    struct loop_watch *watch;
    unsigned long unclaimed; /* packets to addresses that nobody has */
};

struct ggsn {
    const struct conf *conf;
    struct loop *loop;
    struct gtp_path *path;
    struct gtpu *user;
    uint8_t recovery;
    uint32_t charging_id; /* the last that was given */
    struct pool pool[GGSN_APNS], pool6[GGSN_APNS];
    struct ggsn_context *by_imsi[GGSN_BUCKETS], *by_teid[GGSN_BUCKETS];
    struct ggsn_context *by_data[GGSN_BUCKETS], *by_v4[GGSN_BUCKETS], *by_v6[GGSN_BUCKETS];
    size_t context_count;
    struct ggsn_gi gi[GGSN_APNS];
};

/* ggsn_find - the context of a subscriber's NSAPI; nsapi 0: any of the subscriber. NULL: none. */
struct ggsn_context *ggsn_find(struct ggsn *ggsn, const char *imsi, unsigned nsapi);
/* ggsn_find_teid - by our control TEID, and NSAPI unless 0. */
struct ggsn_context *ggsn_find_teid(struct ggsn *ggsn, uint32_t teid_control, unsigned nsapi);
/* ggsn_add - a new context, in the tables from now on. ggsn_remove - out of the tables, addresses
 * back into their pools, freed; why for the log. */
struct ggsn_context *ggsn_add(struct ggsn *ggsn, const struct ggsn_context *values);
void ggsn_remove(struct ggsn *ggsn, struct ggsn_context *c, const char *why);
/* ggsn_new_teid - random, not 0, not in use, neither for control nor for data. */
uint32_t ggsn_new_teid(struct ggsn *ggsn);
/* ggsn_addresses - the GGSN's own, into an answer. */
void ggsn_addresses(const struct ggsn *ggsn, struct gtp1 *answer);

/* ggsn_user.c: user_open binds GTP-U and opens Gi (0 or -errno with a sentence); add and remove put
 * a context where its packets find it; down takes a packet from Gi. */
int ggsn_user_open(struct ggsn *ggsn, struct why *why);
void ggsn_user_add(struct ggsn *ggsn, struct ggsn_context *c);
void ggsn_user_remove(struct ggsn *ggsn, struct ggsn_context *c);
bool ggsn_has_data_teid(struct ggsn *ggsn, uint32_t teid);
void ggsn_user_down(struct ggsn *ggsn, unsigned apn, const uint8_t *packet, size_t len);

/* ggsn_gi.c: open says in one line when there is no user plane; -errno only when it must be there.
 * send writes one packet: 0 or -errno. */
int ggsn_gi_open(struct ggsn *ggsn, struct why *why);
void ggsn_gi_close(struct ggsn *ggsn);
int ggsn_gi_send(struct ggsn *ggsn, unsigned apn, const uint8_t *packet, size_t len);

/* The procedures: request in, answer out. */
gtp_serve_fn ggsn_create, ggsn_update, ggsn_delete;

#endif
