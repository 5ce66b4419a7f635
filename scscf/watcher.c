/* SPDX-License-Identifier: Apache-2.0 */
/* The lists of watchers, and their line in the journal. */
#include "watcher.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "journal.h"
#include "state_line.h"
#include "xalloc.h"

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct watcher *)a)->id, ((const struct watcher *)b)->id);
}

static void link_to(struct watcher *w, struct watcher **list)
{
    w->at = list;
    w->next = *list;
    if (w->next)
        w->next->at = &w->next;
    *list = w;
}

static void unlink_from(struct watcher *w)
{
    *w->at = w->next;
    if (w->next)
        w->next->at = w->at;
}

static struct watcher *add(struct scscf *scscf, struct registration *reg, const char *id)
{
    struct watcher *w = xzalloc(sizeof *w);

    w->scscf = scscf;
    w->reg = reg;
    snprintf(w->id, sizeof w->id, "%s", id);
    link_to(w, &reg->watchers);
    if (!tsearch(w, &scscf->watchers_by_id, compare))
        abort();
    return w;
}

struct watcher *watcher_new(struct scscf *scscf, struct registration *reg)
{
    char id[WATCHER_ID];
    uint64_t random;

    do {
        if (getrandom(&random, sizeof random, 0) != sizeof random)
            abort();
        snprintf(id, sizeof id, "%016llx", (unsigned long long)random);
    } while (watcher_find(scscf, id));
    return add(scscf, reg, id);
}

struct watcher *watcher_find(const struct scscf *scscf, const char *id)
{
    struct watcher key = {0}, **found;

    snprintf(key.id, sizeof key.id, "%s", id);
    found = tfind(&key, (void *const *)&scscf->watchers_by_id, compare);
    return found && strcmp((*found)->id, id) == 0 ? *found : NULL;
}

void watcher_leave(struct watcher *w)
{
    if (!w->reg)
        return;
    journal_watcher_gone(w->scscf, w->id);
    unlink_from(w);
    w->reg = NULL;
    link_to(w, &w->scscf->leaving);
}

void watcher_forget_told(struct watcher *w)
{
    struct described_impu *i;

    binding_list_free(w->ended);
    w->ended = NULL;
    while ((i = w->impus)) {
        w->impus = i->next;
        free(i->impu);
        free(i);
    }
}

static void release(struct watcher *w)
{
    unlink_from(w);
    tdelete(w, &w->scscf->watchers_by_id, compare);
    loop_cancel(&w->timer);
    way_cancel(&w->notify);
    watcher_forget_told(w);
    free(w->who);
    free(w->call_id);
    free(w->local_tag);
    free(w->remote_tag);
    free(w->local_uri);
    free(w->remote_uri);
    free(w->target);
    free(w->routes);
    free(w->event_id);
    free(w->last_words);
    free(w);
}

void watcher_free(struct watcher *w)
{
    if (w->reg)
        journal_watcher_gone(w->scscf, w->id);
    release(w);
}

void watchers_free(struct watcher *w)
{
    while (w) {
        struct watcher *next = w->next;

        release(w);
        w = next;
    }
}

void watchers_abandon(struct scscf *scscf)
{
    for (struct registration *reg = scscf->registrar.all; reg; reg = reg->next) {
        watchers_free(reg->watchers);
        reg->watchers = NULL;
    }
    watchers_free(scscf->leaving);
    scscf->leaving = NULL;
}

static void print(const struct watcher *w, uint64_t now_ms, FILE *out)
{
    fprintf(out, "watcher call=%s impu=%s who=%s version=%u expires_s=%llu%s%s\n", w->call,
            w->local_uri, w->who, w->version,
            (unsigned long long)(w->expires_ms > now_ms ? (w->expires_ms - now_ms) / 1000 : 0),
            w->notify ? " NOTIFY under way" : "", w->reg ? "" : " (last words)");
}

void watchers_print_live(const struct scscf *scscf, FILE *out)
{
    uint64_t now_ms = loop_now_ms(scscf->loop);

    for (const struct registration *reg = scscf->registrar.all; reg; reg = reg->next)
        for (const struct watcher *w = reg->watchers; w; w = w->next)
            print(w, now_ms, out);
    for (const struct watcher *w = scscf->leaving; w; w = w->next)
        print(w, now_ms, out);
}

/* ---- the journal's ---- */

struct watcher *watcher_next(const struct watcher *w)
{
    return w->next;
}

const char *watcher_id(const struct watcher *w)
{
    return w->id;
}

#define TEXT(key_, member_)                                                                        \
    {                                                                                              \
        key_, offsetof(struct watcher, member_)                                                    \
    }

static const struct {
    const char *key;
    size_t at;
} texts[] = {
    TEXT("who", who),         TEXT("call", call_id),   TEXT("ltag", local_tag),
    TEXT("rtag", remote_tag), TEXT("luri", local_uri), TEXT("ruri", remote_uri),
    TEXT("target", target),   TEXT("routes", routes),  TEXT("event", event_id),
};

static char **text_of(struct watcher *w, size_t i)
{
    return (char **)((char *)w + texts[i].at);
}

void watcher_write(struct scscf *scscf, const struct watcher *w, struct state_line *line)
{
    int64_t left_s = ((int64_t)w->expires_ms - (int64_t)loop_now_ms(scscf->loop)) / 1000;

    for (size_t i = 0; i < COUNT(texts); i++)
        line_text(line, texts[i].key, *text_of((struct watcher *)w, i));
    line_number(line, "lcseq", w->local_cseq);
    line_number(line, "rcseq", w->remote_cseq);
    line_number(line, "version", w->version);
    line_number(line, "until", loop_wall_s(scscf->loop) + left_s);
}

bool watcher_read(struct scscf *scscf, struct registration *reg, const char *id, const char *line)
{
    uint64_t numbers[4], now_ms = loop_now_ms(scscf->loop);
    static const char *const keys[] = {"lcseq", "rcseq", "version", "until"};
    int64_t left_s;
    struct watcher *w;

    if (strlen(id) >= WATCHER_ID || watcher_find(scscf, id))
        return false;
    for (size_t i = 0; i < COUNT(keys); i++)
        if (!line_get_number(line, keys[i], 10, &numbers[i]))
            return false;
    w = add(scscf, reg, id);
    for (size_t i = 0; i < COUNT(texts); i++) {
        char *value = line_get_copy(line, texts[i].key);

        *text_of(w, i) = value ? value : xstrdup("");
    }
    w->local_cseq = (uint32_t)numbers[0];
    w->remote_cseq = (uint32_t)numbers[1];
    w->version = (uint32_t)numbers[2];
    left_s = (int64_t)numbers[3] - loop_wall_s(scscf->loop);
    w->expires_ms = now_ms + (left_s > 0 ? 1000ull * (uint64_t)left_s : 0);
    call_tag(w->call_id, w->call);
    if (!*w->call_id || !*w->target || !*w->local_uri || !*w->remote_uri) {
        release(w);
        return false;
    }
    notify_arm(w);
    return true;
}
