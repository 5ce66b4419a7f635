/* SPDX-License-Identifier: Apache-2.0 */
/* A database in memory with the users of TS 29.228's cases, for the tests of each command. */
#ifndef IMSLAB_HSS_ROOM_H
#define IMSLAB_HSS_ROOM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../../hss/hss.h"
#include "../../../hss/subscriber.h"

#define A      "sip:scscf1.hims.net" /* two S-CSCFs */
#define B      "sip:scscf2.hims.net"
#define HOST_A "scscf1.hims.net"
#define HOST_B "scscf2.hims.net"

/* Card of TS 35.208 test set 1. */
static const struct conf_sim room_sim = {
    .imsi = "001010000000001",
    .k = {0x46,  0x5b, 0x5c, 0xe8, 0xb1, 0x99, 0xb4, 0x9f, 0xaa, 0x5f, 0x0a, 0x2e, 0xe2, 0x38, 0xa6,
          0xbc},
    .opc = {0xcd, 0x63, 0xcb, 0x71, 0x95, 0x4a, 0x9f, 0x4e, 0x48, 0xa5, 0x99, 0x4e, 0x37, 0xa0,
          0x2b, 0xaf},
    .amf = {0xb9, 0xb9},
};

static const struct conf_subscriber room_users[] = {
    {.name = "name",
     .imsi = "001010000000001",
     .impi = "name.private@hims.net",
     .auth = AUTH_AKAV1,
     .impu = {{.id = "sip:name@hims.net"}, {.id = "tel:+15550001"}},
     .impu_count = 2,
     .registration_allowed = true},
    {.name = "bar", /* one of three identities barred */
     .impi = "bar@hims.net",
     .auth = AUTH_AKAV2,
     .impu = {{.id = "sip:bar@hims.net", .barred = true},
              {.id = "sip:b<&>r@hims.net"},
              {.id = "tel:+15550002"}},
     .impu_count = 3,
     .visited = {"vims.net"},
     .visited_count = 1,
     .mandatory = {1, 2},
     .mandatory_count = 2,
     .optional = {3},
     .optional_count = 1,
     .registration_allowed = true,
     .unregistered_services = true},
    {.name = "off",              /* barred altogether */
     .impi = "off@hims.net",
     .impu = {{.id = "sip:off@hims.net", .barred = true}},
     .impu_count = 1,
     .registration_allowed = true                                          },
    {.name = "no",          /* may not register */
     .impi = "no@hims.net",
     .auth = AUTH_DIGEST_MD5,
     .impu = {{.id = "sip:no@hims.net"}},
     .impu_count = 1                 },
};

struct room {
    struct store store;
    struct why why;
};

static inline int room_setup(void **state)
{
    static const struct conf conf = {.home_domain = "hims.net"};
    struct room *room = calloc(1, sizeof *room);

    assert_int_equal(store_open(&room->store, ":memory:", &room->why), 0);
    sql_begin(room->store.sql);
    for (size_t i = 0; i < sizeof room_users / sizeof room_users[0]; i++)
        import_subscriber(&room->store, &conf, &room_users[i], i < 2 ? &room_sim : NULL);
    assert_int_equal(sql_commit(room->store.sql, &room->why), 0);
    *state = room;
    return 0;
}

static inline int room_teardown(void **state)
{
    struct room *room = *state;

    store_close(&room->store);
    free(room);
    return 0;
}

/* Change the database as no command does. */
static inline void room_script(struct room *room, const char *sql)
{
    sql_begin(room->store.sql);
    sql_script(room->store.sql, sql);
    if (sql_commit(room->store.sql, &room->why) < 0)
        fail_msg("%s", room->why.text);
}

/* A second card for the identities of "name". */
static inline void room_second_impi(struct room *room)
{
    room_script(
        room, "INSERT INTO impi (subscription, impi, auth) VALUES (1, 'second@hims.net', 'akav1');"
              "INSERT INTO registration (impi, implicit_set) "
              "SELECT impi.id, 1 FROM impi WHERE impi = 'second@hims.net';");
}

