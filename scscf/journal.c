/* SPDX-License-Identifier: Apache-2.0 */
/* The file: text, one record per line (state_line.h), mode 0600.
 *
 *   imslab-registrar 1
 *   set id=117964800000001 xml=<IMSSubscription>..               the profile as the HSS sent it
 *   set id=.. impus=sip:name@hims.net%20!sip:hidden@hims.net     one too long for a line: !: barred
 *   contact set=.. id=.. text=<sip:name@10.45.0.2:5060> impi=.. impu=.. call_id=.. path=.. cseq=27
 *       since=1795000000000 until=1795090000000 event=2          (all one line)
 *   ended set=.. id=..                                           a contact
 *   end set=..                                                   a set, all its contacts, watchers
 *   watcher set=.. id=.. ..                                      what watcher_write says
 *   unwatched id=..
 *   told id=.. type=4 impi=.. impu=.. call=..                    a SAR that has no answer yet
 *   heard id=..
 *
 * A later line takes the place of an earlier one with its word and id. Times are milliseconds since
 * 1970. The file is written anew in the background, some sets at each turn of the loop, when most
 * of its lines say nothing any more. */
#include "journal_file.h"

#include <stdlib.h>
#include <string.h>

#include "told.h"
#include "xalloc.h"

#define HEADER       "imslab-registrar 1"
#define COPY_AT_ONCE 100 /* sets at one turn of the loop */

/* ---- lines ---- */

static void put_id(struct state_line *line, const char *key, uint64_t id)
{
    line_number(line, key, id);
}

static int64_t wall_ms(struct scscf *scscf, uint64_t at_ms)
{
    return loop_wall_ms(scscf->loop) + (int64_t)(at_ms - loop_now_ms(scscf->loop));
}

static void put_set(struct state_line *line, const struct registration *reg)
{
    line_begin(line, "set");
    put_id(line, "id", reg->id);
    line_text(line, "xml", reg->profile.xml);
}

/* For a profile that a line cannot hold: who is in it; the rest comes with the next SAA. */
static void put_names(struct state_line *line, const struct registration *reg)
{
    const struct profile *p = &reg->profile;
    su_home_t *home = su_home_new(sizeof *home);
    const char *names = "";

    for (size_t i = 0; i < p->impu_count; i++)
        names = su_sprintf(home, "%s%s%s%s", names, *names ? " " : "", p->impu[i].barred ? "!" : "",
                           p->impu[i].id);
    line_begin(line, "set");
    put_id(line, "id", reg->id);
    line_text(line, "impus", names);
    su_home_unref(home);
}

static void put_contact(struct scscf *scscf, struct state_line *line,
                        const struct registration *reg, const struct binding *b)
{
    line_begin(line, "contact");
    put_id(line, "set", reg->id);
    put_id(line, "id", b->id);
    line_text(line, "text", b->text);
    line_text(line, "impi", b->impi);
    line_text(line, "impu", b->impu);
    line_text(line, "call_id", b->call_id);
    line_text(line, "path", b->path);
    line_number(line, "cseq", b->cseq);
    line_number(line, "since", wall_ms(scscf, b->since_ms));
    line_number(line, "until", wall_ms(scscf, b->expires_ms));
    line_number(line, "event", b->event);
}

static void put_watcher(struct scscf *scscf, struct state_line *line,
                        const struct registration *reg, const struct watcher *watcher)
{
    line_begin(line, "watcher");
    put_id(line, "set", reg->id);
    line_text(line, "id", watcher_id(watcher));
    watcher_write(scscf, watcher, line);
}

static void put_told(struct state_line *line, const struct told *told)
{
    line_begin(line, "told");
    put_id(line, "id", told->id);
    line_number(line, "type", told->type);
    line_text(line, "impi", told->impi);
    line_text(line, "impu", told->impu);
    line_text(line, "call", told->call);
}

/* ---- the new file ---- */

static void complain(struct journal *j, int err)
{
    if (!j->broken)
        log_error(NULL, "cannot write the journal: %s; a restart will lose registrations",
                  why_not(err));
    j->broken = true;
}

static int copy_set(struct scscf *scscf, struct registration *reg)
{
    struct journal *j = scscf->journal;
    int err;

    if (!reg->bindings)
        return 0;
    put_set(&j->line, reg);
    if (!reg->profile.xml || j->line.full)
        put_names(&j->line, reg);
    err = state_log_copy(j->log, &j->line);
    for (const struct binding *b = reg->bindings; b && !err; b = b->next) {
        put_contact(scscf, &j->line, reg, b);
        err = state_log_copy(j->log, &j->line);
    }
    for (const struct watcher *w = reg->watchers; w && !err; w = watcher_next(w)) {
        put_watcher(scscf, &j->line, reg, w);
        err = state_log_copy(j->log, &j->line);
    }
    return err;
}

static int copy_rest(struct scscf *scscf)
{
    struct journal *j = scscf->journal;
    int err = 0;

    for (const struct told *t = scscf->told; t && !err; t = t->next) {
        put_told(&j->line, t);
        err = state_log_copy(j->log, &j->line);
    }
    return err ? err : state_log_commit(j->log);
}

