/* SPDX-License-Identifier: Apache-2.0 */
/* The state file, read back (its form: sa_store.c). */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sa_store_file.h"
#include "xalloc.h"

static bool get_texts(const char *line, struct sa *sa)
{
    struct sa_set *set = &sa->set;
    char state[16], alg[16], ealg[16], pair[40], mode[16];

    if (!line_get_text(line, "state", state, sizeof state) ||
        !line_get_text(line, "impi", sa->impi, sizeof sa->impi) ||
        !line_get_text(line, "call", sa->call, sizeof sa->call) ||
        !line_get_host(line, "ue", &set->ue) || !line_get_host(line, "pcscf", &set->pcscf) ||
        !line_get_text(line, "alg", alg, sizeof alg) ||
        !line_get_text(line, "ealg", ealg, sizeof ealg) ||
        !line_get_text(line, "mode", mode, sizeof mode) ||
        !line_get_octets(line, "ck", set->ck, 16) || !line_get_octets(line, "ik", set->ik, 16))
        return false;
    snprintf(pair, sizeof pair, "%s/%s", alg, ealg);
    set->mode = strcmp(mode, "UDP-enc-tun") == 0 ? SEC_UDP_ENC_TUN : SEC_TRANS;
    sa->state = strcmp(state, "established") == 0 ? SA_ESTABLISHED : SA_OLD;
    sa->client = sa->texts[0] = line_get_copy(line, "client");
    sa->server = sa->texts[1] = line_get_copy(line, "server");
    return sec_pair_parse(pair, &set->pair) == 0;
}

static bool get_set(struct sas *sas, const char *line, struct sa *sa)
{
    struct sa_set *set = &sa->set;
    static const struct {
        const char *key;
        int base;
    } numbers[] = {
        {"port_uc",   10},
        {"port_us",   10},
        {"port_pc",   10},
        {"port_ps",   10},
        {"spi_uc",    16},
        {"spi_us",    16},
        {"spi_pc",    16},
        {"spi_ps",    16},
        {"encap",     10},
        {"until",     10},
        {"installed", 10},
        {"hard",      10},
        {"retired",   10}
    };
    uint64_t now_ms = loop_now_ms(sas->c.loop), n[COUNT(numbers)];
    int64_t left_s;

    if (!get_texts(line, sa))
        return false;
    for (size_t i = 0; i < COUNT(numbers); i++)
        if (!line_get_number(line, numbers[i].key, numbers[i].base, &n[i]))
            return false;
    set->role = SA_PCSCF;
    set->port_uc = n[0], set->port_us = n[1], set->port_pc = n[2], set->port_ps = n[3];
    set->spi_uc = n[4], set->spi_us = n[5], set->spi_pc = n[6], set->spi_ps = n[7];
    set->ue_end = addr_with_port(set->ue, n[8]);
    set->pcscf_end = addr_with_port(set->pcscf, SA_ENCAP_PORT);
    set->tell_every = SA_TELL_EVERY;
    set->hard_s = n[11];
    left_s = (int64_t)n[9] - loop_wall_s(sas->c.loop);
    sa->until_ms = left_s > 0 ? now_ms + (uint64_t)left_s * 1000 : 0;
    sa->installed_s = n[10];
    sa->retired = n[12];
    sa->born_ms = now_ms;
    return true;
}

static bool get_numbers(const char *line, struct sa *sa)
{
    static const char *const keys[SA_LEGS] = {"uc_ps", "ps_uc", "pc_us", "us_pc"};
    uint64_t n;

    for (enum sa_leg leg = 0; leg < SA_LEGS; leg++) {
        if (!line_get_number(line, keys[leg], 10, &n))
            return false;
        sa->reserved[leg] = n;
    }
    return true;
}

static void forget(struct sas *sas, uint32_t id)
{
    struct sa *sa = sa_by_id(sas, id);

    if (!sa)
        return;
    sa_table_take(sas, sa);
    sa_free(sa);
}

static bool load_set(struct sas *sas, const char *line, uint32_t id)
{
    struct sa *sa = xzalloc(sizeof *sa);

    if (!get_set(sas, line, sa) || !get_numbers(line, sa) || sa_id(sa) != id) {
        sa_free(sa);
        return false;
    }
    sa->sas = sas;
    forget(sas, id);
    sa_table_add(sas, sa);
    return true;
}

static bool load_contact(struct sas *sas, const char *line, bool gone)
{
    struct contact c = {0};
    int64_t now_s = loop_wall_s(sas->c.loop);
    uint64_t port, until;
    char transport[8], *uri = line_get_copy(line, "uri"), *route = NULL, *associated = NULL;
    bool ok = uri && line_get_text(line, "impi", c.impi, sizeof c.impi) &&
              line_get_text(line, "impu", c.impu, sizeof c.impu);

    if (ok && gone) {
        contact_remove(sas->c.contacts, c.impi, c.impu, uri);
    } else if (ok && line_get_host(line, "source", &c.source) &&
               line_get_number(line, "port", 10, &port) &&
               line_get_number(line, "until", 10, &until) &&
               line_get_text(line, "transport", transport, sizeof transport)) {
        c.source = addr_with_port(c.source, port);
        c.transport = strcmp(transport, "tcp") == 0 ? SIP_TCP : SIP_UDP;
        c.until_s = until;
        c.uri = uri;
        c.service_route = route = line_get_copy(line, "route");
        c.associated = associated = line_get_copy(line, "associated");
        if (c.until_s > now_s)
            contact_put(sas->c.contacts, &c, now_s);
    } else {
        ok = false;
    }
    free(uri);
    free(route);
    free(associated);
    return ok;
}

static bool load_line(struct sas *sas, const char *line)
{
    uint64_t id;
    struct sa *sa;

    if (line_is(line, "contact") || line_is(line, "forgotten"))
        return !sas->c.contacts || load_contact(sas, line, line_is(line, "forgotten"));
    if (!line_get_number(line, "id", 16, &id))
        return false;
    if (line_is(line, "set"))
        return load_set(sas, line, id);
    if (line_is(line, "gone"))
        forget(sas, id);
    sa = line_is(line, "numbers") ? sa_by_id(sas, id) : NULL;
    return !sa || get_numbers(line, sa);
}

static char *read_file(struct sa_store *store, size_t *len)
{
    struct stat st;
    char *text;
    ssize_t n;

    if (fstat(store->fd, &st) < 0)
        return NULL;
    text = xzalloc(st.st_size + 1);
    for (*len = 0; *len < (size_t)st.st_size; *len += n) {
        n = pread(store->fd, text + *len, st.st_size - *len, *len);
        if (n <= 0)
            break;
    }
    return text;
}

void sa_store_load(struct sa_store *store, struct sas *sas)
{
    size_t len = 0, bad = 0;
    char *text = read_file(store, &len), *line = text, *end;

    if (!text)
        return;
    store->loading = true;
    for (; line < text + len; line = end + 1) {
        end = memchr(line, '\n', text + len - line);
        if (!end)
            end = text + len;
        *end = 0;
        if (strncmp(line, SA_STORE_HEADER, strlen(SA_STORE_HEADER) - 1) != 0)
            bad += !line_check(line) || !load_line(sas, line);
    }
    store->loading = false;
    if (bad)
        log_warn(NULL, "%zu lines of '%s' cannot be read", bad, store->path);
    wipe(text, len);
    free(text);
}
