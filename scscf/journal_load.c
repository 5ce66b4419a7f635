/* SPDX-License-Identifier: Apache-2.0 */
/* The journal, read back (its form: journal.c). Sets and contacts come to life as they are read;
 * watchers and SARs, of which many lines say nothing any more, at the end. */
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "journal_file.h"
#include "told.h"
#include "xalloc.h"

struct by_id { /* set, watcher or SAR */
    uint64_t id;
    char name[64]; /* of a watcher; "" */
    struct registration *reg;
    char *line; /* its last line */
};

struct loading {
    struct scscf *scscf;
    void *sets, *watchers, *told; /* tsearch of struct by_id */
};

static int compare(const void *a, const void *b)
{
    const struct by_id *x = a, *y = b;

    if (x->id != y->id)
        return x->id < y->id ? -1 : 1;
    return strcmp(x->name, y->name);
}

static void free_entry(void *entry)
{
    free(((struct by_id *)entry)->line);
    free(entry);
}

static struct by_id *find(void *const *tree, uint64_t id)
{
    struct by_id key = {.id = id}, **found = tfind(&key, tree, compare);

    return found ? *found : NULL;
}

/* The entry like this one, made when it is not there. */
static struct by_id *entry_of(void **tree, const struct by_id *key)
{
    struct by_id **found = tfind(key, tree, compare), *made;

    if (found)
        return *found;
    made = xmemdup(key, sizeof *key);
    if (!tsearch(made, tree, compare))
        abort();
    return made;
}

static void forget(void **tree, const struct by_id *key)
{
    struct by_id **found = tfind(key, tree, compare), *entry = found ? *found : NULL;

    if (!entry)
        return;
    tdelete(entry, tree, compare);
    free_entry(entry);
}

static bool get_id(struct loading *l, const char *line, const char *key, uint64_t *id)
{
    struct registrar *r = &l->scscf->registrar;

    if (!line_get_number(line, key, 10, id))
        return false;
    if (*id > r->last_id)
        r->last_id = *id;
    return true;
}

/* ---- sets ---- */

static struct profile names_only(char *names)
{
    struct profile p = {.impu = xzalloc(PROFILE_MAX_IMPUS * sizeof *p.impu)};

    for (char *name = names, *end; *name && p.impu_count < PROFILE_MAX_IMPUS; name = end) {
        struct profile_impu *impu = &p.impu[p.impu_count++];

        end = name + strcspn(name, " ");
        if (*end)
            *end++ = 0;
        impu->barred = *name == '!';
        impu->id = xstrdup(name + impu->barred);
    }
    return p;
}

static bool read_profile(const char *line, struct profile *profile)
{
    char *text = line_get_copy(line, "xml");
    bool good = false;

    if (text) {
        good = profile_parse(profile, text, NULL) == 0;
    } else {
        text = line_get_copy(line, "impus");
        if (text)
            *profile = names_only(text);
        good = profile->impu_count > 0;
    }
    free(text);
    return good;
}

static void forget_set(struct loading *l, uint64_t id)
{
    struct by_id *set = find(&l->sets, id), key = {.id = id};

    if (!set)
        return;
    registrar_remove(&l->scscf->registrar, set->reg);
    forget(&l->sets, &key);
}

static bool read_set(struct loading *l, const char *line)
{
    struct by_id key = {0};
    struct profile profile = {0};
    struct registration *reg;

    if (!get_id(l, line, "id", &key.id) || !read_profile(line, &profile))
        return false;
    reg = registrar_put(&l->scscf->registrar, &profile, NULL);
    if (reg->id != key.id) { /* new; or one that had an identity of it and has lost its own line */
        struct by_id old = {.id = reg->id};

        forget(&l->sets, &old);
        reg->id = key.id;
    }
    reg->unsaved = false;
    entry_of(&l->sets, &key)->reg = reg;
    return true;
}

static bool end_set(struct loading *l, const char *line)
{
    uint64_t id;

    if (!get_id(l, line, "set", &id))
        return false;
    forget_set(l, id);
    return true;
}

/* ---- contacts ---- */

/* A moment of the wall clock as one of the loop's clock, which may have begun after it. */
static bool get_time(struct loading *l, const char *line, const char *key, uint64_t *at_ms)
{
    struct loop *loop = l->scscf->loop;
    uint64_t wall_ms;
    int64_t ms;

    if (!line_get_number(line, key, 10, &wall_ms) || wall_ms > INT64_MAX / 2)
        return false;
    ms = (int64_t)loop_now_ms(loop) + (int64_t)wall_ms - loop_wall_ms(loop);
    *at_ms = ms > 0 ? ms : 0;
    return true;
}

static bool read_values(struct loading *l, const char *line, struct binding *b)
{
    uint64_t cseq, event;

    b->text = line_get_copy(line, "text");
    b->impi = line_get_copy(line, "impi");
    b->impu = line_get_copy(line, "impu");
    b->call_id = line_get_copy(line, "call_id");
    b->path = line_get_copy(line, "path");
    if (!b->path)
        b->path = xstrdup("");
    if (!b->impi || !b->impu || !b->call_id || !binding_read_text(b) ||
        !line_get_number(line, "cseq", 10, &cseq) || !line_get_number(line, "event", 10, &event) ||
        !get_time(l, line, "since", &b->since_ms) || !get_time(l, line, "until", &b->expires_ms) ||
        cseq > UINT32_MAX || event > CHANGE_REJECTED)
        return false;
    b->cseq = cseq;
    b->event = event;
    return true;
}

