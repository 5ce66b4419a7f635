/* SPDX-License-Identifier: Apache-2.0 */
/* Changes go to the kernel as one datagram of many messages, and only the last one asks for an
 * acknowledgement: netlink answers those that fail without being asked. So an SA set costs two
 * system calls. NETLINK_CAP_ACK keeps the kernel from sending the message, with its keys, back. */
#include "xfrm.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <stdlib.h>

#include "xalloc.h"
#include "xfrm_core.h"

int xfrm_open(struct xfrm **x, struct why *why)
{
    struct mnl_socket *nl = mnl_socket_open2(NETLINK_XFRM, SOCK_CLOEXEC);
    int on = 1, err;

    *x = NULL;
    if (!nl)
        return why_set(why, errno, "this kernel has no IPsec (XFRM): %s", why_not(errno));
    if (mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0) {
        err = errno;
        mnl_socket_close(nl);
        return why_set(why, err, "cannot bind a netlink socket: %s", why_not(err));
    }
    mnl_socket_setsockopt(nl, NETLINK_CAP_ACK, &on, sizeof on);
    *x = xzalloc(sizeof **x);
    (*x)->nl = nl;
    (*x)->seq = 1;
    return 0;
}

void xfrm_close(struct xfrm *x)
{
    if (!x)
        return;
    mnl_socket_close(x->nl);
    if (x->events)
        mnl_socket_close(x->events);
    wipe(x, sizeof *x);
    free(x);
}

/* ---- changes ---- */

void xfrm_begin(struct xfrm *x)
{
    wipe(x->out, x->used);
    x->count = x->used = 0;
}

static char *room(struct xfrm *x)
{
    assert(x->count < XFRM_CHANGES); /* our own callers collect a few */
    return x->out + x->used;
}

static void collect(struct xfrm *x, struct nlmsghdr *head, int forgive)
{
    head->nlmsg_seq = x->seq + x->count;
    x->change[x->count].forgive = forgive;
    x->change[x->count].type = head->nlmsg_type;
    x->count++;
    x->used += MNL_ALIGN(head->nlmsg_len);
}

void xfrm_put_sa(struct xfrm *x, const struct esp_sa *sa)
{
    struct nlmsghdr *head = message_sa(room(x), XFRM_MSG_NEWSA, sa);

    head->nlmsg_flags |= NLM_F_CREATE | NLM_F_EXCL;
    collect(x, head, 0);
}

void xfrm_keep_sa(struct xfrm *x, const struct esp_sa *sa)
{
    collect(x, message_sa(room(x), XFRM_MSG_UPDSA, sa), 0);
}

void xfrm_drop_sa(struct xfrm *x, const struct addr *dst, uint32_t spi)
{
    collect(x, message_sa_id(room(x), XFRM_MSG_DELSA, dst, spi), ESRCH);
}

void xfrm_put_policy(struct xfrm *x, const struct esp_policy *p)
{
    collect(x, message_policy(room(x), p), 0);
}

void xfrm_drop_policy(struct xfrm *x, const struct esp_policy *p)
{
    collect(x, message_policy_id(room(x), p), ENOENT);
}

static const char *what_failed(unsigned type)
{
    switch (type) {
    case XFRM_MSG_NEWSA: return "make an SA";
    case XFRM_MSG_UPDSA: return "change an SA";
    case XFRM_MSG_DELSA: return "remove an SA";
    case XFRM_MSG_UPDPOLICY: return "make a policy";
    default: return "remove a policy";
    }
}

static int say(unsigned type, int err, struct why *why)
{
    const char *what = what_failed(type);

    switch (err) {
    case EPROTONOSUPPORT: return why_set(why, err, "cannot %s: this kernel has no ESP", what);
    case ENOSYS: return why_set(why, err, "cannot %s: this kernel lacks the algorithm", what);
    case EEXIST: return why_set(why, err, "cannot %s: its SPI is in use", what);
    case ESRCH: return why_set(why, err, "cannot %s: it is not there", what);
    case EPERM: return why_set(why, err, "not allowed to %s (CAP_NET_ADMIN)", what);
    default: return why_set(why, err, "cannot %s: %s", what, why_not(err));
    }
}

/* The answers of one datagram. 1: the last change is answered; 0: more will come. */
static int note_answers(struct xfrm *x, ssize_t n, int errors[XFRM_CHANGES])
{
    const struct nlmsghdr *head = (const struct nlmsghdr *)x->in;
    int left = n;

    for (; mnl_nlmsg_ok(head, left); head = mnl_nlmsg_next(head, &left)) {
        const struct nlmsgerr *answer = mnl_nlmsg_get_payload(head);
        uint32_t i = head->nlmsg_seq - x->seq;

        if (head->nlmsg_type != NLMSG_ERROR || i >= x->count ||
            mnl_nlmsg_get_payload_len(head) < sizeof answer->error)
            continue; /* left over from an earlier question */
        errors[i] = -answer->error == x->change[i].forgive ? 0 : -answer->error;
        if (i + 1 == x->count)
            return 1;
    }
    return 0;
}

