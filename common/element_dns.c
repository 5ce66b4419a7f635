/* SPDX-License-Identifier: Apache-2.0 */
#include "element.h"

struct dns *element_open_dns(struct loop *loop, const struct conf *conf,
                             const struct conf_element *self)
{
    const struct conf_element *server = &conf->dns.element;
    struct dns_config config = {
        .wait_ms = conf->timers.dns_wait_ms,
        .tries = conf->timers.dns_tries,
        .ipv6 = addr_is_set(&self->address6) || addr_is_v6(&self->address),
    };

    config.server[config.server_count++] =
        addr_is_set(&server->address) ? server->address : server->address6;
    return dns_open(loop, &config);
}
