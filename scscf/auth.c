/* SPDX-License-Identifier: Apache-2.0 */
/* Challenges and answers: which vector waits for whom, and whether an answer is right (TS 24.229
 * 5.4.1.2.2 and 5.4.1.2.3; RFC 3310 3.3-3.4 for the digest, for auts and for the empty response).
 * Deadlines come in order, because every challenge waits equally long, so the oldest stands at the
 * head of a list; a tree finds the one of an IMPI. */
#include "auth.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "digest_aka.h"
#include "xalloc.h"

struct waiting { /* challenge first: the tree compares by it */
    struct challenge challenge;
    struct waiting *before, *after; /* in time */
};

struct auth {
    void *by_impi; /* tsearch */
    struct waiting *oldest, *newest;
};

static int compare(const void *a, const void *b)
{
    const struct challenge *x = a, *y = b;

    return strcmp(x->impi, y->impi);
}

struct auth *auth_new(void)
{
    return xzalloc(sizeof(struct auth));
}

static struct waiting *find(const struct auth *auth, const char *impi)
{
    struct challenge key;
    struct waiting **found;

    if (strlen(impi) >= sizeof key.impi)
        return NULL;
    strncpy(key.impi, impi, sizeof key.impi);
    found = tfind(&key, (void *const *)&auth->by_impi, compare);
    return found ? *found : NULL;
}

static void take_out(struct auth *auth, struct waiting *w, struct challenge *c)
{
    *(w->before ? &w->before->after : &auth->oldest) = w->after;
    *(w->after ? &w->after->before : &auth->newest) = w->before;
    tdelete(w, &auth->by_impi, compare);
    if (c)
        *c = w->challenge;
    wipe(w, sizeof *w);
    free(w);
}

void auth_free(struct auth *auth)
{
    while (auth->oldest)
        take_out(auth, auth->oldest, NULL);
    free(auth);
}

void auth_add(struct auth *auth, const struct challenge *c)
{
    struct waiting *w = find(auth, c->impi);

    if (w)
        take_out(auth, w, NULL);
    w = xzalloc(sizeof *w);
    w->challenge = *c;
    w->before = auth->newest;
    *(auth->newest ? &auth->newest->after : &auth->oldest) = w;
    auth->newest = w;
    if (!tsearch(w, &auth->by_impi, compare))
        abort();
}

const struct challenge *auth_find(const struct auth *auth, const char *impi)
{
    const struct waiting *w = find(auth, impi);

    return w ? &w->challenge : NULL;
}

bool auth_take(struct auth *auth, const char *impi, struct challenge *c)
{
    struct waiting *w = find(auth, impi);

    if (w)
        take_out(auth, w, c);
    return w != NULL;
}

bool auth_take_expired(struct auth *auth, uint64_t now_ms, struct challenge *c)
{
    if (!auth->oldest || auth->oldest->challenge.deadline_ms > now_ms)
        return false;
    take_out(auth, auth->oldest, c);
    return true;
}

uint64_t auth_next_ms(const struct auth *auth)
{
    return auth->oldest ? auth->oldest->challenge.deadline_ms : 0;
}

static bool is_empty(const char *text)
{
    return !text || !*text;
}

/* The digest that the terminal must have sent: with qop=auth or in the style of RFC 2069. */
static bool is_right(const struct challenge *c, const struct auth_answer *answer)
{
    struct digest_input in = {
        .username = c->impi,
        .realm = c->realm,
        .method = "REGISTER",
        .uri = answer->uri,
        .nonce = c->nonce,
        .qop = answer->qop,
        .nc = answer->nc,
        .cnonce = answer->cnonce,
        .password = c->xres,
        .password_len = c->xres_len,
    };
    char want[DIGEST_HEX];

    if (answer->algorithm && strcasecmp(answer->algorithm, "AKAv1-MD5") != 0)
        return false;
    if (answer->qop && (strcasecmp(answer->qop, "auth") != 0 || !answer->nc || !answer->cnonce))
        return false;
    if (!answer->uri)
        return false;
    digest_response(&in, want);
    return digest_same(want, answer->response);
}

enum auth_verdict auth_judge(const struct challenge *c, const struct auth_answer *answer,
                             uint8_t auts[14])
{
    uint8_t octets[16];

    if (!c || is_empty(answer->nonce) || strcmp(answer->nonce, c->nonce) != 0)
        return AUTH_NO_CHALLENGE;
    if (strcmp(answer->call_id, c->call_id) != 0 || strcmp(answer->impu, c->impu) != 0)
        return AUTH_OTHER_CALL;
    if (!is_empty(answer->auts)) {
        if (digest_unbase64(answer->auts, octets, sizeof octets) != 14)
            return AUTH_BAD_AUTS;
        memcpy(auts, octets, 14);
        return AUTH_RESYNC;
    }
    if (is_empty(answer->response))
        return AUTH_MAC_FAILURE;
    return is_right(c, answer) ? AUTH_RIGHT : AUTH_WRONG;
}

const char *auth_verdict_text(enum auth_verdict verdict)
{
    static const char *const texts[] = {
        [AUTH_NO_CHALLENGE] = "no challenge waits for this nonce",
        [AUTH_RIGHT] = "the response is right",
        [AUTH_WRONG] = "the response is wrong: the terminal and the HSS differ in K or OPc",
        [AUTH_OTHER_CALL] = "Call-ID or To are not those of the challenge",
        [AUTH_RESYNC] = "the card asks for resynchronisation of SQN",
        [AUTH_BAD_AUTS] = "auts is not base64 of 14 octets",
        [AUTH_MAC_FAILURE] = "the terminal could not verify the network (wrong MAC in AUTN): the "
                             "terminal and the HSS differ in K or OPc",
    };

    return texts[verdict];
}

void auth_print_live(const struct auth *auth, uint64_t now_ms, FILE *out)
{
    for (const struct waiting *w = auth->oldest; w; w = w->after) {
        const struct challenge *c = &w->challenge;

        fprintf(out, "challenge call=%s impi=%s impu=%s wrong=%u resyncs=%u left_ms=%lld\n",
                c->call, c->impi, c->impu, c->wrong, c->resyncs,
                (long long)c->deadline_ms - (long long)now_ms);
    }
}
