/* SPDX-License-Identifier: Apache-2.0 */
/* sofia's su_root as a guest of the loop. su_root_run would busy-poll in the last millisecond of
 * every timer, and it would own the process; so the loop watches sofia's epoll descriptor and steps
 * the root when something is ready or when its next timer is due. Sofia has no call that gives this
 * descriptor: it is the one that appears in /proc/self/fd while the root is made. */
#include <assert.h>
#include <dirent.h>
#include <sofia-sip/su_log.h>
#include <sofia-sip/su_wait.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sip_engine.h"
#include "xalloc.h"

#define MAX_FD  65536
#define IDLE_MS 60000

struct sip_root {
    su_root_t *su;
    struct loop *loop;
    struct loop_watch *watch;
    struct loop_timer *timer;
    uint64_t due_ms; /* when timer runs */
    unsigned users;
    bool stepping; /* inside su_root_step: its return value says what is next */
    bool kicked;   /* a step is posted */
};

static struct sip_root *the_root;

/* Marks the epoll descriptors that are open now. */
static void find_epolls(unsigned char seen[MAX_FD])
{
    DIR *dir = opendir("/proc/self/fd");
    struct dirent *entry;
    char path[64], link[64];
    ssize_t len;
    long fd;

    memset(seen, 0, MAX_FD);
    while (dir && (entry = readdir(dir))) {
        fd = strtol(entry->d_name, NULL, 10);
        if (entry->d_name[0] == '.' || fd < 0 || fd >= MAX_FD)
            continue;
        snprintf(path, sizeof path, "/proc/self/fd/%ld", fd);
        len = readlink(path, link, sizeof link - 1);
        link[len > 0 ? len : 0] = 0;
        seen[fd] = strcmp(link, "anon_inode:[eventpoll]") == 0;
    }
    if (dir)
        closedir(dir);
}

static int make_root(struct sip_root *root)
{
    unsigned char *before = xzalloc(MAX_FD), *after = xzalloc(MAX_FD);
    int fd = -1;

    find_epolls(before);
    sip_guard();
    su_init();
    su_log_set_level(NULL, 0);
    root->su = su_root_create(NULL);
    find_epolls(after);
    for (int i = 0; root->su && i < MAX_FD; i++)
        if (after[i] && !before[i])
            fd = i;
    free(before);
    free(after);
    return fd;
}

static loop_fn step_when_due;

static void step(struct sip_root *root)
{
    su_duration_t next;
    uint64_t due;

    root->stepping = true;
    next = su_root_step(root->su, 0);
    root->stepping = false;
    if (next == SU_WAIT_FOREVER || next > IDLE_MS)
        next = IDLE_MS;
    else if (next < 1)
        next = 1;
    due = loop_now_ms(root->loop) + next;
    if (root->timer && root->due_ms <= due)
        return; /* it wakes us early enough */
    loop_cancel(&root->timer);
    root->due_ms = due;
    root->timer = loop_after(root->loop, next, step_when_due, root);
}

static void step_when_due(void *arg)
{
    struct sip_root *root = arg;

    root->timer = NULL;
    step(root);
}

static void step_when_ready(void *arg, int fd, unsigned what)
{
    (void)fd;
    (void)what;
    step(arg);
}

static void free_if_left(struct sip_root *root)
{
    if (root->users == 0 && !root->kicked)
        free(root);
}

static void step_when_kicked(void *arg)
{
    struct sip_root *root = arg;

    root->kicked = false;
    if (root->users > 0)
        step(root);
    free_if_left(root);
}

void sip_root_kick(struct sip_root *root)
{
    if (root->stepping || root->kicked)
        return;
    root->kicked = true;
    loop_post(root->loop, step_when_kicked, root);
}

struct sip_root *sip_root_enter(struct loop *loop)
{
    struct sip_root *root = the_root;
    int fd;

    if (!root) {
        root = the_root = xzalloc(sizeof *root);
        root->loop = loop;
        fd = make_root(root);
        if (fd < 0) {
            log_error(NULL, "sofia's epoll descriptor is not in /proc/self/fd: is /proc mounted?");
            abort();
        }
        root->watch = loop_watch(loop, fd, LOOP_READ, step_when_ready, root);
    }
    assert(root->loop == loop);
    root->users++;
    return root;
}

void sip_root_leave(struct sip_root *root)
{
    if (--root->users > 0)
        return;
    loop_unwatch(&root->watch);
    loop_cancel(&root->timer);
    su_root_destroy(root->su);
    the_root = NULL;
    free_if_left(root);
}

su_root_t *sip_root_su(struct sip_root *root)
{
    return root->su;
}
