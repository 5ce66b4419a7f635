/* SPDX-License-Identifier: Apache-2.0 */
/* SQLite in few words, for one thread. Errors stick: after the first one every call does nothing
 * and says "no rows", until sql_commit finds out and rolls everything back. So the code between
 * sql_begin and sql_commit reads as if a database could not fail. */
#ifndef IMSLAB_STORE_SQL_H
#define IMSLAB_STORE_SQL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "why.h"

struct sql;
struct sql_rows;

/* sql_open - open or make the database file (mode 0600), or ":memory:". Write-ahead log, foreign
 * keys enforced. NULL and *why. */
struct sql *sql_open(const char *path, struct why *why);
void sql_close(struct sql *sql);

/* sql_begin ... sql_commit - one transaction. sql_commit returns 0 when everything in it is stored,
 * or -EIO, with nothing of it stored and *why. sql_rollback: nothing of it is stored, by our own
 * decision; -EIO and *why when something had failed before. */
void sql_begin(struct sql *sql);
int sql_commit(struct sql *sql, struct why *why);
int sql_rollback(struct sql *sql, struct why *why);

/* sql_run - one statement without rows. types names the values for its ?: 't' const char * ("" is
 * stored as ""), 'i' int64_t, 'b' const void * and size_t. text must be a literal: statements are
 * kept by its address. sql_script: many statements in one text. */
void sql_run(struct sql *sql, const char *text, const char *types, ...);
void sql_script(struct sql *sql, const char *text);
int64_t sql_last_id(struct sql *sql);

/* sql_ask, sql_next - a statement's rows, one after the other; sql_next returns false after the
 * last one and ends it, so a loop runs to its end or sql_end is called. Only one at a time per
 * text. */
struct sql_rows *sql_ask(struct sql *sql, const char *text, const char *types, ...);
bool sql_next(struct sql_rows *rows);
void sql_end(struct sql_rows *rows);
/* The columns of the present row, from 0. sql_text cuts at size - 1; sql_text_copy is malloc'd,
 * NULL for "" and NULL; sql_blob returns whether the column had exactly len octets (zeroed
 * otherwise). */
int64_t sql_int(struct sql_rows *rows, int column);
void sql_text(struct sql_rows *rows, int column, char *out, size_t size);
char *sql_text_copy(struct sql_rows *rows, int column);
bool sql_is_null(struct sql_rows *rows, int column);
bool sql_blob(struct sql_rows *rows, int column, void *out, size_t len);

#endif
