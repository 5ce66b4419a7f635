/* SPDX-License-Identifier: Apache-2.0 */
/* The profile that an S-CSCF downloads: IMSSubscription, TS 29.228 annex E. Every service profile
 * of an implicit set: its identities with the default one first, barred ones and aliases marked,
 * and its filter criteria (user_data_ifc.c). */
#include "user_data.h"

#include <stdlib.h>
#include <string.h>

#include "hss.h"
#include "subscriber.h"

/* Text of the database inside an element; what XML 1.0 cannot hold is left out. */
static void put_escaped(FILE *xml, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '&': fputs("&amp;", xml); break;
        case '<': fputs("&lt;", xml); break;
        case '>': fputs("&gt;", xml); break;
        case '"': fputs("&quot;", xml); break;
        case '\'': fputs("&apos;", xml); break;
        default:
            if ((unsigned char)*text >= ' ' || strchr("\t\n\r", *text))
                fputc(*text, xml);
        }
    }
}

void xml_text(FILE *xml, const char *name, const char *text)
{
    fprintf(xml, "<%s>", name);
    put_escaped(xml, text);
    fprintf(xml, "</%s>", name);
}

void xml_number(FILE *xml, const char *name, int64_t number)
{
    fprintf(xml, "<%s>%lld</%s>", name, (long long)number, name);
}

/* ---- identities ---- */

struct identity_row {
    int64_t profile, media;
    bool has_media;
    enum kind kind;
    bool barred;
    char impu[CX_TEXT], alias[CX_TEXT], display[CX_TEXT];
};

static void take_identity(struct sql_rows *rows, struct identity_row *i)
{
    sql_text(rows, 0, i->impu, sizeof i->impu);
    i->barred = sql_int(rows, 1);
    i->profile = sql_int(rows, 2);
    i->kind = sql_int(rows, 3);
    sql_text(rows, 4, i->alias, sizeof i->alias);
    sql_text(rows, 5, i->display, sizeof i->display);
    i->has_media = !sql_is_null(rows, 6);
    i->media = sql_int(rows, 6);
}

/* Each Extension stands inside the one before it. */
static void put_extension(FILE *xml, const struct identity_row *i, bool alias)
{
    bool further = i->display[0] || (alias && i->alias[0]);

    if (i->kind == USER && !further)
        return;
    fputs("<Extension>", xml);
    if (i->kind != USER)
        xml_number(xml, "IdentityType", i->kind);
    if (i->kind == WILDCARDED_PSI)
        xml_text(xml, "WildcardedPSI", i->impu);
    if (further || i->kind == WILDCARDED_USER) {
        fputs("<Extension>", xml);
        if (i->display[0])
            xml_text(xml, "DisplayName", i->display);
        if (alias && i->alias[0])
            xml_text(xml, "AliasIdentityGroupID", i->alias);
        if (i->kind == WILDCARDED_USER) {
            fputs("<Extension>", xml);
            xml_text(xml, "WildcardedIMPU", i->impu);
            fputs("</Extension>", xml);
        }
        fputs("</Extension>", xml);
    }
    fputs("</Extension>", xml);
}

static void put_identity(FILE *xml, const struct identity_row *i, bool alias)
{
    fputs("<PublicIdentity>", xml);
    if (i->barred)
        xml_number(xml, "BarringIndication", 1);
    xml_text(xml, "Identity", i->impu);
    put_extension(xml, i, alias);
    fputs("</PublicIdentity>", xml);
}

/* ---- profiles ---- */

static void end_profile(FILE *xml, struct store *store, const struct identity_row *last,
                        uint32_t features)
{
    if (last->has_media) {
        fputs("<CoreNetworkServicesAuthorization>", xml);
        xml_number(xml, "SubscribedMediaProfileId", last->media);
        fputs("</CoreNetworkServicesAuthorization>", xml);
    }
    put_filter_criteria(xml, store, last->profile, features);
    fputs("</ServiceProfile>", xml);
}

static bool same_profile(const struct identity_row *a, const struct identity_row *b,
                         uint32_t features)
{
    if (a->profile != b->profile)
        return false;
    return features & CX_FEATURE_ALIAS || (a->alias[0] && strcmp(a->alias, b->alias) == 0);
}

/* The first one not barred is the default identity (6.5.1.1), so the profile that holds it comes
 * first. */
static void put_profiles(FILE *xml, struct store *store, int64_t set, uint32_t features)
{
    struct sql_rows *rows = sql_ask(
        store->sql,
        "SELECT impu.impu, impu.barred, impu.profile, impu.kind, impu.alias_group, "
        "impu.display_name, profile.media_profile, "
        "(SELECT max(d.is_default) FROM impu AS d WHERE d.implicit_set = impu.implicit_set AND "
        "d.profile = impu.profile) AS profile_default, "
        "(SELECT max(d.is_default) FROM impu AS d WHERE d.implicit_set = impu.implicit_set AND "
        "d.alias_group = impu.alias_group AND d.profile = impu.profile) AS alias_default "
        "FROM impu JOIN profile ON profile.id = impu.profile WHERE impu.implicit_set = ? "
        "ORDER BY profile_default DESC, profile.position, profile.id, alias_default DESC, "
        "impu.alias_group, impu.is_default DESC, impu.position",
        "i", set);
    struct identity_row last = {0}, next;

    while (sql_next(rows)) {
        take_identity(rows, &next);
        if (last.profile && !same_profile(&last, &next, features))
            end_profile(xml, store, &last, features);
        if (!last.profile || !same_profile(&last, &next, features))
            fputs("<ServiceProfile>", xml);
        put_identity(xml, &next, features & CX_FEATURE_ALIAS);
        last = next;
    }
    if (last.profile)
        end_profile(xml, store, &last, features);
}

static void put_imsi(FILE *xml, struct store *store, const char *impi)
{
    struct sql_rows *rows =
        sql_ask(store->sql, "SELECT imsi FROM impi WHERE impi = ? AND imsi <> ''", "t", impi);
    char imsi[16];

    while (sql_next(rows)) {
        sql_text(rows, 0, imsi, sizeof imsi);
        fputs("<Extension>", xml);
        xml_text(xml, "IMSI", imsi);
        fputs("</Extension>", xml);
    }
}

char *user_data(struct store *store, int64_t set, const char *impi, uint32_t features)
{
    char *text = NULL;
    size_t len = 0;
    FILE *xml = open_memstream(&text, &len);

    if (!xml)
        abort(); /* no memory */
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?><IMSSubscription>", xml);
    xml_text(xml, "PrivateID", impi);
    put_profiles(xml, store, set, features);
    put_imsi(xml, store, impi);
    fputs("</IMSSubscription>", xml);
    fclose(xml);
    return text;
}
