/* SPDX-License-Identifier: Apache-2.0 */
/* The ONE struct of the GGSN and its contexts; ggsn.c keeps them, ggsn_create.c, ggsn_update.c and
 * ggsn_delete.c are the three procedures. */
#ifndef IMSLAB_GGSN_INNER_H
#define IMSLAB_GGSN_INNER_H

#include "ggsn.h"
#include "log.h"
#include "pool.h"

enum { GGSN_BUCKETS = 4096, GGSN_APNS = 8 };

struct ggsn_context {
    struct ggsn_context *next_imsi, *next_teid; /* of their buckets */
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
    size_t context_count;
};

/* ggsn_find - the context of a subscriber's NSAPI; nsapi 0: any of the subscriber. NULL: none. */
struct ggsn_context *ggsn_find(struct ggsn *ggsn, const char *imsi, unsigned nsapi);
/* ggsn_find_teid - by our control TEID, and NSAPI unless 0. */
struct ggsn_context *ggsn_find_teid(struct ggsn *ggsn, uint32_t teid_control, unsigned nsapi);
/* ggsn_add - a new context, in the tables from now on. ggsn_remove - out of the tables, addresses
 * back into their pools, freed; why for the log. */
struct ggsn_context *ggsn_add(struct ggsn *ggsn, const struct ggsn_context *values);
void ggsn_remove(struct ggsn *ggsn, struct ggsn_context *c, const char *why);
/* ggsn_new_teid - random, not 0, not in use for control. */
uint32_t ggsn_new_teid(struct ggsn *ggsn);
/* ggsn_addresses - the GGSN's own, into an answer. */
void ggsn_addresses(const struct ggsn *ggsn, struct gtp1 *answer);

/* The procedures: request in, answer out. */
gtp_serve_fn ggsn_create, ggsn_update, ggsn_delete;

#endif
