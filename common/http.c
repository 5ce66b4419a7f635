/* SPDX-License-Identifier: Apache-2.0 */
/* http.h on libevent's evhttp (RFC 9112). It reads a request whole, bounded by us, and calls
 * on_request; while that is not answered it reads nothing more of the connection.
 *
 * libevent refuses some requests by itself, with a page for browsers. It calls evhttp_send_error
 * through the dynamic linker, so the one defined here comes first and writes our JSON. */
#include "http.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "xalloc.h"

enum { MOST_HEADERS = 16384 };

struct http {
    struct evhttp *server;
    const struct http_route *routes;
    size_t count;
    void *env;
    struct http_request *first; /* not answered yet */
};

struct http_request {
    struct http_request *next, **link;
    struct http *http;           /* NULL: closed meanwhile */
    struct evhttp_request *from; /* libevent's; gone with http */
    const struct http_route *route;
    char *param[HTTP_PARAMS];
    struct evkeyvalq query;
    char *body;
    size_t len;
    char peer[ADDR_TEXT];
};

/* ---- paths ---- */

static void free_params(char *param[HTTP_PARAMS])
{
    for (size_t i = 0; i < HTTP_PARAMS; i++) {
        free(param[i]);
        param[i] = NULL;
    }
}

/* One segment of the path, decoded; NULL: it holds a NUL octet, which no name of ours does. */
static char *decode(const char *segment, size_t len)
{
    char *text = xzalloc(len + 1), *plain;
    size_t plain_len;

    memcpy(text, segment, len);
    plain = evhttp_uridecode(text, 0, &plain_len);
    free(text);
    if (!plain || strlen(plain) == plain_len)
        return plain;
    free(plain);
    return NULL;
}

bool http_match(const char *route, const char *path, char *param[HTTP_PARAMS])
{
    size_t n = 0;

    memset(param, 0, HTTP_PARAMS * sizeof param[0]);
    while (*route == '/' && *path == '/') {
        size_t want = strcspn(++route, "/"), have = strcspn(++path, "/");
        bool fits = want == have && strncmp(route, path, want) == 0;

        if (*route == '{' && have && n < HTTP_PARAMS)
            fits = (param[n++] = decode(path, have));
        if (!fits)
            break;
        route += want;
        path += have;
    }
    if (!*route && !*path)
        return true;
    free_params(param);
    return false;
}

/* ---- answers ---- */

char *http_error_json(const char *field, const char *rule)
{
    const char *const parts[] = {field, rule};
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    if (!out)
        abort(); /* no memory */
    fprintf(out, "{\"error\":{");
    for (size_t i = *field ? 0 : 1; i < COUNT(parts); i++) {
        fprintf(out, "%s\"%s\":\"", i && *field ? "," : "", i ? "rule" : "field");
        for (const unsigned char *c = (const unsigned char *)parts[i]; *c; c++) {
            if (*c == '"' || *c == '\\')
                fprintf(out, "\\%c", *c);
            else if (*c < ' ' || *c > '~')
                fprintf(out, "\\u%04x", *c);
            else
                fputc(*c, out);
        }
        fputc('"', out);
    }
    fprintf(out, "}}\n");
    fclose(out);
    return text;
}

static void send_reply(struct evhttp_request *to, int status, const char *type, const void *body,
                       size_t len)
{
    struct evkeyvalq *headers = evhttp_request_get_output_headers(to);
    struct evbuffer *out = evhttp_request_get_output_buffer(to);

    if (type)
        evhttp_add_header(headers, "Content-Type", type);
    evhttp_add_header(headers, "Cache-Control", "no-store");
    if (type && len)
        evbuffer_add(out, body, len);
    evhttp_send_reply(to, status, NULL, NULL);
}

static void unlink_request(struct http_request *request)
{
    *request->link = request->next;
    if (request->next)
        request->next->link = request->link;
}

void http_answer(struct http_request *request, int status, const char *type, const void *body,
                 size_t len)
{
    if (request->http) {
        unlink_request(request);
        send_reply(request->from, status, type, body, len);
    }
    free_params(request->param);
    evhttp_clear_headers(&request->query);
    if (request->body) {
        wipe(request->body, request->len); /* keys may be in it */
        free(request->body);
    }
    free(request);
}

void http_refuse(struct http_request *request, int status, const char *field, const char *rule)
{
    char *text = http_error_json(field, rule);

    http_answer(request, status, "application/json", text, strlen(text));
    free(text);
}

/* What libevent refuses by itself. */
static const char *rule_of(int status)
{
    switch (status) {
    case 413: return "the body is longer than this server takes";
    case 417: return "this server expects nothing";
    case 501: return "GET, POST, PUT, PATCH or DELETE";
    default: return "this is no HTTP request";
    }
}

void evhttp_send_error(struct evhttp_request *request, int status, const char *reason)
{
    char *text = http_error_json(status == 413 ? "body" : "", rule_of(status));

    (void)reason;
    evhttp_add_header(evhttp_request_get_output_headers(request), "Connection", "close");
    send_reply(request, status, "application/json", text, strlen(text));
    free(text);
}

/* ---- requests ---- */

static const char *method_of(struct evhttp_request *from)
{
    switch (evhttp_request_get_command(from)) {
    case EVHTTP_REQ_GET: return "GET";
    case EVHTTP_REQ_POST: return "POST";
    case EVHTTP_REQ_PUT: return "PUT";
    case EVHTTP_REQ_PATCH: return "PATCH";
    case EVHTTP_REQ_DELETE: return "DELETE";
    default: return "";
    }
}

