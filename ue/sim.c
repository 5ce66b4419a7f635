/* SPDX-License-Identifier: Apache-2.0 */
/* The card: keys and identities come from the sims file, the sequence numbers it accepted
 * (TS 33.102 C.2) from a state file of its own. A card that forgot them would accept an old
 * challenge again, so the file is replaced as a whole (write, fsync, rename) before an answer
 * leaves. The file holds no secret, but it is 0600 as everything of a card. */
#include "sim.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "state_file.h"
#include "xalloc.h"

#define STATE_HEAD "imslab-sim 1" /* first line; then one SEQ per line, IND 0 first */

enum { SLOTS = 1 << AKA_IND_BITS };

static int bad_state(const struct sim *sim, unsigned line, struct why *why)
{
    return why_set(why, EPROTO,
                   "%s:%u: this is no state file of a SIM; remove it and the card begins anew",
                   sim->state, line);
}

/* One SEQ: decimal digits and a newline, at most 43 bits. */
static int read_seq(const char *text, uint64_t *seq)
{
    char *end;

    if (*text < '0' || *text > '9')
        return -EPROTO;
    errno = 0;
    *seq = strtoull(text, &end, 10);
    if (errno || *end != '\n' || *seq > AKA_SQN_MAX >> AKA_IND_BITS)
        return -EPROTO;
    return 0;
}

static int read_lines(struct sim *sim, FILE *f, struct why *why)
{
    char line[64];

    if (!fgets(line, sizeof line, f) || strcmp(line, STATE_HEAD "\n") != 0)
        return bad_state(sim, 1, why);
    for (unsigned ind = 0; ind < SLOTS; ind++)
        if (!fgets(line, sizeof line, f) || read_seq(line, &sim->seen.seq[ind]) < 0)
            return bad_state(sim, ind + 2, why);
    return 0;
}

static int read_state(struct sim *sim, struct why *why)
{
    FILE *f = state_file_read(sim->state);
    int err;

    if (!f && errno == ENOENT)
        return 0;
    if (!f) {
        err = errno;
        return why_set(why, err, "cannot read '%s': %s", sim->state, why_not(err));
    }
    err = read_lines(sim, f, why);
    fclose(f);
    return err;
}

/* All of the file's text: 32 numbers of at most 13 digits. */
static size_t state_text(const struct aka_seen *seen, char *text, size_t size)
{
    size_t len = snprintf(text, size, STATE_HEAD "\n");

    for (unsigned ind = 0; ind < SLOTS; ind++)
        len += snprintf(text + len, size - len, "%" PRIu64 "\n", seen->seq[ind]);
    return len;
}

static int write_state(const struct sim *sim, const struct aka_seen *seen, struct why *why)
{
    char text[1024];
    size_t len = state_text(seen, text, sizeof text);
    int err = state_file_write(sim->state, text, len, true);

    if (err)
        return why_set(why, -err, "cannot store the sequence number of the SIM in '%s': %s",
                       sim->state, why_not(err));
    return 0;
}

int sim_open(struct sim *sim, const struct conf *conf, const char *imsi, struct why *why)
{
    const struct conf_sim *card = conf_sim(conf, imsi);
    int n;

    memset(sim, 0, sizeof *sim);
    if (!card)
        return why_set(why, ENOENT, "no SIM with IMSI '%s' in '%s'", imsi, conf->sims_file);
    memcpy(sim->imsi, card->imsi, sizeof sim->imsi);
    memcpy(sim->imei, card->imei, sizeof sim->imei);
    memcpy(sim->impi, card->impi, sizeof sim->impi);
    memcpy(sim->domain, card->domain, sizeof sim->domain);
    memcpy(sim->impu, card->impu, sizeof sim->impu);
    sim->impu_count = card->impu_count;
    sim->isim = card->isim;
    memcpy(sim->key.k, card->k, sizeof sim->key.k);
    memcpy(sim->key.opc, card->opc, sizeof sim->key.opc);
    memcpy(sim->key.amf, card->amf, sizeof sim->key.amf);
    n = snprintf(sim->state, sizeof sim->state, "%s/ue-%s.sqn", conf->state_dir, sim->imsi);
    if (n < 0 || (size_t)n >= sizeof sim->state)
        return why_set(why, ENAMETOOLONG, "state_dir '%s' is too long", conf->state_dir);
    n = state_file_dir(conf->state_dir, why);
    return n < 0 ? n : read_state(sim, why);
}

void sim_close(struct sim *sim)
{
    wipe(&sim->key, sizeof sim->key);
}

int sim_answer(struct sim *sim, const uint8_t rand[16], const uint8_t autn[16],
               struct sim_answer *answer, struct why *why)
{
    struct aka_seen seen = sim->seen;
    int err;

    memset(answer, 0, sizeof *answer);
    answer->verdict =
        aka_answer(&sim->key, &seen, rand, autn, answer->res, answer->ck, answer->ik, answer->auts);
    if (answer->verdict != AKA_FINE)
        return 0;
    err = write_state(sim, &seen, why);
    if (err) {
        wipe(answer, sizeof *answer);
        return err;
    }
    sim->seen = seen;
    return 0;
}

const char *sim_verdict_text(enum aka_verdict verdict)
{
    return verdict == AKA_FINE        ? "fine"
           : verdict == AKA_WRONG_MAC ? "wrong MAC"
                                      : "sequence number out of range";
}

const char *sim_impu(const struct sim *sim)
{
    for (size_t i = 0; i < sim->impu_count; i++)
        if (strncasecmp(sim->impu[i], "sip:", 4) == 0)
            return sim->impu[i];
    return NULL;
}