static bool read_contact(struct loading *l, const char *line)
{
    struct binding *b = xzalloc(sizeof *b);
    struct by_id *set;
    uint64_t id;

    if (!get_id(l, line, "set", &id) || !get_id(l, line, "id", &b->id) ||
        !read_values(l, line, b)) {
        binding_list_free(b);
        return false;
    }
    set = find(&l->sets, id);
    if (set)
        binding_put(set->reg, b);
    else
        binding_list_free(b); /* a set that is copied further below, or whose line is damaged */
    return true;
}

static bool end_contact(struct loading *l, const char *line)
{
    struct by_id *set;
    uint64_t set_id, id;

    if (!get_id(l, line, "set", &set_id) || !get_id(l, line, "id", &id))
        return false;
    set = find(&l->sets, set_id);
    for (struct binding **at = set ? &set->reg->bindings : NULL; at && *at; at = &(*at)->next) {
        struct binding *b = *at;

        if (b->id != id)
            continue;
        *at = b->next;
        b->next = NULL;
        binding_list_free(b);
        break;
    }
    return true;
}

/* ---- watchers, and what the HSS is to be told ---- */

static bool keep_line(void **tree, const struct by_id *key, const char *line)
{
    struct by_id *entry = entry_of(tree, key);

    free(entry->line);
    entry->line = xstrdup(line);
    return true;
}

static bool read_watcher(struct loading *l, const char *line)
{
    struct by_id key = {0};

    return line_get_text(line, "id", key.name, sizeof key.name) &&
           keep_line(&l->watchers, &key, line);
}

static bool end_watcher(struct loading *l, const char *line)
{
    struct by_id key = {0};

    if (!line_get_text(line, "id", key.name, sizeof key.name))
        return false;
    forget(&l->watchers, &key);
    return true;
}

static bool read_told(struct loading *l, const char *line)
{
    struct by_id key = {0};

    return get_id(l, line, "id", &key.id) && keep_line(&l->told, &key, line);
}

static bool end_told(struct loading *l, const char *line)
{
    struct by_id key = {0};

    if (!get_id(l, line, "id", &key.id))
        return false;
    forget(&l->told, &key);
    return true;
}

static void revive_watcher(const void *node, VISIT visit, void *arg)
{
    const struct by_id *entry = *(const struct by_id *const *)node;
    struct loading *l = arg;
    struct by_id *set;
    uint64_t id;

    if (visit != postorder && visit != leaf)
        return;
    if (!line_get_number(entry->line, "set", 10, &id))
        return;
    set = find(&l->sets, id);
    if (set && !watcher_read(l->scscf, set->reg, entry->name, entry->line))
        log_warn(NULL, "a watcher in the journal cannot be brought back");
}

static void revive_told(const void *node, VISIT visit, void *arg)
{
    const struct by_id *entry = *(const struct by_id *const *)node;
    struct loading *l = arg;
    struct told told = {.id = entry->id};
    uint64_t type;

    if (visit != postorder && visit != leaf)
        return;
    if (line_get_number(entry->line, "type", 10, &type) && type <= INT32_MAX &&
        line_get_text(entry->line, "impi", told.impi, sizeof told.impi) &&
        line_get_text(entry->line, "impu", told.impu, sizeof told.impu) &&
        line_get_text(entry->line, "call", told.call, sizeof told.call)) {
        told.type = type;
        sar_tell_again(l->scscf, &told);
    }
}

/* ---- the whole ---- */

static bool on_line(void *arg, char *line)
{
    static const struct {
        const char *word;
        bool (*read)(struct loading *, const char *line);
    } words[] = {
        {"set",       read_set    },
        {"contact",   read_contact},
        {"ended",     end_contact },
        {"end",       end_set     },
        {"watcher",   read_watcher},
        {"unwatched", end_watcher },
        {"told",      read_told   },
        {"heard",     end_told    },
    };

    for (size_t i = 0; i < COUNT(words); i++)
        if (line_is(line, words[i].word))
            return words[i].read(arg, line);
    return false;
}

static size_t wake_sets(struct scscf *scscf)
{
    struct registration *next;
    size_t contacts = 0;

    for (struct registration *reg = scscf->registrar.all; reg; reg = next) {
        next = reg->next;
        for (const struct binding *b = reg->bindings; b; b = b->next)
            contacts++;
        expiry_arm(scscf, reg);
    }
    return contacts;
}

void journal_load(struct scscf *scscf, const char *path)
{
    struct loading l = {.scscf = scscf};
    size_t first, bad = state_log_load(scscf->journal->log, on_line, &l, &first), contacts;

    if (bad)
        log_warn(NULL, "journal '%s': %zu damaged lines left out, the first is line %zu", path, bad,
                 first);
    twalk_r(l.watchers, revive_watcher, &l);
    twalk_r(l.told, revive_told, &l);
    tdestroy(l.watchers, free_entry);
    tdestroy(l.told, free_entry);
    tdestroy(l.sets, free_entry);
    contacts = wake_sets(scscf);
    if (contacts)
        log_info(NULL, "journal: %zu registrations with %zu contacts are back",
                 scscf->registrar.count, contacts);
}
