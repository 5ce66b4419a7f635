/* SPDX-License-Identifier: Apache-2.0 */
/* hss - the home subscriber server: the subscriber database and its Cx side. */
#include <errno.h>
#include <string.h>

#include "daemon.h"
#include "hss.h"
#include "rest.h"
#include "source.h"
#include "state_file.h"

struct hss { /* the daemon's one struct */
    struct daemon daemon;
    struct store store;
    struct store_thread *thread;
    struct cx *cx;
    struct serve *serve;
    struct pusher *pusher;
    struct rest *rest;
};

static void print_live(void *arg, FILE *out)
{
    struct hss *hss = arg;

    serve_print(hss->serve, out);
    pusher_print(hss->pusher, out);
    rest_print(hss->rest, out);
    cx_print_live(hss->cx, out);
}

static void open_store(struct hss *hss)
{
    const struct conf *conf = &hss->daemon.conf;
    char path[2 * CONF_PATH];
    size_t added, known;
    struct why why;

    if (state_file_dir(conf->state_dir, &why) < 0)
        daemon_die("%s", why.text);
    snprintf(path, sizeof path, "%s/%s", conf->state_dir, conf->hss.database);
    if (store_open(&hss->store, path, &why) < 0 ||
        import_subscribers(&hss->store, conf, &added, &known, &why) < 0)
        daemon_die("%s", why.text);
    snprintf(hss->store.ccf, sizeof hss->store.ccf, "aaa://%s", conf->hss.ccf);
    log_info(NULL, "database %s: %zu subscribers added from %s, %zu known", path, added, conf->file,
             known);
}

static void allow(struct cx_config *config, const char *identity)
{
    if (config->peer_count < sizeof config->peer / sizeof config->peer[0])
        snprintf(config->peer[config->peer_count++].identity, sizeof config->peer[0].identity, "%s",
                 identity);
}

/* Who may ask: the CSCFs of the home network, whether they are ours or strangers in their place. */
static void open_cx(struct hss *hss)
{
    const struct conf *conf = &hss->daemon.conf;
    struct cx_config config = {
        .identity = conf->hss.identity,
        .realm = conf->hss.realm,
        .transport = conf->hss.transport,
        .tc_s = conf->timers.diameter_tc_s,
        .tw_s = conf->timers.diameter_tw_s,
        .wait_ms = conf->timers.cx_wait_ms,
    };
    const struct conf_element *me = &conf->hss.element;
    struct why why;

    config.listen[config.listen_count++] = addr_with_port(me->address, conf->hss.port);
    if (addr_is_set(&me->address6))
        config.listen[config.listen_count++] = addr_with_port(me->address6, conf->hss.port);
    for (size_t i = 0; i < conf->icscf_count; i++)
        allow(&config, conf->icscf[i].element.host);
    for (size_t i = 0; i < conf->scscf_count; i++)
        allow(&config, conf->scscf[i].element.host);
    hss->cx = cx_open(hss->daemon.loop, &config, &why);
    if (!hss->cx)
        daemon_die("%s", why.text);
}

int main(int argc, char **argv)
{
    struct hss hss = {
        .daemon = {.program = "hss",
                   .about = "The home subscriber server of the lab: subscribers, keys, Cx.",
                   .conf_flags = CONF_SIMS},
    };
    int rc;

    daemon_start(&hss.daemon, argc, argv);
    log_open(hss.daemon.conf.hss.element.name, daemon_log_level());
    source_set(&hss.daemon.conf.hss.element.address, &hss.daemon.conf.hss.element.address6);
    open_store(&hss);
    open_cx(&hss);
    hss.thread = store_start(&hss.store, hss.daemon.loop);
    hss.pusher = pusher_open(hss.daemon.loop, &hss.daemon.conf, hss.cx, hss.thread);
    hss.serve = serve_open(hss.cx, hss.thread, hss.pusher);
    hss.rest = rest_open(hss.daemon.loop, &hss.daemon.conf, hss.thread, hss.pusher);
    daemon_on_live(&hss.daemon, print_live, &hss);
    rc = daemon_run(&hss.daemon);
    rest_stop(hss.rest);
    pusher_stop(hss.pusher);
    store_stop(hss.thread); /* what was asked is finished and stored, */
    cx_close(hss.cx);
    daemon_end(&hss.daemon); /* and told to nobody: the peers are gone */
    serve_close(hss.serve);
    rest_free(hss.rest);
    pusher_free(hss.pusher);
    store_close(&hss.store);
    return rc;
}
