/* SPDX-License-Identifier: Apache-2.0 */
/* The terminal's radio: a Gb link of its own to the SGSN (the terminal plays its base station as
 * well), and one TLLI on it. Messages go out and come in here, are logged, and find their room:
 * GMM in attach.c, SM in pdp.c. What cannot be read gets a STATUS (TS 24.008 8). */
#include <errno.h>
#include <string.h>

#include "nas_log.h"
#include "ue.h"

static struct addr sgsn_address(const struct ue *ue)
{
    return addr_with_port(ue->conf->sgsn.element.address, ue->conf->sgsn.gb_port);
}

static void answer_fault(struct ue *ue, const struct nas *m)
{
    struct nas status = {.pd = m->pd};

    if (!m->fault || m->type == GMM_STATUS || m->type == SM_STATUS)
        return;
    if (m->pd == NAS_GMM) {
        status.type = GMM_STATUS;
        status.gmm_status.cause = m->fault;
    } else if (m->pd == NAS_SM) {
        status.type = SM_STATUS;
        status.ti = m->ti;
        status.to_originator = !m->to_originator;
        status.sm_status.cause = m->fault;
    } else {
        return;
    }
    radio_send(ue, &status);
}

static void on_up(void *arg, unsigned sapi, const uint8_t *data, size_t len)
{
    struct ue *ue = arg;
    struct addr sgsn = sgsn_address(ue);
    struct nas m;
    struct why why;
    char buf[24];

    if (sapi != LLC_GMM) {
        plane_on_data(ue, sapi, data, len);
        return;
    }
    if (nas_decode(&m, NAS_DOWN, data, len, &why) < 0) {
        log_warn(ue->call, "%s of the SGSN cannot be read: %s", nas_text(m.pd, m.type, buf),
                 why.text);
        answer_fault(ue, &m);
        return;
    }
    nas_log("<-", "sgsn", &m, ue->sim.imsi, gb_terminal_tlli(ue->radio), &sgsn, gb_local(ue->gb));
    if (m.pd == NAS_GMM)
        attach_on_nas(ue, &m);
    else
        pdp_on_nas(ue, &m);
}

static void on_state(void *arg, bool up, const struct why *why)
{
    attach_on_link(arg, up, why);
}

int radio_open(struct ue *ue, struct why *why)
{
    const struct conf_sgsn *sgsn = &ue->conf->sgsn;
    unsigned index = ue->terminal - ue->conf->terminal; /* each terminal is a BSS of its own */
    struct gb_conf conf = {
        .local = ue->terminal->gb_address,
        .sgsn = sgsn_address(ue),
        .nsei = sgsn->nsei + index,
        .nsvci = sgsn->nsvci + index,
        .bvci = sgsn->bvci + index,
        .cell = {.rai = {.lac = sgsn->lac, .rac = sgsn->rac}, .ci = sgsn->ci},
        .reset_ms = ue->conf->timers.ns_reset_ms,
        .alive_s = ue->conf->timers.ns_alive_s,
        .on_state = on_state,
        .arg = ue,
    };
    int err;

    memcpy(conf.cell.rai.mcc, ue->conf->mcc, sizeof conf.cell.rai.mcc);
    memcpy(conf.cell.rai.mnc, ue->conf->mnc, sizeof conf.cell.rai.mnc);
    plane_go_home(ue);
    err = gb_open_bss(&ue->gb, ue->loop, &conf, why);
    plane_come_back(ue);
    if (err)
        return err;
    radio_renew(ue);
    return 0;
}

void radio_renew(struct ue *ue)
{
    gb_terminal_close(&ue->radio);
    ue->radio = gb_terminal_open(ue->gb, NULL, gb_random_tlli(), on_up, ue);
}

void radio_close(struct ue *ue)
{
    gb_terminal_close(&ue->radio);
    gb_close(ue->gb);
    ue->gb = NULL;
}

int radio_send(struct ue *ue, const struct nas *m)
{
    struct addr sgsn = sgsn_address(ue);
    uint8_t data[NAS_MAX];
    char buf[24];
    int err;

    err = nas_encode(data, sizeof data, NAS_UP, m);
    if (err >= 0)
        err = ue->radio ? gb_terminal_send(ue->radio, LLC_GMM, data, err) : -ENOTCONN;
    if (err) {
        log_warn(ue->call, "cannot send %s: %s", nas_text(m->pd, m->type, buf), why_not(err));
        return err;
    }
    nas_log("->", "sgsn", m, ue->sim.imsi, gb_terminal_tlli(ue->radio), gb_local(ue->gb), &sgsn);
    return 0;
}

const char *radio_sgsn(const struct ue *ue, char buf[ADDR_TEXT])
{
    struct addr sgsn = sgsn_address(ue);

    return addr_text(&sgsn, buf);
}
