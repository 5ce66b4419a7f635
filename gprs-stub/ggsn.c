/* SPDX-License-Identifier: Apache-2.0 */
/* The GGSN's state: its contexts, found by subscriber and by TEID, and its pools.
 *
 *     SGSN                              GGSN
 *      |-- Create PDP Context Request --->|  ggsn_create.c   TS 29.060 7.3.1
 *      |<- Create PDP Context Response ---|
 *      |-- Update PDP Context Request --->|  ggsn_update.c   7.3.3
 *      |<- Update PDP Context Response ---|
 *      |-- Delete PDP Context Request --->|  ggsn_delete.c   7.3.5
 *      |<- Delete PDP Context Response ---|
 */
#include "ggsn.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "ggsn_inner.h"
#include "gtpu.h"
#include "xalloc.h"

static struct ggsn_context **imsi_bucket(struct ggsn *ggsn, const char *imsi)
{
    uint32_t hash = 2166136261u;

    while (*imsi)
        hash = (hash ^ (uint8_t)*imsi++) * 16777619u;
    return &ggsn->by_imsi[hash % GGSN_BUCKETS];
}

static struct ggsn_context **teid_bucket(struct ggsn *ggsn, uint32_t teid)
{
    return &ggsn->by_teid[teid % GGSN_BUCKETS];
}

struct ggsn_context *ggsn_find(struct ggsn *ggsn, const char *imsi, unsigned nsapi)
{
    for (struct ggsn_context *c = *imsi_bucket(ggsn, imsi); c; c = c->next_imsi)
        if (strcmp(c->imsi, imsi) == 0 && (nsapi == 0 || c->nsapi == nsapi))
            return c;
    return NULL;
}

struct ggsn_context *ggsn_find_teid(struct ggsn *ggsn, uint32_t teid_control, unsigned nsapi)
{
    for (struct ggsn_context *c = *teid_bucket(ggsn, teid_control); c; c = c->next_teid)
        if (c->teid_control == teid_control && (nsapi == 0 || c->nsapi == nsapi))
            return c;
    return NULL;
}

uint32_t ggsn_new_teid(struct ggsn *ggsn)
{
    uint32_t teid = 0;

    while (getrandom(&teid, sizeof teid, 0) != sizeof teid || teid == 0 ||
           ggsn_find_teid(ggsn, teid, 0) || ggsn_has_data_teid(ggsn, teid))
        ;
    return teid;
}

static void log_address(const struct ggsn *ggsn, const struct ggsn_context *c, const char *what,
                        const char *why)
{
    const struct conf_apn *apn = &ggsn->conf->ggsn.apn[c->apn];
    char v4[ADDR_TEXT], v6[ADDR_TEXT], n[24], tag[CALL_TAG];

    log_arrow(call_tag(c->imsi, tag), "==", NULL, what, "imsi", c->imsi, "nsapi",
              log_number(c->nsapi, n), "apn", apn->name, "address",
              addr_is_set(&c->address.v4) ? addr_host(&c->address.v4, v4) : NULL, "address6",
              addr_is_set(&c->address.v6) ? addr_host(&c->address.v6, v6) : NULL, "why", why, NULL);
}

struct ggsn_context *ggsn_add(struct ggsn *ggsn, const struct ggsn_context *values)
{
    struct ggsn_context *c = xmemdup(values, sizeof *values);
    struct ggsn_context **imsi = imsi_bucket(ggsn, c->imsi);
    struct ggsn_context **teid = teid_bucket(ggsn, c->teid_control);

    c->next_imsi = *imsi;
    *imsi = c;
    c->next_teid = *teid;
    *teid = c;
    ggsn->context_count++;
    ggsn_user_add(ggsn, c);
    gtp_path_use(ggsn->path, &c->sgsn);
    log_address(ggsn, c, "address-given", NULL);
    return c;
}

void ggsn_remove(struct ggsn *ggsn, struct ggsn_context *c, const char *why)
{
    struct ggsn_context **at = imsi_bucket(ggsn, c->imsi);

    while (*at != c)
        at = &(*at)->next_imsi;
    *at = c->next_imsi;
    at = teid_bucket(ggsn, c->teid_control);
    while (*at != c)
        at = &(*at)->next_teid;
    *at = c->next_teid;
    ggsn->context_count--;
    ggsn_user_remove(ggsn, c);
    pool_give_back(&ggsn->pool[c->apn], &c->address.v4);
    pool_give_back(&ggsn->pool6[c->apn], &c->address.v6);
    gtp_path_leave(ggsn->path, &c->sgsn);
    log_address(ggsn, c, "address-freed", why);
    free(c);
}

void ggsn_addresses(const struct ggsn *ggsn, struct gtp1 *answer)
{
    answer->gsn_control = answer->gsn_user = ggsn->conf->ggsn.element.address;
    answer->has_gsn_control = answer->has_gsn_user = true;
}

/* --- what the path asks ------------------------------------------------------------------------
 */

static void on_request(void *arg, const struct addr *peer, const struct gtp1 *request,
                       struct gtp1 *answer)
{
    switch (request->type) {
    case GTP_CREATE_REQUEST: ggsn_create(arg, peer, request, answer); break;
    case GTP_UPDATE_REQUEST: ggsn_update(arg, peer, request, answer); break;
    default: ggsn_delete(arg, peer, request, answer); break;
    }
}

