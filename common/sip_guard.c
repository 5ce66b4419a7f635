/* SPDX-License-Identifier: Apache-2.0 */
/* Two functions of sofia that are replaced by ours, because a peer could use sofia's to stop the
 * process: the library calls them through its PLT and finds the executable's first (-rdynamic).
 *
 *   su_getmsgsize  how much to read. Sofia reads a whole TCP backlog at once and copies the rest
 *                  behind every message of it: quadratic in what waits, in time and memory.
 *   msg_extract    parse what was read. Sofia appends every header value to a list by walking it:
 *                  one datagram of 60 KB with 15000 values costs seconds. We refuse it (400).
 *                  A header that may stand once and stands twice makes sofia abort when the
 *                  message is passed on: the second becomes an error.
 *                  And sofia sends an answer to any address that the top Via names in maddr
 *                  (RFC 3261 18.2.2): who can ask could have us talk to the core or to multicast
 *                  groups. What is asked here is never multicast: maddr is taken out.
 *                  And sofia drops a request whose Request-URI it cannot read, where 400 is due
 *                  (RFC 3261 21.4.1): the URI becomes one that nta refuses by itself. */
#include <sofia-sip/msg.h>
#include <sofia-sip/msg_buffer.h>
#include <sofia-sip/msg_header.h>
#include <sofia-sip/msg_mclass.h>
#include <sofia-sip/su.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "replaced.h"
#include "sip_engine.h"

#define STREAM_READ 4096
#define MAX_VALUES  500 /* header lines and commas in them; a fat IMS request has about 150 */

#define END     "\r\n\r\n"
#define VERSION " SIP/2.0"

typedef int msg_extract_fn(msg_t *msg);

static int sofias_extract(msg_t *msg)
{
    static _Atomic(void *) sofia;

    return ((msg_extract_fn *)replaced_symbol(&sofia, "msg_extract"))(msg);
}

void sip_guard(void)
{ /* the linker takes this file out of the archive for whoever calls it */
}

issize_t su_getmsgsize(su_socket_t fd)
{
    int waiting = 0, type = 0;
    socklen_t size = sizeof type;

    if (ioctl(fd, FIONREAD, &waiting) < 0)
        return -1;
    if (waiting > STREAM_READ && getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
        type == SOCK_STREAM)
        return STREAM_READ;
    return waiting;
}

/* Counts values in the headers of what is not parsed yet, as far as the empty line; returns where
 * there are more than MAX_VALUES of them, or len. */
static size_t find_excess(const char *text, size_t len, uintptr_t *values)
{
    size_t line = 0;

    for (size_t i = 0; i < len; i++) {
        if (text[i] == '\n' && line == 0 && *values > 0)
            break;
        if (text[i] != '\r')
            line = text[i] == '\n' ? 0 : line + 1;
        *values += text[i] == '\n' || text[i] == ',';
        if (*values > MAX_VALUES)
            return i;
    }
    return len;
}

/* A request line of a message that sofia would drop for its URI keeps its length and gets one that
 * begins with '<', which nta answers with 400. text: len octets, from the start of a message. */
static void mark_bad_uri(char *text, size_t len)
{
    char *end, *uri, *after, *line;
    size_t version = sizeof VERSION - 1;
    sip_request_t *request;

    for (; len && (*text == '\r' || *text == '\n'); text++)
        len--;
    end = memchr(text, '\n', len);
    uri = memchr(text, ' ', len);
    if (!end || !uri || end - uri < (ptrdiff_t)version + 2 || strncmp(text, "SIP/", 4) == 0)
        return;
    end -= end[-1] == '\r';
    after = end - version;
    if (++uri >= after || strncasecmp(after, VERSION, version) != 0)
        return;
    line = su_strndup(NULL, text, end - text);
    request = line ? sip_request_make(NULL, line) : NULL;
    if (!request && line)
        memset(uri, '<', after - uri);
    su_free(NULL, request);
    su_free(NULL, line);
}

/* Of a header that may stand once sofia puts the second among the errors, but as what it is:
 * whoever reads it as a msg_error_t reads something else, and serialize_one() asserts that it is
 * alone. It becomes the error that it stands for; every header has room for that. */
static void name_repeated(sip_t *sip)
{
    msg_hclass_t *error = sip_grammar()->mc_error->hr_class;

    for (msg_error_t *e = sip->sip_error; e; e = e->er_next) {
        if (e->er_common->h_class == error)
            continue;
        e->er_name = e->er_common->h_class->hc_name;
        e->er_common->h_class = error;
    }
}

static int extract(msg_t *msg)
{
    int rc = sofias_extract(msg);
    sip_t *sip = sip_object(msg);

    if (sip)
        name_repeated(sip);
    if (sip && sip->sip_request && sip->sip_via && sip->sip_via->v_maddr)
        msg_header_remove_param(sip->sip_via->v_common, "maddr");
    return rc;
}

/* What stays unparsed at the end of a read is counted again with the next: that errs to the safe
 * side by one line for every 4096 octets. What is too much is cut off, so that the rest has the Via
 * that an answer needs: nta answers 400 and closes a TCP connection. */
int msg_extract(msg_t *msg)
{
    sip_t *sip = sip_object(msg);
    size_t len = msg_buf_committed(msg), cut = len;
    char *text = msg_buf_committed_data(msg);
    uintptr_t values;
    int rc;

    if (sip && !sip->sip_request && !sip->sip_status && len)
        mark_bad_uri(text, len);
    if (sip && !sip->sip_separator && len) {
        values = (uintptr_t)sip->sip_user; /* a field for the application, that is us */
        cut = find_excess(text, len, &values);
        sip->sip_user = (void *)values;
    }
    if (cut + sizeof END > len) {
        rc = extract(msg);
        if (rc < 0 && sip && !sip->sip_request && !sip->sip_status)
            sip_wire_hang_up();
        return rc;
    }
    memcpy(text + cut, END, sizeof END - 1);
    rc = extract(msg);
    msg_mark_as_complete(msg, MSG_FLG_ERROR);
    return rc;
}
