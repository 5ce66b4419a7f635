/* SPDX-License-Identifier: Apache-2.0 */
/* The daemon's side of provisioning: who may, and the way of a request.
 *
 *   loop                            store's thread               loop
 *   on_request: token? query? ----> rest_run: body, work ------> answered: log, HTTP answer,
 *                                   one transaction              pushes to S-CSCFs
 *
 * Whoever writes shows the token, which the daemon makes at its first start and keeps in hss.token
 * below state_dir (0600): who can read that file may provision. */
#include "rest.h"

#include <errno.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "daemon.h"
#include "state_file.h"
#include "xalloc.h"

enum { TOKEN_OCTETS = 24, TOKEN_TEXT = 2 * TOKEN_OCTETS + 1 };

struct rest {
    struct loop *loop;
    const struct conf *conf;
    struct store_thread *thread;
    struct pusher *pusher;
    struct http *http;
    struct http_route *routes; /* as rest_operations */
    char token[TOKEN_TEXT];
    size_t jobs;
    unsigned long count, refused;
};

struct job { /* one request, until answered */
    struct store_job job;
    struct rest *rest;
    struct http_request *request;
    struct rest_call call;
    char type[64];
    char peer[ADDR_TEXT];
};

/* ---- on the store's thread ---- */

static void work(struct store *store, struct store_job *store_job)
{
    struct job *j = (struct job *)store_job;

    j->call.store = store;
    rest_run(&j->call);
}

/* ---- back on the loop ---- */

static void send_answer(struct job *j)
{
    struct rest_call *c = &j->call;
    char *text = c->reply ? json_dumps(c->reply, JSON_INDENT(2) | JSON_PRESERVE_ORDER) : NULL;

    if (c->fault.rule[0])
        http_refuse(j->request, c->status, c->fault.field, c->fault.rule);
    else if (text)
        http_answer(j->request, c->status, "application/json", text, strlen(text));
    else
        http_answer(j->request, c->status, c->text_type, c->text, c->text_len);
    free(text);
}

static const char *rest_name(const struct rest_call *call)
{
    return call->op->id;
}

static void log_decision(const struct job *j)
{
    const struct rest_call *c = &j->call;
    bool reads = rest_only_reads(c->op);
    char status[8];

    snprintf(status, sizeof status, "%d", c->status);
    log_arrow_at(reads && c->status < 400 ? LEVEL_DEBUG : LEVEL_INFO, NULL, "==", NULL, "provision",
                 "what", rest_name(c), "of", c->summary[0] ? c->summary : NULL, "from", j->peer,
                 "status", status, "field", c->fault.field[0] ? c->fault.field : NULL, "why",
                 c->fault.rule[0] ? c->fault.rule : NULL, NULL);
}

static void free_job(struct job *j)
{
    struct rest_call *c = &j->call;

    json_decref(c->query);
    json_decref(c->body);
    json_decref(c->reply);
    if (c->text)
        wipe(c->text, c->text_len);
    free(c->text);
    free(j);
}

static void answered(struct store_job *store_job)
{
    struct job *j = (struct job *)store_job;
    struct rest *rest = j->rest;

    rest->jobs--;
    rest->refused += j->call.status >= 400;
    log_decision(j);
    push_all(rest->pusher, j->call.push);
    send_answer(j);
    free_job(j);
}

/* ---- requests ---- */

/* Takes as long for a wrong one. */
static bool has_token(const struct rest *rest, const struct http_request *request)
{
    const char *said = http_header(request, "Authorization");
    unsigned char wrong = 0;

    if (!said || strncasecmp(said, "Bearer ", 7) != 0 || strlen(said + 7) != TOKEN_TEXT - 1)
        return false;
    for (size_t i = 0; i < TOKEN_TEXT - 1; i++)
        wrong |= said[7 + i] ^ rest->token[i];
    return wrong == 0;
}

/* A query's values are text: as their rows want them. */
static json_t *query_value(const struct rest_field *f, const char *text)
{
    char *end;
    long long number;

    if (f && f->kind == REST_BOOL && (strcmp(text, "true") == 0 || strcmp(text, "1") == 0))
        return json_true();
    if (f && f->kind == REST_BOOL && (strcmp(text, "false") == 0 || strcmp(text, "0") == 0))
        return json_false();
    if (f && f->kind == REST_NUMBER && *text) {
        errno = 0;
        number = strtoll(text, &end, 10);
        if (!*end && errno == 0)
            return json_integer(number);
    }
    return json_string(text);
}

static int read_query(struct job *j)
{
    static const struct rest_field none[] = {{.kind = REST_END}};
    const struct rest_field *fields = j->call.op->query ? j->call.op->query : none;
    json_t *query = json_object();

    for (const char *name = http_next_query(j->request, NULL); name;
         name = http_next_query(j->request, name))
        json_object_set_new(query, name,
                            query_value(rest_find(fields, name), http_query(j->request, name)));
    j->call.query = query;
    return rest_check(fields, query, &j->call.fault);
}

