/* SPDX-License-Identifier: Apache-2.0 */
/* The OpenAPI 3.0 document of the HSS, from the tables that the handlers go by. */
#include <string.h>

#include "daemon.h"
#include "rest.h"

static json_t *schema_of(const struct rest_field *fields);

static json_t *reference(const char *kind, const char *name)
{
    return json_pack("{s:o}", "$ref", json_sprintf("#/components/%s/%s", kind, name));
}

/* A table that is a schema of its own is referred to. */
static json_t *object_of(const struct rest_field *fields)
{
    for (size_t i = 0; i < rest_schema_count; i++) {
        if (rest_schemas[i].fields == fields)
            return reference("schemas", rest_schemas[i].name);
    }
    return schema_of(fields);
}

static json_t *value_of(const struct rest_field *f)
{
    json_t *value;

    switch (f->kind) {
    case REST_BOOL: return json_pack("{s:s}", "type", "boolean");
    case REST_NUMBER:
        return json_pack("{s:s, s:s, s:I, s:I}", "type", "integer", "format", "int64", "minimum",
                         (json_int_t)f->min, "maximum", (json_int_t)f->max);
    case REST_OBJECT: return object_of(f->inside);
    default:
        value = json_pack("{s:s, s:I, s:I}", "type", "string", "minLength",
                          (json_int_t)(f->max ? f->min : 1), "maxLength",
                          (json_int_t)(f->max ? f->max : 255));
        if (f->pattern)
            json_object_set_new(value, "pattern", json_string(f->pattern));
        return value;
    }
}

static json_t *property_of(const struct rest_field *f)
{
    json_t *value = value_of(f);

    if (f->flags & REST_LIST)
        value = json_pack("{s:s, s:o}", "type", "array", "items", value);
    else if (json_object_get(value, "$ref")) /* nothing may stand beside a reference */
        value = json_pack("{s:[o]}", "allOf", value);
    json_object_set_new(
        value, "description",
        json_sprintf("%s.%s%s", f->rule, f->about ? " " : "", f->about ? f->about : ""));
    if (f->flags & REST_SECRET)
        json_object_set_new(value, "writeOnly", json_true());
    if (f->flags & REST_SHOWN)
        json_object_set_new(value, "readOnly", json_true());
    if (f->flags & REST_NULL)
        json_object_set_new(value, "nullable", json_true());
    return value;
}

static json_t *schema_of(const struct rest_field *fields)
{
    json_t *properties = json_object(), *required = json_array();
    json_t *schema = json_pack("{s:s, s:o, s:b}", "type", "object", "properties", properties,
                               "additionalProperties", 0);

    for (const struct rest_field *f = fields; f->kind != REST_END; f++) {
        json_object_set_new(properties, f->name, property_of(f));
        if (f->flags & REST_REQUIRED)
            json_array_append_new(required, json_string(f->name));
    }
    if (json_array_size(required))
        json_object_set(schema, "required", required);
    json_decref(required);
    return schema;
}

/* ---- operations ---- */

static json_t *parameters_of(const struct rest_operation *op)
{
    json_t *list = json_array();

    for (const char *open = strchr(op->path, '{'); open; open = strchr(open + 1, '{')) {
        json_t *name = json_stringn(open + 1, strcspn(open + 1, "}"));

        json_array_append_new(list, json_pack("{s:o, s:s, s:b, s:{s:s}}", "name", name, "in",
                                              "path", "required", 1, "schema", "type", "string"));
    }
    for (const struct rest_field *f = op->query; f && f->kind != REST_END; f++)
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:s, s:o}", "name", f->name, "in", "query",
                                        "description", f->rule, "schema", value_of(f)));
    return list;
}

static json_t *body_of(const struct rest_operation *op)
{
    json_t *content = json_object(), *schema = reference("schemas", op->in);

    if (op->body == REST_LINES)
        json_object_set_new(content, "application/x-ndjson", json_pack("{s:O}", "schema", schema));
    else
        json_object_set_new(content, "application/json", json_pack("{s:O}", "schema", schema));
    if (op->body == REST_PROFILE)
        json_object_set_new(content, "application/xml",
                            json_pack("{s:{s:s}}", "schema", "type", "string"));
    json_decref(schema);
    return json_pack("{s:b, s:o}", "required", 1, "content", content);
}

static json_t *responses_of(const struct rest_operation *op)
{
    const char *type = op->work == rest_export ? "application/x-ndjson" : "application/json";
    json_t *schema = op->out ? reference("schemas", op->out) : json_object();
    json_t *responses = json_object();
    char status[8];

    snprintf(status, sizeof status, "%d", op->status);
    json_object_set_new(
        responses, status,
        json_pack("{s:s, s:{s:{s:o}}}", "description", "done", "content", type, "schema", schema));
    json_object_set_new(responses, "default", reference("responses", "Error"));
    return responses;
}

static json_t *operation_of(const struct rest_operation *op)
{
    json_t *o = json_pack("{s:s, s:s, s:o, s:o}", "operationId", op->id, "summary", op->summary,
                          "parameters", parameters_of(op), "responses", responses_of(op));

    if (op->body != REST_NONE)
        json_object_set_new(o, "requestBody", body_of(op));
    if (!rest_only_reads(op))
        json_object_set_new(o, "security", json_pack("[{s:[]}]", "token"));
    return o;
}

static json_t *paths(void)
{
    json_t *all = json_object();

    for (size_t i = 0; i < rest_operation_count; i++) {
        const struct rest_operation *op = &rest_operations[i];
        json_t *path = json_object_get(all, op->path);
        char method[8] = "";

        for (size_t c = 0; op->method[c] && c < sizeof method - 1; c++)
            method[c] = op->method[c] | 0x20; /* lower case */
        if (!path) {
            path = json_object();
            json_object_set_new(all, op->path, path);
        }
        json_object_set_new(path, method, operation_of(op));
    }
    return all;
}

json_t *rest_openapi(void)
{
    json_t *schemas = json_object();

    for (size_t i = 0; i < rest_schema_count; i++)
        json_object_set_new(schemas, rest_schemas[i].name, schema_of(rest_schemas[i].fields));
    return json_pack(
        "{s:s, s:{s:s, s:s, s:s}, s:o, s:{s:o, s:{s:{s:s, s:{s:{s:o}}}}, s:{s:{s:s, s:s}}}}",
        "openapi", "3.0.3", "info", "title", "imslab HSS", "version", IMSLAB_VERSION, "description",
        "Subscribers of the lab. Keys go in and do not come out but by export with secrets.",
        "paths", paths(), "components", "schemas", schemas, "responses", "Error", "description",
        "refused: which field, and the rule that it breaks", "content", "application/json",
        "schema", reference("schemas", "Error"), "securitySchemes", "token", "type", "http",
        "scheme", "bearer");
}

int rest_get_openapi(struct rest_call *call)
{
    call->reply = rest_openapi();
    return 0;
}
