/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration file: from the disk to libyaml's document, and away again. */
#include "conf_source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "xalloc.h"

#define MOST_OCTETS (64 << 20) /* nobody writes more by hand */

/* Whether only the owner can read the open file. */
static int check_mode(FILE *in, const char *file, struct why *why)
{
    struct stat st;

    if (fstat(fileno(in), &st) < 0)
        return why_set(why, errno, "cannot stat '%s': %s", file, why_not(errno));
    if (st.st_mode & 077)
        return why_set(why, EPERM, "'%s' holds keys but its mode is %04o: chmod 600 %s", file,
                       st.st_mode & 07777, file);
    return 0;
}

static int slurp(FILE *in, const char *file, char **octets, size_t *len, struct why *why)
{
    struct stat st;

    if (fstat(fileno(in), &st) < 0)
        return why_set(why, errno, "cannot stat '%s': %s", file, why_not(errno));
    if (!S_ISREG(st.st_mode) || st.st_size > MOST_OCTETS)
        return why_set(why, EINVAL, "'%s' is not a file of at most %d MB", file, MOST_OCTETS >> 20);
    *octets = xzalloc(st.st_size + 1);
    *len = fread(*octets, 1, st.st_size, in);
    if (!ferror(in))
        return 0;
    free(*octets);
    return why_set(why, EIO, "cannot read '%s'", file);
}

static int read_octets(const char *file, bool secret, char **octets, size_t *len, struct why *why)
{
    FILE *in = fopen(file, "re");
    int err;

    if (!in)
        return why_set(why, errno, "cannot open '%s': %s", file, why_not(errno));
    if (secret)
        setvbuf(in, NULL, _IONBF, 0); /* no second copy of the keys */
    err = secret ? check_mode(in, file, why) : 0;
    if (!err)
        err = slurp(in, file, octets, len, why);
    fclose(in);
    return err;
}

static int say_problem(const yaml_parser_t *parser, const char *file, struct why *why)
{
    const char *problem = parser->problem ? parser->problem : "out of memory";

    if (parser->error == YAML_READER_ERROR)
        return why_set(why, EINVAL, "%s: not UTF-8 text, at octet %zu: %s", file,
                       parser->problem_offset, problem);
    return why_set(why, EINVAL, "%s:%zu: this is not YAML: %s%s%s", file,
                   parser->problem_mark.line + 1, problem, parser->context ? " " : "",
                   parser->context ? parser->context : "");
}

/* A second document in the file would be read by nobody: say so. */
static int refuse_more(yaml_parser_t *parser, const char *file, struct why *why)
{
    yaml_document_t more;
    yaml_node_t *root;
    int err = 0;

    if (!yaml_parser_load(parser, &more))
        return say_problem(parser, file, why);
    root = yaml_document_get_root_node(&more);
    if (root)
        err = why_set(why, EINVAL, "%s:%zu: a second document ('---') is not read", file,
                      root->start_mark.line + 1);
    yaml_document_delete(&more);
    return err;
}

/* libyaml frees without wiping: its buffers and scalars held the keys. */
static void wipe_parser(yaml_parser_t *parser)
{
    wipe(parser->buffer.start, parser->buffer.end - parser->buffer.start);
    wipe(parser->raw_buffer.start, parser->raw_buffer.end - parser->raw_buffer.start);
}

static void wipe_document(yaml_document_t *document)
{
    for (yaml_node_t *n = document->nodes.start; n < document->nodes.top; n++)
        if (n->type == YAML_SCALAR_NODE)
            wipe(n->data.scalar.value, n->data.scalar.length);
}

static int parse(struct conf_source *s, const char *octets, size_t len, struct why *why)
{
    yaml_parser_t parser;
    int err;

    if (!yaml_parser_initialize(&parser))
        return why_set(why, ENOMEM, "%s: out of memory", s->file);
    yaml_parser_set_input_string(&parser, (const unsigned char *)octets, len);
    if (!yaml_parser_load(&parser, &s->document)) {
        memset(&s->document, 0, sizeof s->document);
        err = say_problem(&parser, s->file, why);
    } else {
        err = refuse_more(&parser, s->file, why);
    }
    if (s->secret)
        wipe_parser(&parser);
    yaml_parser_delete(&parser);
    return err;
}

int conf_source_open(struct conf_source **source, const char *file, bool secret, struct why *why)
{
    struct conf_source *s;
    char *octets = NULL;
    size_t len = 0;
    int err = read_octets(file, secret, &octets, &len, why);

    *source = NULL;
    if (err)
        return err;
    s = xzalloc(sizeof *s);
    s->file = file;
    s->secret = secret;
    err = parse(s, octets, len, why);
    wipe(octets, len);
    free(octets);
    if (err)
        conf_source_close(s);
    else
        *source = s;
    return err;
}

void conf_source_close(struct conf_source *s)
{
    if (!s)
        return;
    if (s->secret)
        wipe_document(&s->document);
    yaml_document_delete(&s->document);
    free(s->spot);
    free(s);
}
