/* SPDX-License-Identifier: Apache-2.0 */
/* The profile that an S-CSCF downloads: IMSSubscription, TS 29.228 annex E. Every service profile
 * of an implicit set, its identities with the default one first, barred ones marked. */
#include <stdio.h>
#include <stdlib.h>

#include "hss.h"

/* Text of the database inside an element. */
static void put_escaped(FILE *xml, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '&': fputs("&amp;", xml); break;
        case '<': fputs("&lt;", xml); break;
        case '>': fputs("&gt;", xml); break;
        case '"': fputs("&quot;", xml); break;
        case '\'': fputs("&apos;", xml); break;
        default: fputc(*text, xml);
        }
    }
}

static void put_element(FILE *xml, const char *name, const char *text)
{
    fprintf(xml, "<%s>", name);
    put_escaped(xml, text);
    fprintf(xml, "</%s>", name);
}

/* One row per identity, the profile's number with it: a new number is a new ServiceProfile. */
static void put_profiles(FILE *xml, struct store *store, int64_t set)
{
    struct sql_rows *rows =
        sql_ask(store->sql,
                "SELECT impu.impu, impu.barred, impu.profile FROM impu "
                "JOIN profile ON profile.id = impu.profile WHERE impu.implicit_set = ? "
                "ORDER BY profile.position, profile.id, impu.is_default DESC, impu.position",
                "i", set);
    int64_t profile = 0;
    char impu[CX_TEXT];

    while (sql_next(rows)) {
        if (sql_int(rows, 2) != profile)
            fputs(profile ? "</ServiceProfile><ServiceProfile>" : "<ServiceProfile>", xml);
        profile = sql_int(rows, 2);
        sql_text(rows, 0, impu, sizeof impu);
        fputs("<PublicIdentity>", xml);
        if (sql_int(rows, 1))
            put_element(xml, "BarringIndication", "1");
        put_element(xml, "Identity", impu);
        fputs("</PublicIdentity>", xml);
    }
    if (profile)
        fputs("</ServiceProfile>", xml);
}

char *user_data(struct store *store, int64_t set, const char *impi)
{
    char *text = NULL;
    size_t len = 0;
    FILE *xml = open_memstream(&text, &len);

    if (!xml)
        abort(); /* no memory */
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?><IMSSubscription>", xml);
    put_element(xml, "PrivateID", impi);
    put_profiles(xml, store, set);
    fputs("</IMSSubscription>", xml);
    fclose(xml);
    return text;
}
