/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration reference: the schema as Markdown, one table for every map of the file. */
#include "conf_schema.h"

#include <stdio.h>
#include <string.h>

static void print_maps(const struct conf_row *rows, const char *path);

static void print_takes(const struct conf_row *row)
{
    char each[256];

    conf_value_expected(row, each, sizeof each);
    if (row->list && row->heap)
        printf("a list; each entry ");
    else if (row->list)
        printf("a list of %zu..%zu; each entry ", row->fewest, row->list);
    printf("%s%s", each, row->type == TYPE_MAP ? " (below)" : "");
    if (row->brief)
        printf(", or its `%s` alone", row->sub->key);
}

static void print_default(const struct conf_row *row)
{
    if (row->fallback == CONF_REQUIRED)
        printf("**required**");
    else if (row->fallback && *row->fallback)
        printf("`%s`", row->fallback);
    else if (row->derived)
        printf("%s", row->derived);
    else
        printf("%s", row->fallback ? "its defaults" : "none");
}

static void print_table(const struct conf_row *rows)
{
    printf("\n| key | takes | default | meaning |\n| --- | --- | --- | --- |\n");
    for (; rows->key; rows++) {
        if (rows->type == TYPE_KEYS)
            continue;
        printf("| `%s` | ", rows->key);
        print_takes(rows);
        printf(" | ");
        print_default(rows);
        printf(" | %s |\n", rows->help);
    }
}

static void print_section(const struct conf_row *rows, const char *path)
{
    printf("\n## %s\n", path);
    if (rows->type == TYPE_KEYS)
        printf("\nThe keys of every [element](#element), and:\n");
    print_table(rows);
    print_maps(rows, path);
}

static void print_maps(const struct conf_row *rows, const char *path)
{
    char below[128];

    for (; rows->key; rows++) {
        if (rows->type != TYPE_MAP)
            continue;
        snprintf(below, sizeof below, "%s%s%s%s", path, *path ? "." : "", rows->key,
                 rows->list ? "[]" : "");
        print_section(rows->sub, below);
    }
}

void conf_reference(void)
{
    printf("<!-- Made by: build/plain/bin/labconf reference > docs/configuration.md -->\n"
           "# Configuration\n\n"
           "One YAML file describes the whole lab (`conf/lab.yaml`); every daemon reads it with\n"
           "`-c FILE`. A key that is not listed here, a value out of its range, or a key that is\n"
           "missing is an error that names file and line. Units are in the names: `_ms`, `_s`.\n\n"
           "# lab.yaml\n");
    print_table(conf_lab_rows);
    printf("\n## element\n\nWhat every element has: sgsn, ggsn, dns, pcscf, icscf, scscf, hss.\n");
    print_table(conf_element_rows);
    print_maps(conf_lab_rows, "");
    printf("\n# The sims file\n\n"
           "The file that `sims` of lab.yaml names: the keys of the SIM cards. Its mode must be\n"
           "0600 (or stricter), and no error message shows a value of it.\n");
    print_table(conf_sims_rows);
    print_maps(conf_sims_rows, "");
}
