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
        while (len > 0 && (text[len] & 0xc0) == 0x80) /* whole characters */
            len--;
        l->cut = true;
    }
    memcpy(l->text + l->len, text, len);
    l->len += len;
}

static void put_text(struct line *l, const char *text)
{
    put(l, text, strlen(text));
}

/* The octets of the character there; 0: it is none in UTF-8 (RFC 3629 4), or one that a terminal
 * obeys, U+0080 to U+009F too. */
static size_t harmless(const char *text)
{
    static const struct {
        unsigned char first, last, low, high; /* first octets; the second one's range */
        size_t len;
    } rows[] = {
        {0x20, 0x7e, 0,    0xff, 1},
        {0xc2, 0xc2, 0xa0, 0xbf, 2},
        {0xc3, 0xdf, 0x80, 0xbf, 2},
        {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3},
        {0xed, 0xed, 0x80, 0x9f, 3},
        {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4},
        {0xf1, 0xf3, 0x80, 0xbf, 4},
        {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    const unsigned char *c = (const unsigned char *)text;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (*c < rows[i].first || *c > rows[i].last)
            continue;
        if (rows[i].len > 1 && (c[1] < rows[i].low || c[1] > rows[i].high))
            return 0;
        for (size_t k = 2; k < rows[i].len; k++)
            if ((c[k] & 0xc0) != 0x80)
                return 0;
        return rows[i].len;
    }
    return 0;
}

/* One character; what is not harmless as \xNN, octet by octet. Returns how many it was. */
static size_t put_char(struct line *l, const char *text)
{
    size_t len = harmless(text);
    char hex[5];

    if (len > 0) {
        put(l, text, len);
        return len;
    }
    snprintf(hex, sizeof hex, "\\x%02x", (unsigned char)*text);
    put_text(l, hex);
    return 1;
}

/* A word; in quotes when a reader could not see where it ends. */
static void put_word(struct line *l, const char *word)
{
    if (*word && !strpbrk(word, " \"")) {
        while (*word)
            word += put_char(l, word);
        return;
    }
    put_text(l, "\"");
    if (!l->cut)
        l->quoted = true;
    while (*word) {
        if (*word == '"' || *word == '\\')
            put_text(l, "\\");
        word += put_char(l, word);
    }
    put_text(l, "\"");
    l->quoted = l->quoted && l->cut;
}

void log_harmless(FILE *out, const char *text)
{
    while (*text) {
        size_t len = *text == '\n' ? 1 : harmless(text);

        if (len > 0)
            fwrite(text, 1, len, out);
        else
            fprintf(out, "\\x%02x", (unsigned char)*text);
        text += len ? len : 1;
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
    for (const char *c = text; *c;)
        c += put_char(&l, c);
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