static int send_and_note(struct xfrm *x, int errors[XFRM_CHANGES])
{
    struct nlmsghdr *last = NULL;
    ssize_t n;

    for (size_t at = 0; at < x->used; at += MNL_ALIGN(last->nlmsg_len))
        last = (struct nlmsghdr *)(x->out + at);
    last->nlmsg_flags |= NLM_F_ACK;
    if (mnl_socket_sendto(x->nl, x->out, x->used) < 0)
        return -errno;
    do {
        n = mnl_socket_recvfrom(x->nl, x->in, sizeof x->in);
        if (n < 0 && errno != EINTR)
            return -errno;
    } while (n < 0 || !note_answers(x, n, errors));
    return 0;
}

int xfrm_commit(struct xfrm *x, uint32_t *failed, struct why *why)
{
    int errors[XFRM_CHANGES] = {0};
    int err = x->count ? send_and_note(x, errors) : 0;
    size_t count = x->count, first = count;
    uint32_t bits = 0;

    x->seq += XFRM_CHANGES;
    xfrm_begin(x);
    for (size_t i = count; i-- > 0;) {
        if (!err && errors[i] == 0)
            continue;
        bits |= 1u << i;
        first = i;
    }
    if (failed)
        *failed = bits;
    if (err)
        return why_set(why, -err, "cannot talk to the kernel about IPsec: %s", why_not(err));
    return first == count ? 0 : say(x->change[first].type, errors[first], why);
}

/* ---- questions ---- */

static int ask(struct xfrm *x, struct nlmsghdr *head, mnl_cb_t fn, void *arg)
{
    unsigned port = mnl_socket_get_portid(x->nl);
    ssize_t n;
    int rc;

    head->nlmsg_seq = ++x->seq;
    if (mnl_socket_sendto(x->nl, head, head->nlmsg_len) < 0)
        return -errno;
    do {
        n = mnl_socket_recvfrom(x->nl, x->in, sizeof x->in);
        if (n < 0)
            return -errno;
        rc = mnl_cb_run(x->in, n, head->nlmsg_seq, port, fn, arg);
        wipe(x->in, n); /* the kernel tells the keys, too */
    } while (rc > 0);
    return rc < 0 ? -errno : 0;
}

static int on_one(const struct nlmsghdr *head, void *arg)
{
    return message_read_sa(head, arg) < 0 ? MNL_CB_ERROR : MNL_CB_STOP;
}

int xfrm_get(struct xfrm *x, const struct addr *dst, uint32_t spi, struct esp_state *state)
{
    char buf[MESSAGE_MAX];

    return ask(x, message_sa_id(buf, XFRM_MSG_GETSA, dst, spi), on_one, state);
}

struct each {
    uint32_t first, last;
    xfrm_sa_fn *sa;
    xfrm_policy_fn *policy;
    void *arg;
};

static int on_sa(const struct nlmsghdr *head, void *arg)
{
    const struct each *each = arg;
    struct esp_state state;

    if (message_read_sa(head, &state) == 0 && state.reqid >= each->first &&
        state.reqid <= each->last)
        each->sa(each->arg, &state);
    return MNL_CB_OK;
}

static int on_policy(const struct nlmsghdr *head, void *arg)
{
    const struct each *each = arg;
    struct esp_policy p;

    if (message_read_policy(head, &p) == 0 && p.reqid >= each->first && p.reqid <= each->last)
        each->policy(each->arg, &p);
    return MNL_CB_OK;
}

int xfrm_each_sa(struct xfrm *x, uint32_t first, uint32_t last, xfrm_sa_fn *fn, void *arg)
{
    struct each each = {.first = first, .last = last, .sa = fn, .arg = arg};
    char buf[MESSAGE_MAX];

    return ask(x, message_dump(buf, XFRM_MSG_GETSA), on_sa, &each);
}

int xfrm_each_policy(struct xfrm *x, uint32_t first, uint32_t last, xfrm_policy_fn *fn, void *arg)
{
    struct each each = {.first = first, .last = last, .policy = fn, .arg = arg};
    char buf[MESSAGE_MAX];

    return ask(x, message_dump(buf, XFRM_MSG_GETPOLICY), on_policy, &each);
}
