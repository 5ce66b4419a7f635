/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of Authorization and WWW-Authenticate (RFC 3261 20.7, 25.1). What is taken out is
 * taken out in every spelling, because the next reader's parser is not sofia's. */
#include <ctype.h>
#include <sofia-sip/msg_header.h>
#include <string.h>
#include <strings.h>

#include "sip_engine.h"

/* Without quotes and their escapes. */
static void unquote(const char *text, char *buf, size_t size)
{
    bool quoted = *text == '"';
    size_t len = 0;

    for (text += quoted; *text && !(quoted && *text == '"'); text++) {
        if (quoted && *text == '\\' && text[1])
            text++;
        if (len + 1 < size) /* a folded line, and what no quoted string may hold */
            buf[len++] = iscntrl((unsigned char)*text) ? ' ' : *text;
    }
    buf[len] = 0;
}

/* A parameter by its name without "=", names compared without case; NULL when absent. */
static const char *find_param(msg_param_t const *params, const char *name)
{
    size_t len = strlen(name);

    for (; params && *params; params++)
        if (strncasecmp(*params, name, len) == 0 && (*params)[len] == '=')
            return *params + len + 1;
    return NULL;
}

const msg_auth_t *sip_digest(const sip_t *sip)
{
    const msg_auth_t *auth = sip->sip_authorization;

    while (auth && (!auth->au_scheme || strcasecmp(auth->au_scheme, "Digest") != 0))
        auth = auth->au_next;
    return auth;
}

const char *sip_auth_param(const msg_auth_t *auth, const char *name, char *buf, size_t size)
{
    const char *text = auth ? find_param(auth->au_params, name) : NULL;

    if (!text)
        return NULL;
    while (*text == ' ' || *text == '\t')
        text++;
    unquote(text, buf, size);
    return buf;
}

static bool is_token(char c)
{
    return isalnum((unsigned char)c) || (c && strchr("-.!%*_+`'~", c));
}

/* Whether a word outside quotes is that name, wherever it stands: somebody else's parser may find
 * other parameters in this text than sofia did ("Basic name=", ";name=", "\vname="). */
static bool mentions(const char *text, const char *name)
{
    size_t len = strlen(name), word;
    bool quoted = false;

    for (; *text; text += word ? word : 1) {
        for (word = 0; !quoted && is_token(text[word]);)
            word++;
        if (word == len && strncasecmp(text, name, len) == 0)
            return true;
        if (word)
            continue;
        if (quoted && *text == '\\' && text[1])
            text++;
        else if (*text == '"')
            quoted = !quoted;
    }
    return false;
}

/* Takes every parameter of that name away, in any case: a duplicate must not survive. */
static void drop_param(msg_auth_t *auth, const char *name)
{
    msg_param_t *params = (msg_param_t *)auth->au_params;
    size_t kept = 0;

    for (size_t i = 0; params && params[i]; i++)
        if (!mentions(params[i], name))
            params[kept++] = params[i];
    if (params)
        params[kept] = NULL;
}

static void set_param(msg_t *m, msg_auth_t *auth, const char *name, const char *value)
{
    drop_param(auth, name);
    if (value)
        msg_header_replace_param(msg_home(m), auth->au_common,
                                 su_sprintf(msg_home(m), "%s=\"%s\"", name, value));
    msg_fragment_clear(auth->au_common);
}

void sip_set_auth_param(msg_t *m, const char *name, const char *value)
{
    for (msg_auth_t *auth = sip_object(m)->sip_authorization; auth; auth = auth->au_next)
        set_param(m, auth, name, value);
}

void sip_drop_auth_param(msg_t *m, msg_auth_t *auth, const char *name)
{
    for (; auth; auth = auth->au_next)
        set_param(m, auth, name, NULL);
}