static void on_copy(void *arg)
{
    struct scscf *scscf = arg;
    struct journal *j = scscf->journal;
    int err = 0;

    j->copy_timer = NULL;
    for (size_t i = 0; i < COPY_AT_ONCE && j->to_copy && !err; i++) {
        struct registration *reg = j->to_copy;

        j->to_copy = reg->next;
        err = copy_set(scscf, reg);
    }
    if (!err && j->to_copy) {
        j->copy_timer = loop_after(scscf->loop, 0, on_copy, scscf);
        return;
    }
    if (!err)
        err = copy_rest(scscf);
    if (err)
        log_warn(NULL, "cannot write the journal anew: %s; the old one goes on", why_not(err));
}

/* Sets that come meanwhile stand before those that are there: append writes them to both. */
static void start_copy(struct scscf *scscf)
{
    struct journal *j = scscf->journal;
    int err = state_log_begin(j->log);

    if (err) {
        log_warn(NULL, "cannot write the journal anew: %s; the old one goes on", why_not(err));
        return;
    }
    j->to_copy = scscf->registrar.all;
    j->copy_timer = loop_after(scscf->loop, 0, on_copy, scscf);
}

/* ---- what happens ---- */

static void append(struct scscf *scscf)
{
    struct journal *j = scscf->journal;
    int err = state_log_append(j->log, &j->line);

    if (err)
        complain(j, err);
    else
        j->broken = false;
    if (!j->copy_timer && state_log_has_grown(j->log))
        start_copy(scscf);
}

static bool is_kept(const struct scscf *scscf)
{
    return scscf->journal && !scscf->journal->loading;
}

static void save_profile(struct scscf *scscf, struct registration *reg)
{
    struct journal *j = scscf->journal;

    put_set(&j->line, reg);
    if (!reg->profile.xml || j->line.full)
        put_names(&j->line, reg);
    append(scscf);
    reg->unsaved = false;
}

static void save_contacts(struct scscf *scscf, struct registration *reg,
                          const struct binding *ended)
{
    struct state_line *line = &scscf->journal->line;

    for (struct binding *b = reg->bindings; b; b = b->next) {
        if (!b->unsaved)
            continue;
        put_contact(scscf, line, reg, b);
        append(scscf);
        b->unsaved = false;
    }
    for (; ended; ended = ended->next) { /* last: a new contact may take the place of it */
        line_begin(line, "ended");
        put_id(line, "set", reg->id);
        put_id(line, "id", ended->id);
        append(scscf);
    }
}

void journal_save(struct scscf *scscf, struct registration *reg, const struct binding *ended)
{
    if (!is_kept(scscf))
        return;
    if (!reg->bindings) {
        line_begin(&scscf->journal->line, "end");
        put_id(&scscf->journal->line, "set", reg->id);
        append(scscf);
        reg->unsaved = true; /* should it come to life again */
        return;
    }
    if (reg->unsaved)
        save_profile(scscf, reg);
    save_contacts(scscf, reg, ended);
}

void journal_forget(struct scscf *scscf, const struct registration *reg)
{
    if (scscf->journal && scscf->journal->to_copy == reg)
        scscf->journal->to_copy = reg->next;
}

void journal_watcher(struct scscf *scscf, const struct registration *reg,
                     const struct watcher *watcher)
{
    if (!is_kept(scscf))
        return;
    put_watcher(scscf, &scscf->journal->line, reg, watcher);
    append(scscf);
}

static void append_id(struct scscf *scscf, const char *word, const char *id)
{
    line_begin(&scscf->journal->line, word);
    line_text(&scscf->journal->line, "id", id);
    append(scscf);
}

void journal_watcher_gone(struct scscf *scscf, const char *id)
{
    if (is_kept(scscf))
        append_id(scscf, "unwatched", id);
}

void journal_told(struct scscf *scscf, const struct told *told)
{
    if (!is_kept(scscf))
        return;
    put_told(&scscf->journal->line, told);
    append(scscf);
}

void journal_heard(struct scscf *scscf, const struct told *told)
{
    char id[24];

    if (!is_kept(scscf))
        return;
    snprintf(id, sizeof id, "%llu", (unsigned long long)told->id);
    append_id(scscf, "heard", id);
}

/* ---- open, close ---- */

int journal_open(struct scscf *scscf, const char *path, struct why *why)
{
    struct journal *j = xzalloc(sizeof *j);
    uint64_t lowest_id = (uint64_t)loop_wall_s(scscf->loop) << 16;
    int err = state_log_open(&j->log, path, HEADER, why);

    if (err) {
        free(j);
        return err;
    }
    scscf->journal = j;
    j->loading = true;
    journal_load(scscf, path);
    j->loading = false;
    if (scscf->registrar.last_id < lowest_id) /* of a lost journal, too, no id comes again */
        scscf->registrar.last_id = lowest_id;
    if (state_log_has_grown(j->log))
        start_copy(scscf);
    return 0;
}

void journal_close(struct scscf *scscf)
{
    struct journal *j = scscf->journal;

    if (!j)
        return;
    loop_cancel(&j->copy_timer);
    state_log_close(j->log);
    free(j);
    scscf->journal = NULL;
}
