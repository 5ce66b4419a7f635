/* SPDX-License-Identifier: Apache-2.0 */
/* The header lines of 401, 200 and refusals. What came from a peer (Path, contacts, charging
 * vector) goes back as sofia parsed it; a value that could break a line is left out. */
#include "answer.h"

#include <sofia-sip/su_string.h>
#include <string.h>

#include "xalloc.h"

static void hex(const uint8_t octets[16], char text[33])
{
    static const char digits[] = "0123456789abcdef";

    for (int i = 0; i < 16; i++) {
        text[2 * i] = digits[octets[i] >> 4];
        text[2 * i + 1] = digits[octets[i] & 15];
    }
    text[32] = 0;
}

void answer_challenge(char headers[ANSWER_CHALLENGE], const char *realm, const char *nonce,
                      const char *algorithm, const uint8_t ck[16], const uint8_t ik[16])
{
    char ck_hex[33], ik_hex[33];

    hex(ck, ck_hex);
    hex(ik, ik_hex);
    snprintf(headers, ANSWER_CHALLENGE,
             "WWW-Authenticate: Digest realm=\"%s\", nonce=\"%s\", algorithm=%s, "
             "qop=\"auth\", ik=\"%s\", ck=\"%s\"\r\n",
             realm, nonce, algorithm, ik_hex, ck_hex);
    wipe(ck_hex, sizeof ck_hex);
    wipe(ik_hex, sizeof ik_hex);
}

static bool breaks_line(const char *text)
{
    return text[strcspn(text, "\r\n")] != 0;
}

static const char *contacts(su_home_t *home, const struct registration *reg, uint64_t now_ms)
{
    const char *lines = "";

    for (const struct binding *b = reg->bindings; b; b = b->next) {
        unsigned left_s = binding_left_s(b, now_ms);

        if (left_s > 0)
            lines = su_sprintf(home, "%sContact: %s;expires=%u\r\n", lines, b->text, left_s);
    }
    return lines;
}

static const char *associated(su_home_t *home, const struct profile *profile)
{
    const char *first = profile_default(profile);
    const char *line;

    if (!first)
        return "";
    line = su_sprintf(home, "P-Associated-URI: <%s>", first);
    for (size_t i = 0; i < profile->impu_count; i++)
        if (!profile->impu[i].barred && profile->impu[i].id != first)
            line = su_sprintf(home, "%s, <%s>", line, profile->impu[i].id);
    return su_sprintf(home, "%s\r\n", line);
}

/* Whether a parameter of P-Charging-Vector goes back: the request's icid and orig-ioi; term-ioi is
 * ours to give (RFC 7315 4.6). */
static bool goes_back(const char *param, size_t len)
{
    static const char *const names[] = {"icid-value=", "icid-generated-at=", "orig-ioi="};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (len > strlen(names[i]) && strncasecmp(param, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

/* The end of a parameter: the next semicolon that is not inside quotes. */
static const char *param_end(const char *at)
{
    bool quoted = false;

    for (; *at && (quoted || *at != ';'); at++) {
        if (*at == '"')
            quoted = !quoted;
        else if (quoted && *at == '\\' && at[1])
            at++;
    }
    return at;
}

static const char *charging_vector(su_home_t *home, const char *received, const char *ioi)
{
    const char *line = "";

    if (!*received || breaks_line(received))
        return "";
    for (const char *at = received; *at;) {
        const char *start = at + strspn(at, "; \t"), *end = param_end(start);
        size_t len = end - start;

        while (len > 0 && strchr(" \t", start[len - 1]))
            len--;
        if (goes_back(start, len))
            line = su_sprintf(home, "%s%.*s;", line, (int)len, start);
        at = end;
    }
    return *line ? su_sprintf(home, "P-Charging-Vector: %sterm-ioi=%s\r\n", line, ioi) : "";
}

const char *answer_accept(su_home_t *home, const struct asked *asked,
                          const struct registration *reg, uint64_t now_ms,
                          const char *service_route, const char *ioi)
{
    const char *lines = "";

    if (reg)
        lines = su_sprintf(home, "%sService-Route: %s\r\n%s", contacts(home, reg, now_ms),
                           service_route, associated(home, &reg->profile));
    if (*asked->path && !breaks_line(asked->path))
        lines = su_sprintf(home, "%sPath: %s\r\n", lines, asked->path);
    return su_sprintf(home, "%s%s", lines, charging_vector(home, asked->charging_vector, ioi));
}

const char *answer_refuse(su_home_t *home, const struct refusal *refusal, const char *agent)
{
    char quoted[2 * sizeof refusal->reason];
    size_t len = 0;

    for (const char *c = refusal->reason; *c; c++) {
        if (*c == '"' || *c == '\\')
            quoted[len++] = '\\';
        quoted[len++] = (unsigned char)*c < 0x20 || *c == 0x7f ? '?' : *c;
    }
    quoted[len] = 0;
    return su_sprintf(home, "%sWarning: 399 %s \"%s\"\r\n", refusal->header, agent, quoted);
}