/* A database that can be read and not written. */
static inline void room_break(struct room *room)
{
    room_script(room,
                "CREATE TRIGGER no_1 BEFORE UPDATE ON impi BEGIN SELECT RAISE(FAIL, 'disk'); END;"
                "CREATE TRIGGER no_2 BEFORE UPDATE ON implicit_set BEGIN SELECT "
                "RAISE(FAIL, 'disk'); END;");
}

static inline struct subscriber room_load(struct room *room, const char *impi, const char *impu)
{
    struct subscriber s;

    sql_begin(room->store.sql);
    subscriber_load(&room->store, impi, impu, &s);
    assert_int_equal(sql_commit(room->store.sql, &room->why), 0);
    return s;
}

/* The commands in short; results are checked by the caller. */
static inline struct cx_uaa room_uar(struct room *room, const char *impi, const char *impu,
                                     int type)
{
    struct cx_uar uar = {.type = type, .visited = "vims.net"};
    struct cx_uaa uaa;

    snprintf(uar.impi, sizeof uar.impi, "%s", impi);
    snprintf(uar.impu, sizeof uar.impu, "%s", impu);
    answer_uar(&room->store, &uar, &uaa, &room->why);
    return uaa;
}

static inline struct cx_mar room_mar_of(const char *impi, const char *impu, const char *server)
{
    struct cx_mar mar = {.items = 1, .scheme = "Digest-AKAv1-MD5"};

    snprintf(mar.impi, sizeof mar.impi, "%s", impi);
    snprintf(mar.impu, sizeof mar.impu, "%s", impu);
    snprintf(mar.server_name, sizeof mar.server_name, "%s", server);
    return mar;
}

static inline struct cx_maa room_mar(struct room *room, const struct cx_mar *mar)
{
    struct cx_maa maa;

    answer_mar(&room->store, strcmp(mar->server_name, B) ? HOST_A : HOST_B, mar, &maa, &room->why);
    return maa;
}

/* As the S-CSCF does it when "name" starts to register. */
static inline struct cx_maa room_challenge(struct room *room, const char *server)
{
    struct cx_mar mar = room_mar_of("name.private@hims.net", "sip:name@hims.net", server);

    return room_mar(room, &mar);
}

/* user_data of the answer is freed here; room_sar_text keeps it. */
static inline struct cx_saa room_sar_text(struct room *room, const char *impi, const char *impu,
                                          const char *server, int type)
{
    struct cx_sar sar = {.type = type, .impu_count = impu[0] ? 1 : 0};
    struct cx_saa saa;

    snprintf(sar.impi, sizeof sar.impi, "%s", impi);
    snprintf(sar.impu[0], sizeof sar.impu[0], "%s", impu);
    snprintf(sar.server_name, sizeof sar.server_name, "%s", server);
    answer_sar(&room->store, strcmp(server, B) ? HOST_A : HOST_B, &sar, &saa, &room->why);
    return saa;
}

static inline struct cx_saa room_sar(struct room *room, const char *impi, const char *impu,
                                     const char *server, int type)
{
    struct cx_saa saa = room_sar_text(room, impi, impu, server, type);

    free(saa.user_data);
    saa.user_data = NULL;
    return saa;
}

static inline struct cx_saa room_name_sar(struct room *room, const char *server, int type)
{
    return room_sar(room, "name.private@hims.net", "sip:name@hims.net", server, type);
}

/* "name" is registered at A. */
static inline void room_register(struct room *room)
{
    assert_int_equal(room_challenge(room, A).result, CX_SUCCESS);
    assert_int_equal(room_name_sar(room, A, CX_SAT_REGISTRATION).result, CX_SUCCESS);
}

static inline struct subscriber room_name(struct room *room)
{
    return room_load(room, "name.private@hims.net", "sip:name@hims.net");
}

#endif
