/* SPDX-License-Identifier: Apache-2.0 */
/* Challenges and answers: which vector waits for whom, and whether an answer is right (TS 24.229
 * 5.4.1.2.2 and 5.4.1.2.3; RFC 3310 3.3-3.4 for the digest, for auts and for the empty response).
 * Deadlines come in order, because every challenge waits equally long, so the oldest stands at the
 * head of a list; a tree finds those of an IMPI, which are few. */
#include "auth.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "digest_aka.h"
#include "xalloc.h"

struct waiting {
    struct challenge challenge;
    struct waiting *before, *after; /* in time */
    struct user *user;
};

struct user { /* impi first: the tree compares by it */
    char impi[CX_TEXT];
    struct waiting *waiting[AUTH_PER_IMPI]; /* the oldest first */
    size_t count;                           /* never 0 in the tree */
};

struct auth {
    void *users; /* tsearch */
    struct waiting *oldest, *newest;
};

static int compare(const void *a, const void *b)
{
    const struct user *x = a, *y = b;

    return strcmp(x->impi, y->impi);
}

struct auth *auth_new(void)
{
    return xzalloc(sizeof(struct auth));
}

static struct user *find_user(const struct auth *auth, const char *impi)
{
    struct user key, **found;

    if (strlen(impi) >= sizeof key.impi)
        return NULL;
    strncpy(key.impi, impi, sizeof key.impi);
    found = tfind(&key, (void *const *)&auth->users, compare);
    return found ? *found : NULL;
}

static struct user *user_of(struct auth *auth, const char *impi)
{
    struct user *user = find_user(auth, impi);

    if (user)
        return user;
    user = xzalloc(sizeof *user);
    snprintf(user->impi, sizeof user->impi, "%s", impi);
    if (!tsearch(user, &auth->users, compare))
        abort();
    return user;
}

static void leave_user(struct auth *auth, struct waiting *w)
{
    struct user *user = w->user;
    size_t i = 0;

    while (user->waiting[i] != w)
        i++;
    user->count--;
    memmove(&user->waiting[i], &user->waiting[i + 1], (user->count - i) * sizeof w);
    if (user->count > 0)
        return;
    tdelete(user, &auth->users, compare);
    free(user);
}

static void take_out(struct auth *auth, struct waiting *w, struct challenge *c)
{
    *(w->before ? &w->before->after : &auth->oldest) = w->after;
    *(w->after ? &w->after->before : &auth->newest) = w->before;
    leave_user(auth, w);
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
    struct waiting *w = xzalloc(sizeof *w);
    struct user *user;

    auth_forget(auth, c->impi, c->call_id, c->terminal);
    user = find_user(auth, c->impi);
    if (user && user->count == AUTH_PER_IMPI)
        take_out(auth, user->waiting[0], NULL);
    w->challenge = *c;
    w->user = user_of(auth, c->impi);
    w->user->waiting[w->user->count++] = w;
    w->before = auth->newest;
    *(auth->newest ? &auth->newest->after : &auth->oldest) = w;
    auth->newest = w;
}

void auth_forget(struct auth *auth, const char *impi, const char *call_id, const char *terminal)
{
    struct user *user = find_user(auth, impi);

    for (size_t i = user ? user->count : 0; i-- > 0;) { /* the last one frees the user */
        struct waiting *w = user->waiting[i];

        if (strcmp(w->challenge.call_id, call_id) == 0 ||
            strcmp(w->challenge.terminal, terminal) == 0)
            take_out(auth, w, NULL);
    }
}

static struct waiting *find(const struct auth *auth, const char *impi, const char *nonce)
{
    const struct user *user = nonce ? find_user(auth, impi) : NULL;

    for (size_t i = 0; user && i < user->count; i++)
        if (strcmp(user->waiting[i]->challenge.nonce, nonce) == 0)
            return user->waiting[i];
    return NULL;
}

const struct challenge *auth_find(const struct auth *auth, const char *impi, const char *nonce)
{
    const struct waiting *w = find(auth, impi, nonce);

    return w ? &w->challenge : NULL;
}

bool auth_take(struct auth *auth, const char *impi, const char *nonce, struct challenge *c)
{
    struct waiting *w = find(auth, impi, nonce);

    if (w)
        take_out(auth, w, c);
    return w != NULL;
}

bool auth_waits(const struct auth *auth, const char *impi)
{
    return find_user(auth, impi) != NULL;
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

const char *auth_algorithm(bool akav2)
{
    return akav2 ? "AKAv2-MD5" : "AKAv1-MD5";
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
        .password = c->password,
        .password_len = c->password_len,
    };
    char want[DIGEST_HEX];

    if (answer->algorithm && strcasecmp(answer->algorithm, auth_algorithm(c->akav2)) != 0)
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
