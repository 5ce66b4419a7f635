/* SPDX-License-Identifier: Apache-2.0 */
/* The user: commands in, sentences out, an exit status at the end. */
#include <sys/mman.h>

#include "../../../ue/console.h"
#include "ims.h"

static struct console *console;
static int screen, real_stdout, real_stdin; /* screen: a file in place of the terminal's */
static char shown[8192];

static int begin_console(void **state)
{
    fflush(stdout);
    real_stdout = dup(STDOUT_FILENO);
    real_stdin = dup(STDIN_FILENO);
    screen = memfd_create("screen", 0);
    dup2(screen, STDOUT_FILENO);
    return begin(state);
}

static int end_console(void **state)
{
    if (console)
        console_close(console);
    console = NULL;
    fflush(stdout);
    dup2(real_stdout, STDOUT_FILENO);
    dup2(real_stdin, STDIN_FILENO);
    close(real_stdout);
    close(real_stdin);
    close(screen);
    return end(state);
}

/* All that was printed until now. */
static const char *screen_text(void)
{
    ssize_t n;

    soon();
    fflush(stdout);
    n = pread(screen, shown, sizeof shown - 1, 0);
    shown[n > 0 ? n : 0] = 0;
    return shown;
}

static void shows(const char *words)
{
    if (!strstr(screen_text(), words))
        fail_msg("'%s' does not show '%s'", shown, words);
}

#define COMMANDS(...)                                                                              \
    do {                                                                                           \
        char *argv[] = {__VA_ARGS__};                                                              \
        console = console_open(&ue, COUNT(argv), argv);                                            \
    } while (0)

static void script(const char *text)
{
    int fd = memfd_create("script", 0);

    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    lseek(fd, 0, SEEK_SET);
    dup2(fd, STDIN_FILENO);
    close(fd);
    console = console_open(&ue, 0, NULL);
}

static int exit_status(void)
{
    int status;

    soon();
    assert_true(fake_loop_stopped(loop));
    status = console_close(console);
    console = NULL;
    return status;
}

static void register_climbs_from_nothing(void **state)
{
    struct nas accept = gmm(GMM_ATTACH_ACCEPT), active = activate_accept("10.45.0.2", PCSCF1);

    (void)state;
    sqn = 100 << AKA_IND_BITS;
    at = 0;
    COMMANDS("register");
    sgsn_heard(GMM_ATTACH_REQUEST);
    sgsn_says(&accept);
    sgsn_heard(SM_ACTIVATE_REQUEST);
    sgsn_says(&active);
    heard_register();
    challenge();
    heard_register();
    assert_string_equal(screen_text(), "");
    accept_for(90000);
    assert_string_equal(screen_text(), "registered: sip:name@hims.net at 10.45.0.2:5060 for 90000 "
                                       "s, S-CSCF scscf1.hims.net, unprotected\n");
    assert_int_equal(exit_status(), 0);
}

static void on_the_command_line_the_first_failure_is_the_last_command(void **state)
{
    struct nas reject = gmm(GMM_ATTACH_REJECT);

    (void)state;
    COMMANDS("attach", "wait");
    sgsn_heard(GMM_ATTACH_REQUEST);
    reject.attach_reject.cause = GMM_CAUSE_NO_GPRS_AND_NO_OTHER;
    sgsn_says(&reject);
    shows("failed: Attach Reject, cause 8");
    assert_int_equal(exit_status(), 1);
}

static void a_script_goes_on_after_a_failure_but_tells_it_by_its_status(void **state)
{
    (void)state;
    script("  # a comment\n\nfly\nstatus # now\r\nwait soon\n");
    shows("failed: no command 'fly'; 'help' lists them\nstatus: name is off\n");
    shows("failed: 'wait' takes seconds up to 1000000, got 'soon'\n");
    assert_int_equal(exit_status(), 1);
}

static void a_script_whose_commands_succeed_ends_with_0(void **state)
{
    (void)state;
    script("status\nhelp\nderegister\ndetach"); /* no newline at the end */
    shows("deregistered: sip:name@hims.net was not registered\n");
    shows("detached: IMSI " IMSI " was not attached\n");
    assert_int_equal(exit_status(), 0);
}

static void quit_leaves_the_rest_undone(void **state)
{
    (void)state;
    script("quit\nfly\n");
    assert_string_equal(screen_text(), "");
    assert_int_equal(exit_status(), 0);
}

static void an_endless_line_is_no_command(void **state)
{
    static char text[3000];

    (void)state;
    memset(text, 'x', sizeof text - 2);
    strcpy(text + sizeof text - 2, "\n");
    script(text);
    shows("failed: no command '(a'");
    assert_int_equal(exit_status(), 1);
}

static void wait_takes_seconds(void **state)
{
    (void)state;
    COMMANDS("wait", "3", "status");
    fake_clock_forward_ms(loop, 2999);
    assert_string_equal(screen_text(), "");
    fake_clock_forward_ms(loop, 1);
    shows("status: name is off");
    assert_int_equal(exit_status(), 0);
}

static void wait_without_seconds_ends_when_something_is_lost(void **state)
{
    struct nas request = sm(SM_DEACTIVATE_REQUEST);

    (void)state;
    attach();
    activate(PCSCF1);
    COMMANDS("wait");
    fake_clock_forward_ms(loop, 100000);
    assert_false(fake_loop_stopped(loop));
    request.deactivate_request.cause = SM_CAUSE_REGULAR;
    sgsn_says(&request);
    shows("lost: the network deactivated the PDP context, cause 36");
    assert_int_equal(exit_status(), 1);
}

static void a_command_that_is_cut_off_did_not_succeed(void **state)
{
    (void)state;
    COMMANDS("attach");
    sgsn_heard(GMM_ATTACH_REQUEST);
    assert_int_equal(console_close(console), 1);
    console = NULL;
    assert_int_equal(ue.attach.state, GMM_DETACHED);
}

static void status_shows_what_is(void **state)
{
    (void)state;
    be_registered_for(90000);
    COMMANDS("status");
    shows("status: name is registered\n");
    shows("  SIM       IMSI " IMSI ", name.private@hims.net, home hims.net (ISIM)\n");
    shows("  GPRS      attached to SGSN 10.60.2.1:2157, P-TMSI c0000001, routing area 001-01-1-0");
    shows("  address   10.45.0.2 on ue0, APN ims, P-CSCF 10.60.2.10, DNS 10.60.3.53, MTU 1400\n");
    shows("  IMS       registered; sip:name@hims.net for another 90000 s, S-CSCF scscf1.hims.net, "
          "next REGISTER in 89400 s\n");
    shows("associated <sip:name@hims.net>, <tel:+15550001>\n");
    shows("service route <sip:orig@scscf1.hims.net;lr>\n");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin_console, end_console)
    const struct CMUnitTest tests[] = {
        T(register_climbs_from_nothing),
        T(on_the_command_line_the_first_failure_is_the_last_command),
        T(a_script_goes_on_after_a_failure_but_tells_it_by_its_status),
        T(a_script_whose_commands_succeed_ends_with_0),
        T(quit_leaves_the_rest_undone),
        T(an_endless_line_is_no_command),
        T(wait_takes_seconds),
        T(wait_without_seconds_ends_when_something_is_lost),
        T(a_command_that_is_cut_off_did_not_succeed),
        T(status_shows_what_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
