/* SPDX-License-Identifier: Apache-2.0 */
/* An HTTP/1.1 server for one table of routes: requests in whole, answers at once or later. What it
 * refuses by itself (no such path, a method that the path has not, a body too long, no HTTP at all)
 * it refuses with the JSON that http_refuse writes. */
#ifndef IMSLAB_HTTP_H
#define IMSLAB_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#include "addr.h"
#include "loop.h"
#include "why.h"

enum { HTTP_PARAMS = 3 }; /* of one path */

struct http;
struct http_request; /* until answered */
typedef void http_fn(void *env, struct http_request *request);

struct http_route {
    const char *method; /* "GET", "POST", "PUT", "PATCH", "DELETE" */
    const char *path;   /* "/subscribers/{name}": a {part} matches one segment of the path */
    http_fn *handle;    /* runs from the loop, once the whole request is there */
};

struct http_config {
    struct addr listen; /* with port; nothing else is listened on */
    size_t most_body;   /* octets */
    unsigned idle_s;    /* a connection on which nothing moves is closed */
};

/* http_open - listen. The table and env stay the caller's and valid. NULL and *why: the address
 * cannot be listened on. */
struct http *http_open(struct loop *loop, const struct http_config *config,
                       const struct http_route *routes, size_t count, void *env, struct why *why);
/* http_close - hang up on everybody; a request that is answered afterwards goes nowhere, and must
 * be answered all the same, for it is freed by that. */
void http_close(struct http *http);

/* What came; valid until the answer. */
const struct http_route *http_route(const struct http_request *request);
/* http_param - the n-th {part} of the route's path, percent-decoded. */
const char *http_param(const struct http_request *request, size_t n);
/* http_query - the value of a name in the query, or NULL. http_next_query - the names in it, one
 * after the other: NULL begins, NULL ends. */
const char *http_query(const struct http_request *request, const char *name);
const char *http_next_query(const struct http_request *request, const char *after);
/* http_header - a header's value, or NULL; names in any case. */
const char *http_header(const struct http_request *request, const char *name);
/* http_body - the octets, NUL-terminated besides; *len without the NUL. */
const char *http_body(const struct http_request *request, size_t *len);
/* http_peer - "127.0.0.1:40312", for the log. */
const char *http_peer(const struct http_request *request);

/* http_answer - exactly once for each request, from the loop; the request is gone then. type NULL:
 * no body. The body is copied. */
void http_answer(struct http_request *request, int status, const char *type, const void *body,
                 size_t len);
/* http_refuse - the same with the JSON {"error":{"field":FIELD,"rule":RULE}}; field "" leaves it
 * out. */
void http_refuse(struct http_request *request, int status, const char *field, const char *rule);
/* http_error_json - that JSON, malloc'd. */
char *http_error_json(const char *field, const char *rule);

/* http_match - whether a path (still percent-encoded) is one of the route's; then its parts stand,
 * malloc'd, in param[0..]. Pure. */
bool http_match(const char *route, const char *path, char *param[HTTP_PARAMS]);

#endif