static const char *imsi_of(void *arg, uint32_t teid)
{
    const struct ggsn_context *c = ggsn_find_teid(arg, teid, 0);

    return c ? c->imsi : "";
}

static void on_restart(void *arg, const struct addr *peer)
{
    struct ggsn *ggsn = arg;

    for (size_t i = 0; i < GGSN_BUCKETS; i++) {
        struct ggsn_context *c = ggsn->by_imsi[i], *next;
        for (; c; c = next) {
            next = c->next_imsi;
            if (addr_same_host(&c->sgsn, peer))
                ggsn_remove(ggsn, c, "the SGSN was restarted");
        }
    }
}

/* --- open, close, live -------------------------------------------------------------------------
 */

static int open_sockets(struct ggsn *ggsn, struct why *why)
{
    const struct conf *conf = ggsn->conf;
    const struct addr *here = &conf->ggsn.element.address;
    struct gtp_path_conf path = {
        .local = addr_with_port(*here, GTP_C_PORT),
        .peer_port = GTP_C_PORT,
        .name = conf->ggsn.element.name,
        .peer_name = conf->sgsn.element.name,
        .t3_ms = conf->timers.gtp_t3_ms,
        .n3 = conf->timers.gtp_n3,
        .echo_s = conf->timers.gtp_echo_s,
        .recovery = ggsn->recovery,
        .on_request = on_request,
        .imsi_of = imsi_of,
        .on_restart = on_restart,
        .arg = ggsn,
    };
    int rc = gtp_path_open(&ggsn->path, ggsn->loop, &path, why);

    return rc < 0 ? rc : ggsn_user_open(ggsn, why);
}

int ggsn_open(struct ggsn **result, struct loop *loop, const struct conf *conf, struct why *why)
{
    struct ggsn *ggsn = xzalloc(sizeof *ggsn);
    int rc;

    *result = NULL;
    ggsn->conf = conf;
    ggsn->loop = loop;
    for (size_t i = 0; i < conf->ggsn.apn_count; i++) {
        pool_open(&ggsn->pool[i], &conf->ggsn.apn[i].pool);
        pool_open(&ggsn->pool6[i], &conf->ggsn.apn[i].pool6);
    }
    rc = gtp_restart_counter(conf->state_dir, conf->ggsn.state, &ggsn->recovery, why);
    if (rc == 0)
        rc = open_sockets(ggsn, why);
    if (rc < 0) {
        ggsn_close(ggsn);
        return rc;
    }
    *result = ggsn;
    return 0;
}

void ggsn_close(struct ggsn *ggsn)
{
    if (!ggsn)
        return;
    for (size_t i = 0; i < GGSN_BUCKETS; i++) {
        struct ggsn_context *c = ggsn->by_imsi[i], *next;
        for (; c; c = next) {
            next = c->next_imsi;
            free(c);
        }
    }
    for (size_t i = 0; i < GGSN_APNS; i++) {
        pool_close(&ggsn->pool[i]);
        pool_close(&ggsn->pool6[i]);
    }
    ggsn_gi_close(ggsn);
    gtp_path_close(ggsn->path);
    gtpu_close(ggsn->user);
    free(ggsn);
}

static void context_live(const struct ggsn *ggsn, const struct ggsn_context *c, FILE *out)
{
    char v4[ADDR_TEXT], v6[ADDR_TEXT], sgsn[ADDR_TEXT];

    fprintf(out,
            "pdp imsi=%s nsapi=%u apn=%s address=%s address6=%s sgsn=%s teid-control=%08x "
            "teid-data=%08x packets-up=%lu octets-up=%lu packets-down=%lu octets-down=%lu "
            "dropped=%lu%s\n",
            c->imsi, c->nsapi, ggsn->conf->ggsn.apn[c->apn].name, addr_host(&c->address.v4, v4),
            addr_host(&c->address.v6, v6), addr_host(&c->sgsn, sgsn), c->teid_control, c->teid_data,
            c->up.packets, c->up.octets, c->down.packets, c->down.octets, c->dropped,
            c->im_cn ? " im-cn-signalling" : "");
}

static void pool_live(const char *apn, const struct pool *pool, FILE *out)
{
    char base[ADDR_TEXT];

    if (addr_is_set(&pool->prefix.base))
        fprintf(out, "pool apn=%s prefix=%s/%u taken=%u of %u\n", apn,
                addr_host(&pool->prefix.base, base), pool->prefix.bits, pool->taken,
                pool_size(pool));
}

void ggsn_live(const struct ggsn *ggsn, FILE *out)
{
    for (size_t i = 0; i < GGSN_BUCKETS; i++)
        for (const struct ggsn_context *c = ggsn->by_imsi[i]; c; c = c->next_imsi)
            context_live(ggsn, c, out);
    for (size_t i = 0; i < ggsn->conf->ggsn.apn_count; i++) {
        pool_live(ggsn->conf->ggsn.apn[i].name, &ggsn->pool[i], out);
        pool_live(ggsn->conf->ggsn.apn[i].name, &ggsn->pool6[i], out);
    }
    gtp_path_live(ggsn->path, out);
    gtpu_live(ggsn->user, out);
}
