/* SPDX-License-Identifier: Apache-2.0 */
/* A contact out of the text that is kept of it: in the journal, at the HSS. */
#include <sofia-sip/sip_header.h>

#include "binding.h"
#include "xalloc.h"

bool binding_read_text(struct binding *b)
{
    su_home_t *home = su_home_new(sizeof *home);
    sip_contact_t *m = b->text ? sip_contact_make(home, b->text) : NULL;
    const char *instance = m ? msg_header_find_param(m->m_common, "+sip.instance") : NULL;

    if (m && m->m_url->url_host) {
        b->uri = url_hdup(NULL, m->m_url);
        b->q = xstrdup(m->m_q ? m->m_q : "");
        b->instance = xstrdup(instance ? instance : "");
    }
    su_home_unref(home);
    return b->uri != NULL;
}
