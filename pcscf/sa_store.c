/* SPDX-License-Identifier: Apache-2.0 */
/* The file: text, one record per line, mode 0600, for it holds keys.
 *
 *   imslab-sa 1
 *   set id=4660a2b4 state=established impi=name.private@hims.net call=3c26700d
 *       ue=10.45.0.2 pcscf=10.60.2.10 port_uc=40001 port_us=40002 port_pc=5062 port_ps=5061
 *       spi_uc=00001001 spi_us=00001002 spi_pc=4660a2b5 spi_ps=4660a2b4
 *       alg=hmac-sha-1-96 ealg=aes-cbc mode=trans encap=4500 ck=<32 hex> ik=<32 hex>
 *       until=1795000000 installed=1794900000 hard=1048576 retired=0
 *       uc_ps=300 ps_uc=1024 pc_us=2048 us_pc=0 client=... server=... #7f3a0c11   (all one line)
 *   numbers id=4660a2b4 uc_ps=556 ps_uc=1024 pc_us=2048 us_pc=0 #...
 *   gone id=4660a2b4 #...
 *   contact impi=... impu=... uri=... source=10.45.0.2 port=40001 transport=udp until=1795000000
 *       route=... associated=... #...                                              (all one line)
 *   forgotten impi=... impu=... uri=... #...
 *
 * A later line about the same id, or the same impi, impu and uri, takes the place of an earlier
 * one. spi_* and id (which is spi_ps) are hexadecimal, other numbers decimal, times seconds since
 * 1970. uc_ps, us_pc: the highest sequence number that is known to have arrived; ps_uc, pc_us: a
 * number that the kernel will not have passed, so a restored SA goes on after it. Blanks, %, =, #
 * and what is not printable are %XX; an empty value is "%". The number after # is FNV-1a of what
 * stands before it: a line that was cut off does not count. Decrypting needs pcscf, ue, spi_*, alg,
 * ealg, ck and ik (keys of ESP: common/sa_keys.c). */
#include "sa_store_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "state_file.h"
#include "xalloc.h"

/* ---- the file ---- */

int sa_store_open(struct sa_store **out, const char *path, struct why *why)
{
    int fd = state_file_open(path, why);
    struct sa_store *store;

    if (fd < 0)
        return fd;
    store = *out = xzalloc(sizeof *store);
    store->fd = fd;
    snprintf(store->path, sizeof store->path, "%s", path);
    return 0;
}

void sa_store_close(struct sa_store *store)
{
    if (!store)
        return;
    close(store->fd);
    wipe(store, sizeof *store);
    free(store);
}

static void complain(struct sa_store *store, const char *what)
{
    if (!store->broken)
        log_error(NULL, "cannot %s the state file '%s': %s; a restart will lose SAs", what,
                  store->path, why_not(errno));
    store->broken = true;
}

/* ---- what is written ---- */

static void put_set(struct state_line *line, const struct sas *sas, const struct sa *sa)
{
    const struct sa_set *set = &sa->set;
    uint64_t now_ms = loop_now_ms(sas->c.loop);
    uint64_t left_s = sa->until_ms > now_ms ? (sa->until_ms - now_ms) / 1000 : 0;

    line_begin(line, "set");
    line_hex(line, "id", sa_id(sa));
    line_text(line, "state", sa_state_name(sa->state));
    line_text(line, "impi", sa->impi);
    line_text(line, "call", sa->call);
    line_host(line, "ue", &set->ue);
    line_host(line, "pcscf", &set->pcscf);
    line_number(line, "port_uc", set->port_uc);
    line_number(line, "port_us", set->port_us);
    line_number(line, "port_pc", set->port_pc);
    line_number(line, "port_ps", set->port_ps);
    line_hex(line, "spi_uc", set->spi_uc);
    line_hex(line, "spi_us", set->spi_us);
    line_hex(line, "spi_pc", set->spi_pc);
    line_hex(line, "spi_ps", set->spi_ps);
    line_text(line, "alg", sec_alg_name(set->pair.alg));
    line_text(line, "ealg", sec_ealg_name(set->pair.ealg));
    line_text(line, "mode", set->mode == SEC_UDP_ENC_TUN ? "UDP-enc-tun" : "trans");
    line_number(line, "encap", addr_port(&set->ue_end));
    line_octets(line, "ck", set->ck, sizeof set->ck);
    line_octets(line, "ik", set->ik, sizeof set->ik);
    line_number(line, "until", loop_wall_s(sas->c.loop) + left_s);
    line_number(line, "installed", sa->installed_s);
    line_number(line, "hard", set->hard_s);
    line_number(line, "retired", sa->retired);
    line_number(line, "uc_ps", sa->reserved[SA_UC_PS]);
    line_number(line, "ps_uc", sa->reserved[SA_PS_UC]);
    line_number(line, "pc_us", sa->reserved[SA_PC_US]);
    line_number(line, "us_pc", sa->reserved[SA_US_PC]);
    line_text(line, "client", sa->client);
    line_text(line, "server", sa->server);
}

