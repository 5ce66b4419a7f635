/* SPDX-License-Identifier: Apache-2.0 */
#include "cx.h"
#include "daemon.h"
#include "element.h"

static void add_address(struct cx_peer *peer, const struct addr *theirs, const struct addr *ours,
                        unsigned port)
{
    if (addr_is_set(theirs) && (addr_is_set(ours) || !addr_is_v6(theirs)))
        peer->address[peer->address_count++] = addr_with_port(*theirs, port);
}

struct cx *element_open_cx(struct loop *loop, const struct conf *conf,
                           const struct conf_element *self)
{
    const struct conf_element *hss = &conf->hss.element;
    struct cx_config config = {
        .identity = self->host,
        .realm = conf->home_domain,
        .transport = conf->hss.transport,
        .peer_count = 1,
        .destination_realm = conf->hss.realm,
        .tc_s = conf->timers.diameter_tc_s,
        .tw_s = conf->timers.diameter_tw_s,
        .wait_ms = conf->timers.cx_wait_ms,
    };
    struct cx_peer *peer = &config.peer[0];
    struct cx *cx;
    struct why why;

    snprintf(peer->identity, sizeof peer->identity, "%s", conf->hss.identity);
    add_address(peer, &hss->address, &self->address, conf->hss.port);
    add_address(peer, &hss->address6, &self->address6, conf->hss.port);
    cx = cx_open(loop, &config, &why);
    if (!cx)
        daemon_die("%s", why.text);
    return cx;
}
