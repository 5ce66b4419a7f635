/* SPDX-License-Identifier: Apache-2.0 */
/* The terminal as a whole: on, off, and what it is now. */
#include "ue.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

int ue_open(struct ue *ue, struct loop *loop, const struct conf *conf, const char *name,
            struct why *why)
{
    memset(ue, 0, sizeof *ue);
    ue->loop = loop;
    ue->conf = conf;
    if (name)
        ue->terminal = conf_terminal(conf, name);
    else if (conf->terminal_count > 0)
        ue->terminal = &conf->terminal[0];
    if (!ue->terminal)
        return why_set(why, ENOENT, "no terminal '%s' in '%s'", name ? name : "", conf->file);
    call_tag(ue->terminal->imsi, ue->call);
    return sim_open(&ue->sim, conf, ue->terminal->imsi, why);
}

void ue_abort(struct ue *ue)
{
    register_abort(ue);
    pdp_abort(ue);
    attach_abort(ue);
}

void ue_close(struct ue *ue)
{
    ue_abort(ue);
    ue->notice = ue->delay = NULL;
    detach_locally(ue);
    sa_close(ue);
    radio_close(ue);
    sim_close(&ue->sim);
}

void ue_say(struct ue *ue, const char *format, ...)
{
    char sentence[UE_SENTENCE];
    va_list ap;

    va_start(ap, format);
    why_vprint(sentence, sizeof sentence, format, ap);
    va_end(ap);
    log_warn(ue->call, "%s", sentence);
    if (ue->notice)
        ue->notice(ue->notice_arg, sentence);
}

void ue_delayed(struct ue *ue, const char *format, ...)
{
    char sentence[UE_SENTENCE];
    va_list ap;

    va_start(ap, format);
    why_vprint(sentence, sizeof sentence, format, ap);
    va_end(ap);
    log_warn(*ue->reg.call ? ue->reg.call : ue->call, "%s", sentence);
    if (ue->delay)
        ue->delay(ue->notice_arg, sentence);
}

static void print_registration(struct ue *ue, FILE *out)
{
    static const char *const states[REG_STATES] = {
        [REG_IDLE] = "not registered",
        [REG_ASKED] = "REGISTER is out, waiting for the challenge",
        [REG_ANSWERED] = "REGISTER with the answer is out",
        [REG_BACKING_OFF] = "waiting before the next try",
        [REG_REGISTERED] = "registered",
        [REG_DEREGISTERING] = "de-registering",
    };
    const struct registration *r = &ue->reg;
    int64_t now_s = loop_wall_s(ue->loop);
    char how[64];

    fprintf(out, "  IMS       %s", states[r->state]);
    if (r->state == REG_BACKING_OFF)
        fprintf(out, ": %s", r->busy);
    if (r->bound)
        fprintf(out, "; %s for another %" PRId64 " s, S-CSCF %s", sim_impu(&ue->sim),
                r->until_s - now_s, *r->accept.scscf ? r->accept.scscf : "not told");
    if (r->state == REG_REGISTERED)
        fprintf(out, ", next REGISTER in %" PRId64 " s", r->refresh_s - now_s);
    fprintf(out, "\n");
    if (r->bound && *r->accept.associated)
        fprintf(out, "            associated %s\n", r->accept.associated);
    if (r->bound && *r->accept.service_route)
        fprintf(out, "            service route %s\n", r->accept.service_route);
    if (r->bound)
        fprintf(out, "            %s\n", sa_text(ue, how, sizeof how));
    if (*r->call)
        fprintf(out, "            call=%s Call-ID %s, next CSeq %u\n", r->call, r->call_id,
                r->cseq);
}

void ue_print(struct ue *ue, FILE *out)
{
    char text[UE_SENTENCE], sgsn[ADDR_TEXT], rai[32];

    fprintf(out, "  SIM       IMSI %s, %s, home %s (%s)\n", ue->sim.imsi, ue->sim.impi,
            ue->sim.domain, ue->sim.isim ? "ISIM" : "derived from the IMSI");
    if (ue->attach.state == GMM_ATTACHED)
        fprintf(out, "  GPRS      attached to SGSN %s, P-TMSI %08x, routing area %s, Gb link %s\n",
                radio_sgsn(ue, sgsn), ue->attach.ptmsi, gsm_rai_text(&ue->attach.rai, rai),
                ue->gb && gb_is_up(ue->gb) ? "up" : "down");
    else
        fprintf(out, "  GPRS      %s\n",
                ue->attach.state == GMM_DETACHED    ? "detached"
                : ue->attach.state == GMM_ATTACHING ? "attaching"
                                                    : "detaching");
    if (ue->pdp.state == PDP_ACTIVE)
        fprintf(out, "  address   %s\n", address_text(ue, text, sizeof text));
    else
        fprintf(out, "  address   %s\n",
                ue->pdp.state == PDP_INACTIVE     ? "none"
                : ue->pdp.state == PDP_ACTIVATING ? "asked for"
                                                  : "being given back");
    if (ue->plane.on && ue->plane.fd >= 0)
        fprintf(out, "  packets   %lu up, %lu down, %lu dropped on %s\n", ue->plane.up.packets,
                ue->plane.down.packets, ue->plane.dropped, ue->plane.interface);
    print_registration(ue, out);
    sa_print(ue, out);
    if (ue->reg.sip)
        sip_print_live(ue->reg.sip, out);
}
