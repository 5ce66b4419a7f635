/* SPDX-License-Identifier: Apache-2.0 */
/* Provisioning without HTTP: one request through rest_run, on the users of room.h. */
#ifndef IMSLAB_REST_ROOM_H
#define IMSLAB_REST_ROOM_H

#include "../../../hss/rest.h"
#include "room.h"

struct asked { /* the last request; end() it before the next */
    struct rest_call call;
    char *param[HTTP_PARAMS];
};

static struct asked asked;

static inline void end(void)
{
    struct rest_call *c = &asked.call;

    json_decref(c->query);
    json_decref(c->body);
    json_decref(c->reply);
    free(c->text);
    for (struct push *p = c->push, *next; p; p = next) {
        next = p->next;
        push_free(p);
    }
    for (size_t i = 0; i < HTTP_PARAMS; i++)
        free(asked.param[i]);
    memset(&asked, 0, sizeof asked);
}

static inline const struct rest_operation *find(const char *method, const char *path)
{
    for (size_t i = 0; i < rest_operation_count; i++) {
        if (strcmp(rest_operations[i].method, method) == 0 &&
            http_match(rest_operations[i].path, path, asked.param))
            return &rest_operations[i];
    }
    fail_msg("no operation is %s %s", method, path);
    return NULL;
}

/* The status. query: JSON, NULL none. */
static inline int ask_raw(void **state, const char *method, const char *path, const char *query,
                          const char *type, const char *body, size_t len)
{
    static const struct conf conf = {.home_domain = "hims.net"};
    struct room *room = *state;
    struct rest_call *c = &asked.call;

    end();
    c->op = find(method, path);
    c->store = &room->store;
    c->conf = &conf;
    c->query = query ? json_loads(query, 0, NULL) : json_object();
    assert_non_null(c->query);
    for (size_t i = 0; i < HTTP_PARAMS; i++)
        c->param[i] = asked.param[i] ? asked.param[i] : "";
    c->raw = body;
    c->raw_len = len;
    c->content_type = type;
    rest_run(c);
    return c->status;
}

static inline int ask(void **state, const char *method, const char *path, const char *body)
{
    return ask_raw(state, method, path, NULL, "application/json", body ? body : "",
                   body ? strlen(body) : 0);
}

static inline const char *field(void)
{
    return asked.call.fault.field;
}

/* A value of the reply: "private.0.impi". */
static inline const json_t *reply(const char *path)
{
    const json_t *at = asked.call.reply;

    while (at && *path) {
        char key[64];
        size_t len = strcspn(path, ".");

        snprintf(key, sizeof key, "%.*s", (int)len, path);
        at = json_is_array(at) ? json_array_get(at, strtoul(key, NULL, 10))
                               : json_object_get(at, key);
        path += len + (path[len] == '.');
    }
    return at;
}

static inline const char *text(const char *path)
{
    const char *value = json_string_value(reply(path));

    return value ? value : "(none)";
}

static inline int64_t number(const char *path)
{
    return json_is_integer(reply(path)) ? json_integer_value(reply(path)) : -1;
}

/* One number of the database. */
static inline int64_t stored(void **state, const char *question)
{
    struct room *room = *state;
    struct sql_rows *rows;
    int64_t value = -1;

    sql_begin(room->store.sql);
    rows = sql_ask(room->store.sql, question, "");
    while (sql_next(rows))
        value = sql_int(rows, 0);
    assert_int_equal(sql_commit(room->store.sql, &room->why), 0);
    return value;
}

static inline void change(void **state, const char *statements)
{
    struct room *room = *state;

    sql_begin(room->store.sql);
    sql_script(room->store.sql, statements);
    if (sql_commit(room->store.sql, &room->why) < 0)
        fail_msg("%s", room->why.text);
}

#endif
