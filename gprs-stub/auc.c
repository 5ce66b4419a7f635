/* SPDX-License-Identifier: Apache-2.0 */
/* The authentication centre's memory is one small file, replaced as a whole before a vector leaves:
 * a crash wastes numbers, never uses one twice. It is not synced to the disk: after a power failure
 * a card finds an old number and resynchronises, which is cheaper than a loop that waits. The file
 * holds no key. */
#include "auc.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "state_file.h"
#include "state_file.h"
#include "xalloc.h"

#define HEAD "imslab-auc 1\n" /* then one line for each card: IMSI SQN */

enum { IND_FIRST = 16 };
enum { LONGEST_LINE = 15 + 1 + 15 + 1 };

struct auc {
    const struct conf *conf;
    char file[2 * CONF_PATH];
    uint64_t *sqn; /* the last one used, by the card's place in conf->sim */
};

static int bad_file(const struct auc *auc, unsigned line, struct why *why)
{
    return why_set(why, EPROTO,
                   "%s:%u: this is no file of sequence numbers; remove it and the cards will "
                   "resynchronise",
                   auc->file, line);
}

static int cannot(const struct auc *auc, const char *what, int err, struct why *why)
{
    return why_set(why, err, "cannot %s the sequence numbers in '%s': %s", what, auc->file,
                   why_not(err));
}

/* --- the file ----------------------------------------------------------------------------------
 */

/* "001010000000001 4177\n". A card that the sims file no longer has is forgotten. */
static int take_line(struct auc *auc, const char *line)
{
    const struct conf_sim *card;
    char imsi[16], *end;
    uint64_t sqn;
    size_t digits = strspn(line, "0123456789");

    if (digits == 0 || digits >= sizeof imsi || line[digits] != ' ' || line[digits + 1] < '0' ||
        line[digits + 1] > '9')
        return -EPROTO;
    memcpy(imsi, line, digits);
    imsi[digits] = '\0';
    errno = 0;
    sqn = strtoull(line + digits + 1, &end, 10);
    if (errno || *end != '\n' || sqn > AKA_SQN_MAX)
        return -EPROTO;
    card = conf_sim(auc->conf, imsi);
    if (card)
        auc->sqn[card - auc->conf->sim] = sqn;
    return 0;
}

static int read_lines(struct auc *auc, FILE *f, struct why *why)
{
    char line[64];

    if (!fgets(line, sizeof line, f) || strcmp(line, HEAD) != 0)
        return bad_file(auc, 1, why);
    for (unsigned n = 2; fgets(line, sizeof line, f); n++)
        if (take_line(auc, line) < 0)
            return bad_file(auc, n, why);
    return 0;
}

static int read_file(struct auc *auc, struct why *why)
{
    FILE *f = state_file_read(auc->file);
    int rc;

    if (!f)
        return errno == ENOENT ? 0 : cannot(auc, "read", errno, why);
    rc = read_lines(auc, f, why);
    fclose(f);
    return rc;
}

static int write_file(const struct auc *auc, struct why *why)
{
    size_t size = sizeof HEAD + auc->conf->sim_count * LONGEST_LINE;
    char *text = xzalloc(size);
    size_t len = snprintf(text, size, HEAD);
    int rc;

    for (size_t i = 0; i < auc->conf->sim_count; i++)
        if (auc->sqn[i])
            len += snprintf(text + len, size - len, "%s %" PRIu64 "\n", auc->conf->sim[i].imsi,
                            auc->sqn[i]);
    rc = state_file_write(auc->file, text, len, false);
    free(text);
    return rc < 0 ? cannot(auc, "store", -rc, why) : 0;
}

int auc_open(struct auc **result, const struct conf *conf, struct why *why)
{
    struct auc *auc = xzalloc(sizeof *auc);
    int rc;

    *result = NULL;
    auc->conf = conf;
    auc->sqn = xzalloc((conf->sim_count + 1) * sizeof *auc->sqn);
    snprintf(auc->file, sizeof auc->file, "%s/%s", conf->state_dir, conf->sgsn.sqn_state);
    rc = read_file(auc, why);
    if (rc < 0)
        auc_close(auc);
    else
        *result = auc;
    return rc;
}

void auc_close(struct auc *auc)
{
    if (!auc)
        return;
    free(auc->sqn);
    free(auc);
}

/* --- vectors -----------------------------------------------------------------------------------
 */

static const struct conf_sim *find_card(const struct auc *auc, const char *imsi, struct why *why)
{
    const struct conf_sim *card = conf_sim(auc->conf, imsi);

    if (!card)
        why_set(why, ENOENT, "the sims file '%s' has no card with IMSI '%s'", auc->conf->sims_file,
                imsi);
    return card;
}

static struct aka_key key_of(const struct conf_sim *card)
{
    struct aka_key key;

    memcpy(key.k, card->k, sizeof key.k);
    memcpy(key.opc, card->opc, sizeof key.opc);
    memcpy(key.amf, card->amf, sizeof key.amf);
    return key;
}

int auc_vector(struct auc *auc, const char *imsi, struct aka_vector *v, struct why *why)
{
    const struct conf_sim *card = find_card(auc, imsi, why);
    struct aka_key key;
    uint8_t rand[16];
    uint64_t *sqn;
    int rc;

    if (!card)
        return -ENOENT;
    if (getrandom(rand, sizeof rand, 0) != sizeof rand)
        return why_set(why, EIO, "no random numbers");
    sqn = &auc->sqn[card - auc->conf->sim];
    *sqn = aka_next_sqn(*sqn, IND_FIRST);
    rc = write_file(auc, why);
    if (rc < 0)
        return rc;
    key = key_of(card);
    aka_make(&key, rand, *sqn, v);
    wipe(&key, sizeof key);
    return 0;
}

int auc_resynchronise(struct auc *auc, const char *imsi, const uint8_t rand[16],
                      const uint8_t auts[14], struct why *why)
{
    const struct conf_sim *card = find_card(auc, imsi, why);
    struct aka_key key;
    uint64_t sqn_ms;
    bool genuine;

    if (!card)
        return -ENOENT;
    key = key_of(card);
    genuine = aka_check_auts(&key, rand, auts, &sqn_ms);
    wipe(&key, sizeof key);
    if (!genuine)
        return why_set(why, EPERM,
                       "AUTS is forged: its MAC-S is wrong, or the card has another key");
    auc->sqn[card - auc->conf->sim] = sqn_ms;
    return 0;
}
