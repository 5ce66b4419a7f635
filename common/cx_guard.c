/* SPDX-License-Identifier: Apache-2.0 */
/* What an accepted peer can do to end the whole stack of freeDiameter 1.2.1, and how it is kept
 * from it. (Whatever else makes the library give up ends the process: cx_stack.c.)
 *
 * A request whose Session-Id holds a NUL octet. So every message is looked at before the library
 * does: such a Session-Id gets the code of an AVP of our own (cx_dict.c) that no value satisfies,
 * and the library itself answers 5004 with Failed-AVP (RFC 6733 7.1.5), which then gets its right
 * code back. Nothing here is trusted: lengths are checked against the buffer.
 *
 * An answer with an AVP that cannot be read in front of its Result-Code: the library looks whether
 * that says error and asserts that it has been read by then. It calls fd_msg_parse_or_error through
 * the dynamic linker, so the one defined here comes first and reads the Result-Code first.
 *
 * A request that the library refuses by itself, from a peer that is gone before the answer: the
 * routing thread takes "cannot send" for the end of the world. Our fd_out_send, found in the same
 * way, makes a lost answer what it is.
 *
 * A connection that is taken down by one thread while another sends on it, tells of an error on it,
 * of a new one of the same peer, or of the end of the daemon: the message goes to a connection, the
 * event to a queue that is being freed, or was, which leaks, or ends the process by an assertion.
 * Those who add and end peers hold fd_g_peers_rw; our fd_out_send and our fd_psm_cleanup, which
 * takes the connection down, now do so, too, and our fd_event_send frees what finds no queue. */
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cx_stack.h"
#include "log.h"
#include "replaced.h"

enum {
    HEADER = 20,
    AVP_HEADER = 8,
    SESSION_ID = 263,
    NEW_CONNECTION = 1505, /* FDEVP_CNX_INCOMING, in none of the library's public headers */
    LOCK_WAIT_S = 1,
};

static uint32_t read_u32(const uint8_t *at)
{
    uint32_t value;

    memcpy(&value, at, sizeof value);
    return ntohl(value);
}

static void write_u32(uint8_t *at, uint32_t value)
{
    value = htonl(value);
    memcpy(at, &value, sizeof value);
}

void cx_guard_message(uint8_t *message, size_t len)
{
    size_t at = HEADER;

    while (at + AVP_HEADER <= len) {
        uint8_t *avp = message + at;
        uint32_t flags_and_len = read_u32(avp + 4), avp_len = flags_and_len & 0xffffff;
        bool vendor = flags_and_len >> 24 & AVP_FLAG_VENDOR;

        if (avp_len < AVP_HEADER || avp_len > len - at)
            return; /* the library refuses the whole message */
        if (read_u32(avp) == SESSION_ID && !vendor &&
            memchr(avp + AVP_HEADER, '\0', avp_len - AVP_HEADER))
            write_u32(avp, CX_AVP_BAD_SESSION_ID);
        at += PAD4(avp_len);
    }
}

/* Only looked at, not parsed: parsing would refuse it once more. */
void cx_guard_restore(struct msg *answer)
{
    struct avp *avp = NULL, *bad = NULL;
    struct avp_hdr *hdr;

    fd_msg_browse(answer, MSG_BRW_FIRST_CHILD, &avp, NULL);
    for (; avp; fd_msg_browse(avp, MSG_BRW_NEXT, &avp, NULL)) {
        if (fd_msg_avp_hdr(avp, &hdr) == 0 && cx_dict_is(hdr, CX_AVP_FAILED_AVP))
            fd_msg_browse(avp, MSG_BRW_FIRST_CHILD, &bad, NULL);
    }
    if (bad && fd_msg_avp_hdr(bad, &hdr) == 0 && hdr->avp_code == CX_AVP_BAD_SESSION_ID)
        hdr->avp_code = SESSION_ID;
}

/* ---- answers that cannot be read ---- */

typedef int parse_fn(struct msg **, struct msg **);