/* Whether the answer is here already. */
static bool is_refused(struct rest *rest, struct job *j)
{
    const struct rest_operation *op = j->call.op;
    bool secrets;

    if (read_query(j) < 0) {
        j->call.status = 400;
        return true;
    }
    secrets = rest_yes(j->call.query, "secrets", false);
    if (rest_only_reads(op) && !secrets)
        return false;
    if (has_token(rest, j->request))
        return false;
    rest_refuse(&j->call, 401, "Authorization",
                "Bearer and the token of the file hss.token below state_dir");
    return true;
}

static void on_request(void *env, struct http_request *request)
{
    struct rest *rest = env;
    struct job *j = xzalloc(sizeof *j);
    const char *type = http_header(request, "Content-Type");

    j->job.work = work;
    j->job.done = answered;
    j->rest = rest;
    j->request = request;
    j->call.op = &rest_operations[http_route(request) - rest->routes];
    j->call.conf = rest->conf;
    for (size_t i = 0; i < HTTP_PARAMS; i++)
        j->call.param[i] = http_param(request, i);
    j->call.raw = http_body(request, &j->call.raw_len);
    snprintf(j->type, sizeof j->type, "%.*s", type ? (int)strcspn(type, "; ") : 0,
             type ? type : "");
    j->call.content_type = j->type;
    snprintf(j->peer, sizeof j->peer, "%s", http_peer(request));
    rest->count++;
    rest->jobs++;
    if (is_refused(rest, j))
        answered(&j->job);
    else
        store_post(rest->thread, &j->job);
}

/* ---- the token ---- */

static bool is_token(const char *text)
{
    return strlen(text) == TOKEN_TEXT - 1 && strspn(text, "0123456789abcdef") == TOKEN_TEXT - 1;
}

static void make_token(char token[TOKEN_TEXT])
{
    uint8_t octets[TOKEN_OCTETS];

    if (getrandom(octets, sizeof octets, 0) != sizeof octets)
        daemon_die("no random numbers for a token");
    for (size_t i = 0; i < sizeof octets; i++)
        snprintf(token + 2 * i, 3, "%02x", octets[i]);
}

static void read_token(struct rest *rest)
{
    char path[2 * CONF_PATH], line[TOKEN_TEXT + 1] = "";
    FILE *in;

    snprintf(path, sizeof path, "%s/hss.token", rest->conf->state_dir);
    in = state_file_read(path);
    if (in) {
        if (fgets(line, sizeof line, in))
            line[strcspn(line, "\n")] = '\0';
        fclose(in);
    } else if (errno != ENOENT) {
        daemon_die("cannot read %s: %s", path, strerror(errno));
    }
    if (is_token(line)) {
        memcpy(rest->token, line, sizeof rest->token);
        return;
    }
    make_token(rest->token);
    snprintf(line, sizeof line, "%s\n", rest->token);
    if (state_file_write(path, line, strlen(line), false) < 0)
        daemon_die("cannot write %s: %s", path, strerror(errno));
}

/* ---- the server ---- */

/* A key or a password is in many a JSON text: whatever jansson gives back is overwritten first. */
static void free_wiped(void *memory)
{
    if (memory)
        wipe(memory, malloc_usable_size(memory));
    free(memory);
}

struct rest *rest_open(struct loop *loop, const struct conf *conf, struct store_thread *thread,
                       struct pusher *pusher)
{
    const struct conf_http *h = &conf->hss.http;
    struct http_config config = {.listen = addr_with_port(h->address, h->port),
                                 .most_body = h->most_body,
                                 .idle_s = h->idle_s};
    struct rest *rest;
    char text[ADDR_TEXT];
    struct why why;

    if (!h->on)
        return NULL;
    rest = xzalloc(sizeof *rest);
    rest->loop = loop;
    rest->conf = conf;
    rest->thread = thread;
    rest->pusher = pusher;
    rest->routes = xzalloc(rest_operation_count * sizeof *rest->routes);
    for (size_t i = 0; i < rest_operation_count; i++)
        rest->routes[i] =
            (struct http_route){rest_operations[i].method, rest_operations[i].path, on_request};
    read_token(rest);
    json_set_alloc_funcs(malloc, free_wiped);
    rest->http = http_open(loop, &config, rest->routes, rest_operation_count, rest, &why);
    if (!rest->http)
        daemon_die("%s", why.text);
    log_info(NULL, "provisioning on http://%s", addr_text(&config.listen, text));
    return rest;
}

void rest_stop(struct rest *rest)
{
    if (rest)
        http_close(rest->http);
}

void rest_free(struct rest *rest)
{
    if (!rest)
        return;
    wipe(rest->token, sizeof rest->token);
    free(rest->routes);
    free(rest);
}

void rest_print(const struct rest *rest, FILE *out)
{
    if (rest)
        fprintf(out, "hss http requests=%lu refused=%lu under_way=%zu\n", rest->count,
                rest->refused, rest->jobs);
}
