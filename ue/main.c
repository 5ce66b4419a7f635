/* SPDX-License-Identifier: Apache-2.0 */
/* ue: one terminal of the lab, driven by commands. SIGTERM, `quit` and the end of the commands
 * switch it off: it de-registers and detaches, in two seconds or not at all. */
#include "daemon.h"

#include "console.h"
#include "ue.h"

enum { SWITCH_OFF_MS = 1800 };

static void print_live(void *arg, FILE *out)
{
    ue_print(arg, out);
}

struct switch_off {
    struct ue *ue;
    struct loop_timer *late;
    struct steps *steps;
};

static void on_late(void *arg)
{
    struct switch_off *off = arg;

    off->late = NULL;
    log_warn(off->ue->call, "the network does not answer in time, switching off without");
    loop_stop(off->ue->loop);
}

static void on_deregistered(void *arg, int err, const char *sentence)
{
    struct switch_off *off = arg;

    if (err)
        log_warn(off->ue->call, "%s", sentence);
    loop_stop(off->ue->loop);
}

/* As a phone whose button is held: de-register, then Detach Request "power off", which nobody
 * answers (TS 24.008 4.7.4.1). */
static void switch_off(struct ue *ue)
{
    struct switch_off off = {.ue = ue};

    ue_abort(ue);
    if (register_is_on(ue)) {
        off.late = loop_after(ue->loop, SWITCH_OFF_MS, on_late, &off);
        steps_down(&off.steps, ue, UE_REGISTERED, on_deregistered, &off);
        loop_run(ue->loop);
        steps_cancel(&off.steps);
        loop_cancel(&off.late);
    }
    detach_power_off(ue);
}

int main(int argc, char **argv)
{
    struct daemon d = {
        .program = "ue",
        .about = "A terminal of the lab: SIM, GPRS attach, PDP context, IMS registration.",
        .extra = console_help(),
        .conf_flags = CONF_SIMS,
    };
    struct console *console;
    struct why why;
    struct ue ue;
    int status;

    daemon_start(&d, argc, argv);
    log_open("ue", daemon_log_level());
    if (ue_open(&ue, d.loop, &d.conf, d.name, &why) < 0)
        daemon_die("%s", why.text);
    if (plane_open(&ue, &why) < 0)
        daemon_die("%s", why.text);
    daemon_on_live(&d, print_live, &ue);
    console = console_open(&ue, d.argc, d.argv);
    daemon_run(&d);
    status = console_close(console);
    switch_off(&ue);
    ue_close(&ue);
    plane_close(&ue);
    daemon_end(&d);
    return status;
}
