/* SPDX-License-Identifier: Apache-2.0 */
#include "log.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "why.h"

#define LINE 4096

static const char *level_names[] = {"error", "warn", "info", "debug"};
static char element_name[48] = "imslab";
static enum log_level least = LEVEL_INFO;
static _Thread_local struct timespec moment; /* of the next line; zero: when it is written */

struct line {
    size_t len;
    bool quoted, cut; /* inside a word in quotes; there was more than fits */
    char text[LINE];
};

void log_open(const char *element, enum log_level level)
{
    snprintf(element_name, sizeof element_name, "%s", element);
    least = level;
}

void log_as(const char *element)
{
    snprintf(element_name, sizeof element_name, "%s", element);
}

bool log_on(enum log_level level)
{
    return level <= least;
}

const char *log_element(void)
{
    return element_name;
}

static void put(struct line *l, const char *text, size_t len)
{
    if (len > LINE - 2 - l->len) { /* keep room for the newline */
        len = LINE - 2 - l->len;
        l->cut = true;
    }
    memcpy(l->text + l->len, text, len);
    l->len += len;
}

static void put_text(struct line *l, const char *text)
{
    put(l, text, strlen(text));
}

/* What a terminal obeys: also U+0080 to U+009F in UTF-8. */
static bool is_control(unsigned char before, unsigned char c)
{
    return c < 0x20 || c == 0x7f || (c >= 0x80 && c < 0xa0 && before == 0xc2);
}

/* One character, harmless: control characters as \xNN. */
static void put_char(struct line *l, unsigned char c)
{
    char hex[5];

    if (!is_control(l->len ? l->text[l->len - 1] : 0, c)) {
        put(l, (const char *)&c, 1);
        return;
    }
    snprintf(hex, sizeof hex, "\\x%02x", c);
    put_text(l, hex);
}

/* A word; in quotes when a reader could not see where it ends. */
static void put_word(struct line *l, const char *word)
{
    if (*word && !strpbrk(word, " \"")) {
        for (; *word; word++)
            put_char(l, *word);
        return;
    }
    put_text(l, "\"");
    if (!l->cut)
        l->quoted = true;
    for (; *word; word++) {
        if (*word == '"' || *word == '\\')
            put_text(l, "\\");
        put_char(l, *word);
    }
    put_text(l, "\"");
    l->quoted = l->quoted && l->cut;
}

void log_harmless(FILE *out, const char *text)
{
    for (const char *c = text; *c; c++) {
        if (*c == '\n' || !is_control(c > text ? c[-1] : 0, *c))
            fputc(*c, out);
        else
            fprintf(out, "\\x%02x", (unsigned char)*c);
    }
}

static void begin(struct line *l, enum log_level level, const char *call)
{
    char head[128];
    struct timespec now = moment;
    struct tm tm;

    if (now.tv_sec == 0)
        clock_gettime(CLOCK_REALTIME, &now);
    log_no_moment();
    gmtime_r(&now.tv_sec, &tm);
    l->quoted = l->cut = false;
    l->len = strftime(head, sizeof head, "%Y-%m-%dT%H:%M:%S", &tm);
    memcpy(l->text, head, l->len);
    snprintf(head, sizeof head, ".%06ldZ %s %s call=%.8s ", now.tv_nsec / 1000, element_name,
             level_names[level], call && *call ? call : "-");
    put_text(l, head);
}

/* Says that there was more; quotes are closed, or what a peer wrote in them would be read as pairs
 * of ours. */
static void mark_cut(struct line *l)
{
    const char *mark = l->quoted ? "...\"" : "...";
    size_t len = strlen(mark);

    memcpy(l->text + l->len - len, mark, len);
}

static void end(struct line *l)
{
    ssize_t done;

    if (l->cut)
        mark_cut(l);
    l->text[l->len++] = '\n';
    done = write(STDERR_FILENO, l->text, l->len);
    (void)done; /* nowhere to complain */
}

void log_text(enum log_level level, const char *call, const char *format, ...)
{
    char text[1024];
    struct line l;
    va_list ap;

    if (!log_on(level))
        return;
    begin(&l, level, call);
    put_text(&l, "-- ");
    va_start(ap, format);
    why_vprint(text, sizeof text, format, ap);
    va_end(ap);
    for (const char *c = text; *c; c++)
        put_char(&l, *c);
    end(&l);
}

static void arrow_line(enum log_level level, const char *call, const char *arrow, const char *peer,
                       const char *message, va_list ap)
{
    struct line l;
    const char *key, *value;

    begin(&l, level, call);
    put_text(&l, arrow);
    if (peer) {
        put_text(&l, " ");
        put_word(&l, peer);
    }
    put_text(&l, " ");
    put_word(&l, message);
    while ((key = va_arg(ap, const char *))) {
        value = va_arg(ap, const char *);
        if (!value)
            continue;
        put_text(&l, " ");
        put_text(&l, key);
        put_text(&l, "=");
        put_word(&l, value);
    }
    end(&l);
}

void log_ready(void)
{
    struct line l;

    begin(&l, LEVEL_INFO, NULL);
    put_text(&l, "-- ready");
    end(&l);
}

void log_moment(void)
{
    clock_gettime(CLOCK_REALTIME, &moment);
}

void log_no_moment(void)
{
    moment.tv_sec = 0;
}

void log_arrow(const char *call, const char *arrow, const char *peer, const char *message, ...)
{
    va_list ap;

    if (!log_on(LEVEL_INFO))
        return;
    va_start(ap, message);
    arrow_line(LEVEL_INFO, call, arrow, peer, message, ap);
    va_end(ap);
}

void log_arrow_at(enum log_level level, const char *call, const char *arrow, const char *peer,
                  const char *message, ...)
{
    va_list ap;

    if (!log_on(level))
        return;
    va_start(ap, message);
    arrow_line(level, call, arrow, peer, message, ap);
    va_end(ap);
}

const char *call_tag(const char *id, char tag[CALL_TAG])
{
    uint32_t hash = 2166136261u; /* FNV-1a */

    for (; *id; id++)
        hash = (hash ^ (unsigned char)*id) * 16777619u;
    snprintf(tag, CALL_TAG, "%08x", hash);
    return tag;
}

const char *log_number(long long n, char buf[24])
{
    snprintf(buf, 24, "%lld", n);
    return buf;
}