/* NULL: no route has this path, or those that have it have other methods (*allow). */
static const struct http_route *find_route(const struct http *http, const char *method,
                                           const char *path, char *param[HTTP_PARAMS], char *allow,
                                           size_t size)
{
    allow[0] = '\0';
    for (size_t i = 0; i < http->count; i++) {
        size_t len = strlen(allow);

        if (!http_match(http->routes[i].path, path, param))
            continue;
        if (strcmp(http->routes[i].method, method) == 0)
            return &http->routes[i];
        snprintf(allow + len, size - len, "%s%s", len ? ", " : "", http->routes[i].method);
        free_params(param);
    }
    return NULL;
}

static void refuse_route(struct evhttp_request *from, const char *allow)
{
    char rule[128];
    char *text;

    if (*allow)
        snprintf(rule, sizeof rule, "this path takes %s", allow);
    text = *allow ? http_error_json("method", rule) : http_error_json("path", "see /openapi.json");
    if (*allow)
        evhttp_add_header(evhttp_request_get_output_headers(from), "Allow", allow);
    send_reply(from, *allow ? 405 : 404, "application/json", text, strlen(text));
    free(text);
}

static void take_body(struct http_request *request, struct evhttp_request *from)
{
    struct evbuffer *in = evhttp_request_get_input_buffer(from);

    request->len = evbuffer_get_length(in);
    request->body = xzalloc(request->len + 1);
    evbuffer_remove(in, request->body, request->len);
}

static void on_request(struct evhttp_request *from, void *arg)
{
    struct http *http = arg;
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(from);
    const char *path = uri ? evhttp_uri_get_path(uri) : NULL;
    char *param[HTTP_PARAMS], allow[64], *host = NULL;
    const struct http_route *route =
        find_route(http, method_of(from), path ? path : "", param, allow, sizeof allow);
    struct http_request *request;
    uint16_t port = 0;

    if (!route) {
        refuse_route(from, allow);
        return;
    }
    request = xzalloc(sizeof *request);
    request->http = http;
    request->from = from;
    request->route = route;
    memcpy(request->param, param, sizeof param);
    evhttp_parse_query_str(evhttp_uri_get_query(uri) ? evhttp_uri_get_query(uri) : "",
                           &request->query);
    take_body(request, from);
    evhttp_connection_get_peer(evhttp_request_get_connection(from), &host, &port);
    snprintf(request->peer, sizeof request->peer, "%s:%u", host ? host : "", port);
    request->next = http->first;
    request->link = &http->first;
    if (http->first)
        http->first->link = &request->next;
    http->first = request;
    route->handle(http->env, request);
}

const struct http_route *http_route(const struct http_request *request)
{
    return request->route;
}

const char *http_param(const struct http_request *request, size_t n)
{
    return n < HTTP_PARAMS && request->param[n] ? request->param[n] : "";
}

const char *http_query(const struct http_request *request, const char *name)
{
    return evhttp_find_header(&request->query, name);
}

const char *http_next_query(const struct http_request *request, const char *after)
{
    struct evkeyval *e = request->query.tqh_first;

    while (e && after && e->key != after)
        e = e->next.tqe_next;
    if (e && after)
        e = e->next.tqe_next;
    return e ? e->key : NULL;
}

const char *http_header(const struct http_request *request, const char *name)
{
    if (!request->http)
        return NULL;
    return evhttp_find_header(evhttp_request_get_input_headers(request->from), name);
}

const char *http_body(const struct http_request *request, size_t *len)
{
    *len = request->len;
    return request->body;
}

const char *http_peer(const struct http_request *request)
{
    return request->peer;
}

/* ---- the server ---- */

/* Not evhttp_bind_socket: it asks getaddrinfo, which knows no 127.0.0.1 where no interface has an
 * IPv4 address. */
static int listen_on(const struct addr *at, struct why *why)
{
    char text[ADDR_TEXT];
    int fd = socket(at->sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1, err;

    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        bind(fd, &at->sa, addr_len(at)) == 0 && listen(fd, SOMAXCONN) == 0)
        return fd;
    err = errno;
    if (fd >= 0)
        close(fd);
    return why_set(why, err, "cannot listen for HTTP on %s: %s", addr_text(at, text), why_not(err));
}

struct http *http_open(struct loop *loop, const struct http_config *config,
                       const struct http_route *routes, size_t count, void *env, struct why *why)
{
    struct http *http = xzalloc(sizeof *http);
    int fd;

    http->routes = routes;
    http->count = count;
    http->env = env;
    http->server = evhttp_new(loop_base(loop));
    if (!http->server)
        abort(); /* no memory */
    evhttp_set_gencb(http->server, on_request, http);
    evhttp_set_allowed_methods(http->server, EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_PUT |
                                                 EVHTTP_REQ_PATCH | EVHTTP_REQ_DELETE);
    evhttp_set_max_headers_size(http->server, MOST_HEADERS);
    evhttp_set_max_body_size(http->server, config->most_body);
    evhttp_set_timeout(http->server, config->idle_s);
    evhttp_set_flags(http->server, EVHTTP_SERVER_LINGERING_CLOSE);
    fd = listen_on(&config->listen, why);
    if (fd >= 0 && evhttp_accept_socket(http->server, fd) == 0)
        return http;
    if (fd >= 0) {
        close(fd);
        why_set(why, EIO, "the HTTP server does not take its socket");
    }
    evhttp_free(http->server);
    free(http);
    return NULL;
}

void http_close(struct http *http)
{
    for (struct http_request *r = http->first; r; r = r->next)
        r->http = NULL; /* who answers it later frees it */
    evhttp_free(http->server);
    free(http);
}