static void put_contact(struct state_line *line, const struct contact *c)
{
    line_begin(line, "contact");
    line_text(line, "impi", c->impi);
    line_text(line, "impu", c->impu);
    line_text(line, "uri", c->uri);
    line_host(line, "source", &c->source);
    line_number(line, "port", addr_port(&c->source));
    line_text(line, "transport", c->transport == SIP_TCP ? "tcp" : "udp");
    line_number(line, "until", c->until_s);
    line_text(line, "route", c->service_route);
    line_text(line, "associated", c->associated);
}

/* One finished line to fd. */
static bool write_line(struct sa_store *store, int fd)
{
    bool written =
        line_end(&store->line) && state_file_put(fd, store->line.text, store->line.len) == 0;

    line_wipe(&store->line);
    store->lines++;
    return written;
}

/* Worth it when three of four lines say nothing any more. */
static void append(struct sa_store *store, struct sas *sas)
{
    if (!write_line(store, store->fd))
        complain(store, "append to");
    if (store->lines > 1000 + 4 * store->live)
        sa_store_rewrite(store, sas);
}

void sa_store_set(struct sa_store *store, struct sas *sas, const struct sa *sa)
{
    if (!store)
        return;
    put_set(&store->line, sas, sa);
    append(store, sas);
}

void sa_store_numbers(struct sa_store *store, struct sas *sas, const struct sa *sa)
{
    if (!store)
        return;
    line_begin(&store->line, "numbers");
    line_hex(&store->line, "id", sa_id(sa));
    line_number(&store->line, "uc_ps", sa->reserved[SA_UC_PS]);
    line_number(&store->line, "ps_uc", sa->reserved[SA_PS_UC]);
    line_number(&store->line, "pc_us", sa->reserved[SA_PC_US]);
    line_number(&store->line, "us_pc", sa->reserved[SA_US_PC]);
    append(store, sas);
}

void sa_store_gone(struct sa_store *store, struct sas *sas, const struct sa *sa)
{
    if (!store)
        return;
    line_begin(&store->line, "gone");
    line_hex(&store->line, "id", sa_id(sa));
    append(store, sas);
}

void sa_store_contact(struct sa_store *store, struct sas *sas, const struct contact *c, bool gone)
{
    if (!store || store->loading)
        return;
    if (gone) {
        line_begin(&store->line, "forgotten");
        line_text(&store->line, "impi", c->impi);
        line_text(&store->line, "impu", c->impu);
        line_text(&store->line, "uri", c->uri);
    } else {
        put_contact(&store->line, c);
    }
    append(store, sas);
}

/* ---- the new file ---- */

struct rewrite {
    struct sa_store *store;
    int64_t now_s;
    int fd;
    bool ok;
};

static void rewrite_contact(void *arg, const struct contact *c)
{
    struct rewrite *r = arg;

    if (c->until_s <= r->now_s)
        return;
    put_contact(&r->store->line, c);
    r->ok &= write_line(r->store, r->fd);
}

static void rewrite_all(struct rewrite *r, struct sas *sas)
{
    const struct sa *sa;

    r->ok = state_file_put(r->fd, SA_STORE_HEADER, strlen(SA_STORE_HEADER)) == 0;
    for (size_t i = 0; i < SA_BUCKETS; i++) {
        LIST_FOREACH(sa, &sas->place[i], by_place)
        {
            if (sa->state == SA_TEMPORARY)
                continue;
            put_set(&r->store->line, sas, sa);
            r->ok &= write_line(r->store, r->fd);
        }
    }
    if (sas->c.contacts)
        contact_each(sas->c.contacts, rewrite_contact, r);
}

void sa_store_rewrite(struct sa_store *store, struct sas *sas)
{
    char path[sizeof store->path + 8];
    struct rewrite r = {.store = store, .now_s = loop_wall_s(sas->c.loop)};

    if (!store)
        return;
    snprintf(path, sizeof path, "%s.new", store->path);
    r.fd = state_file_new(path);
    store->lines = 0;
    if (r.fd < 0) {
        complain(store, "write");
        return;
    }
    rewrite_all(&r, sas);
    if (!r.ok || rename(path, store->path) < 0) {
        complain(store, "write");
        close(r.fd);
        unlink(path);
        return;
    }
    close(store->fd);
    store->fd = r.fd;
    store->live = store->lines;
    store->broken = false;
}
