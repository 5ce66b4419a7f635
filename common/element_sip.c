/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon.h"
#include "element.h"
#include "sip.h"

struct sip *element_open_sip(struct loop *loop, const struct conf *conf,
                             const struct conf_element *self, unsigned port)
{
    struct sip_config config = {.host = self->host, .conf = conf};
    struct sip *sip;
    struct why why;

    if (addr_is_set(&self->address))
        config.listen[config.listen_count++] = addr_with_port(self->address, port);
    if (addr_is_set(&self->address6))
        config.listen[config.listen_count++] = addr_with_port(self->address6, port);
    sip = sip_open(loop, &config, &why);
    if (!sip)
        daemon_die("%s", why.text);
    return sip;
}
