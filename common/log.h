/* SPDX-License-Identifier: Apache-2.0 */
/* One way to log: one line per message and per outcome; the log is the ladder.
 *
 *   2026-11-24T13:44:46.123456Z icscf1 info call=3c26700d -> hss UAR proto=cx
 * impu=sip:name@hims.net 2026-11-24T13:44:46.125001Z icscf1 info call=3c26700d <- hss UAA proto=cx
 * result=FIRST_REGISTRATION 2026-11-24T13:44:46.125040Z icscf1 info call=3c26700d == select
 * scscf=scscf1.hims.net 2026-11-24T13:44:46.125040Z icscf1 warn call=- -- cannot reach
 * dns 10.60.3.1: timed out
 *
 * Fields: UTC time, element, level, call tag, then either an arrow line (arrow, peer, message,
 * key=value...) or "--" and a sentence. Arrows: "->" sent, "<-" received, "==" decided here (no
 * peer: the word after
 * "==" is what was decided). A word with a space, a quote or nothing in it is written in double
 * quotes with
 * \" and \\ escaped; control characters become \xNN, so that no peer can forge a line.
 * ./lab reads these lines back to draw the ladder: every message that crosses a wire gets exactly
 * one "->" at its sender and one "<-" at its receiver, with proto=sip|cx|dns|nas|gtp|ns among its
 * keys. No secrets: no K, OP, OPc, CK, IK, XRES, RES, password ever reaches a log call (make lint
 * checks). */
#ifndef IMSLAB_LOG_H
#define IMSLAB_LOG_H

#include <stdbool.h>
#include <stdio.h>

enum log_level { LEVEL_ERROR, LEVEL_WARN, LEVEL_INFO, LEVEL_DEBUG };

#define CALL_TAG 9 /* 8 hex digits and the NUL */

/* log_open - name the element and the least important level that is written. Lines go to stderr,
 * one write(2) each. Before log_open: program "imslab", level info. */
void log_open(const char *element, enum log_level level);
/* log_as - from now on the lines are this element's: gprs-stub is SGSN and GGSN in one process. */
void log_as(const char *element);
/* log_on - whether lines of this level are written; ask before doing work only for the log. */
bool log_on(enum log_level level);
/* log_element - the name given to log_open. */
const char *log_element(void);

/* log_text - a sentence. call: the call tag or NULL. Use the macros. */
void log_text(enum log_level level, const char *call, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* log_arrow - an arrow line at level info.
 * call     the call tag, NULL when the message belongs to none
 * arrow    "->", "<-" or "=="
 * peer     element name or address; NULL with "=="
 * message  what was sent or decided, e.g. "REGISTER", "401", "Attach Request"
 * ...      pairs of const char *key, const char *value, ended by one NULL key; a NULL value leaves
 * its pair out */
void log_arrow(const char *call, const char *arrow, const char *peer, const char *message, ...)
    __attribute__((sentinel));
/* log_arrow_at - the same at another level. */
void log_arrow_at(enum log_level level, const char *call, const char *arrow, const char *peer,
                  const char *message, ...) __attribute__((sentinel));

#define log_error(call, ...) log_text(LEVEL_ERROR, call, __VA_ARGS__)
#define log_warn(call, ...)  log_text(LEVEL_WARN, call, __VA_ARGS__)
#define log_info(call, ...)  (log_on(LEVEL_INFO) ? log_text(LEVEL_INFO, call, __VA_ARGS__) : (void)0)
#define log_debug(call, ...)                                                                       \
    (log_on(LEVEL_DEBUG) ? log_text(LEVEL_DEBUG, call, __VA_ARGS__) : (void)0)

/* log_ready - the line "-- ready", written whatever the level: ./lab waits for it. */
void log_ready(void);
/* log_moment - remember now; the next line of this thread bears this time, not the time it is
 * written. For a sender who can log only after the send: its line still stands before the
 * receiver's. */
void log_moment(void);
/* log_no_moment - forget it again: nothing was sent. */
void log_no_moment(void);

/* log_harmless - text for a screen, which obeys what a peer may have put into it: newlines stay,
 * other control characters become \xNN. */
void log_harmless(FILE *out, const char *text);

/* call_tag - the 8 hex digits that follow one registration through all daemons: a hash of the SIP
 * Call-ID (or, before there is SIP, of the IMSI digits). Writes into tag and returns it. */
const char *call_tag(const char *id, char tag[CALL_TAG]);
/* log_number - decimal text of n in buf[24], for the pairs of log_arrow; returns buf. */
const char *log_number(long long n, char buf[24]);

#endif