static int read_result_code(struct msg *answer)
{
    struct avp *avp = NULL;
    struct avp_hdr *hdr;
    int rc = 0;

    fd_msg_browse(answer, MSG_BRW_FIRST_CHILD, &avp, NULL);
    for (; avp && rc == 0; fd_msg_browse(avp, MSG_BRW_NEXT, &avp, NULL))
        if (fd_msg_avp_hdr(avp, &hdr) == 0 && hdr->avp_code == AC_RESULT_CODE &&
            !(hdr->avp_flags & AVP_FLAG_VENDOR))
            rc = fd_msg_parse_dict(avp, fd_g_config->cnf_dict, NULL);
    return rc;
}

int fd_msg_parse_or_error(struct msg **msg, struct msg **error)
{
    static _Atomic(void *) library;
    struct msg_hdr *hdr;
    int rc = fd_msg_hdr(*msg, &hdr);

    if (rc == 0 && !(hdr->msg_flags & CMD_FLAG_REQUEST))
        rc = read_result_code(*msg);
    if (rc == 0)
        return ((parse_fn *)replaced_symbol(&library, "fd_msg_parse_or_error"))(msg, error);
    *error = NULL;
    log_warn(NULL, "a diameter answer has a Result-Code that cannot be read: dropped");
    return rc;
}

/* ---- messages and events for those who are just going ---- */

struct cnxctx;
struct fd_peer;
int fd_out_send(struct msg **msg, struct cnxctx *cnx, struct fd_peer *peer, int update);
void fd_psm_cleanup(struct fd_peer *peer, int for_good);
void fd_peer_failover_msg(struct fd_peer *peer);
typedef int out_send_fn(struct msg **, struct cnxctx *, struct fd_peer *, int);
typedef void cleanup_fn(struct fd_peer *, int);

/* The base protocol's own messages are sent by those who also take connections down. */
static bool is_base(const struct msg_hdr *hdr)
{
    return hdr->msg_code == CC_CAPABILITIES_EXCHANGE || hdr->msg_code == CC_DEVICE_WATCHDOG ||
           hdr->msg_code == CC_DISCONNECT_PEER;
}

/* The library may end a thread in here. */
static void unlock(void *lock)
{
    if (lock)
        pthread_rwlock_unlock(lock);
}

/* A request that is not sent goes to somebody else: that one is told of the failure. */
int fd_out_send(struct msg **msg, struct cnxctx *cnx, struct fd_peer *peer, int update)
{
    static _Atomic(void *) library;
    struct msg_hdr *hdr;
    bool known = msg && *msg && fd_msg_hdr(*msg, &hdr) == 0 && !is_base(hdr);
    bool answer = known && !(hdr->msg_flags & CMD_FLAG_REQUEST);
    bool locked = known && pthread_rwlock_rdlock(&fd_g_peers_rw) == 0;
    int rc;

    pthread_cleanup_push(unlock, locked ? &fd_g_peers_rw : NULL);
    rc = ((out_send_fn *)replaced_symbol(&library, "fd_out_send"))(msg, cnx, peer, update);
    pthread_cleanup_pop(1);
    if (rc == 0 || !answer)
        return rc;
    log_debug(NULL, "diameter answer not sent: its peer has gone");
    if (*msg)
        fd_msg_free(*msg);
    *msg = NULL;
    return 0;
}

/* The end of the library may hold the lock already (EDEADLK), or wait for this thread; and who
 * sends may wait for a peer that does not read. */
void fd_psm_cleanup(struct fd_peer *peer, int for_good)
{
    static _Atomic(void *) library;
    struct timespec until;
    bool locked;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += LOCK_WAIT_S;
    locked = pthread_rwlock_timedwrlock(&fd_g_peers_rw, &until) == 0;
    pthread_cleanup_push(unlock, locked ? &fd_g_peers_rw : NULL);
    ((cleanup_fn *)replaced_symbol(&library, "fd_psm_cleanup"))(peer, for_good);
    fd_peer_failover_msg(peer); /* the library forgets the watchdogs of a peer that reopens */
    pthread_cleanup_pop(1);
}

/* What other events carry is freed by those who sent them. */
int fd_event_send(struct fifo *queue, int code, size_t size, void *data)
{
    struct fd_event *event = malloc(sizeof *event);
    int rc;

    if (!event)
        return ENOMEM;
    *event = (struct fd_event){code, size, data};
    rc = fd_fifo_post(queue, &event);
    if (rc == 0)
        return 0;
    free(event);
    if (code == NEW_CONNECTION)
        free(data);
    return rc;
}
