/* SPDX-License-Identifier: Apache-2.0 */
/* Initial filter criteria as XML (TS 29.228 annex E: tInitialFilterCriteria and what is in it). */
#include <stdlib.h>
#include <string.h>

#include "cx.h"
#include "user_data.h"

struct ifc_row {
    int64_t id, priority, cnf, part, default_handling;
    bool has_cnf, has_part, include_request, include_response;
    char server[CX_TEXT];
    char *service_info; /* malloc'd or NULL */
};

/* ---- triggers ---- */

static void put_condition(FILE *xml, const char *kind, const char *value, const char *content)
{
    if (strcmp(kind, "uri") == 0) {
        xml_text(xml, "RequestURI", value);
    } else if (strcmp(kind, "method") == 0) {
        xml_text(xml, "Method", value);
    } else if (strcmp(kind, "case") == 0) {
        xml_text(xml, "SessionCase", value);
    } else {
        bool header = strcmp(kind, "header") == 0;

        fputs(header ? "<SIPHeader>" : "<SessionDescription>", xml);
        xml_text(xml, header ? "Header" : "Line", value);
        if (content)
            xml_text(xml, "Content", content);
        fputs(header ? "</SIPHeader>" : "</SessionDescription>", xml);
    }
}

static void put_registration(FILE *xml, int64_t types)
{
    if (!types)
        return;
    fputs("<Extension>", xml);
    for (int64_t type = 0; type < 3; type++) {
        if (types >> type & 1)
            xml_number(xml, "RegistrationType", type);
    }
    fputs("</Extension>", xml);
}

static void put_triggers(FILE *xml, struct store *store, const struct ifc_row *ifc)
{
    struct sql_rows *rows = sql_ask(store->sql,
                                    "SELECT grp, negated, kind, value, content, registration "
                                    "FROM spt WHERE ifc = ? ORDER BY grp, id",
                                    "i", ifc->id);
    char kind[8];

    fputs("<TriggerPoint>", xml);
    xml_number(xml, "ConditionTypeCNF", ifc->cnf);
    while (sql_next(rows)) {
        char *value = sql_text_copy(rows, 3), *content = sql_text_copy(rows, 4);

        sql_text(rows, 2, kind, sizeof kind);
        fputs("<SPT>", xml);
        xml_number(xml, "ConditionNegated", sql_int(rows, 1));
        xml_number(xml, "Group", sql_int(rows, 0));
        put_condition(xml, kind, value ? value : "", content);
        put_registration(xml, sql_int(rows, 5));
        fputs("</SPT>", xml);
        free(value);
        free(content);
    }
    fputs("</TriggerPoint>", xml);
}

/* ---- criteria ---- */

static void put_server(FILE *xml, const struct ifc_row *ifc)
{
    fputs("<ApplicationServer>", xml);
    xml_text(xml, "ServerName", ifc->server);
    xml_number(xml, "DefaultHandling", ifc->default_handling);
    if (ifc->service_info)
        xml_text(xml, "ServiceInfo", ifc->service_info);
    if (ifc->include_request || ifc->include_response) {
        fputs("<Extension>", xml);
        if (ifc->include_request)
            fputs("<IncludeRegisterRequest/>", xml);
        if (ifc->include_response)
            fputs("<IncludeRegisterResponse/>", xml);
        fputs("</Extension>", xml);
    }
    fputs("</ApplicationServer>", xml);
}

static void put_criterion(FILE *xml, struct store *store, const struct ifc_row *ifc)
{
    fputs("<InitialFilterCriteria>", xml);
    xml_number(xml, "Priority", ifc->priority);
    if (ifc->has_cnf)
        put_triggers(xml, store, ifc);
    put_server(xml, ifc);
    if (ifc->has_part)
        xml_number(xml, "ProfilePartIndicator", ifc->part);
    fputs("</InitialFilterCriteria>", xml);
}

static void take_criterion(struct sql_rows *rows, struct ifc_row *ifc)
{
    *ifc = (struct ifc_row){
        .id = sql_int(rows, 0),
        .priority = sql_int(rows, 1),
        .part = sql_int(rows, 2),
        .has_part = !sql_is_null(rows, 2),
        .cnf = sql_int(rows, 3),
        .has_cnf = !sql_is_null(rows, 3),
        .default_handling = sql_int(rows, 5),
        .service_info = sql_text_copy(rows, 6),
        .include_request = sql_int(rows, 7),
        .include_response = sql_int(rows, 8),
    };
    sql_text(rows, 4, ifc->server, sizeof ifc->server);
}

/* An S-CSCF that has the shared sets itself gets their numbers. */
static void put_shared_sets(FILE *xml, struct store *store, int64_t profile)
{
    struct sql_rows *rows =
        sql_ask(store->sql,
                "SELECT shared_ifc FROM profile_shared_ifc WHERE profile = ? ORDER BY shared_ifc",
                "i", profile);
    bool any = false;

    while (sql_next(rows)) {
        fputs(any ? "" : "<Extension>", xml);
        xml_number(xml, "SharedIFCSetID", sql_int(rows, 0));
        any = true;
    }
    fputs(any ? "</Extension>" : "", xml);
}

void put_filter_criteria(FILE *xml, struct store *store, int64_t profile, uint32_t features)
{
    bool by_number = features & CX_FEATURE_SIFC;
    struct ifc_row ifc;
    struct sql_rows *rows =
        sql_ask(store->sql,
                "SELECT id, priority, part, cnf, server, default_handling, service_info, "
                "include_request, include_response FROM ifc WHERE profile = ?1 OR (?2 AND "
                "shared_ifc IN (SELECT shared_ifc FROM profile_shared_ifc WHERE profile = ?1)) "
                "ORDER BY priority, id",
                "ii", profile, (int64_t)!by_number);

    while (sql_next(rows)) {
        take_criterion(rows, &ifc);
        put_criterion(xml, store, &ifc);
        free(ifc.service_info);
    }
    if (by_number)
        put_shared_sets(xml, store, profile);
}
