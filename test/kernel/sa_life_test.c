/* SPDX-License-Identifier: Apache-2.0 */
/* The P-CSCF's SA table on a real kernel: registered terminals outlive the process. Needs ESP:
 * tools/uml runs it. */
#include "two_ends.h"

#include "../../pcscf/sa.h"
#include "sip_protect.h"

#define IMPI "name.private@hims.net"

static struct sa_config config;
static struct sas *sas;
static char file[64] = "/tmp/imslab-sa-life-XXXXXX";

static const struct sec_pair sha1_aes = {SEC_HMAC_SHA_1_96, SEC_AES_CBC};

static void start(void)
{
    struct why why;

    enter(PCSCF);
    sas = sas_open(&config, &why);
    if (!sas)
        fail_msg("%s", why.text);
}

static int begin(void **state)
{
    (void)state;
    agree(sha1_aes, false);
    config = (struct sa_config){
        .loop = loop_new(),
        .xfrm = xfrm[PCSCF],
        .address = set[PCSCF].pcscf,
        .port_ps = PORT_PS,
        .port_pc = {PORT_PC, PORT_PC + 1},
        .port_pc_count = 2,
        .reg_await_auth_s = 240,
        .margin_s = 30,
        .grace_ms = 32000,
        .file = file,
        .contacts = contacts_new()
    };
    unlink(file);
    start();
    return 0;
}

static int end(void **state)
{
    (void)state;
    enter(PCSCF);
    sas_close(sas);
    clear_both();
    contacts_free(config.contacts);
    loop_free(config.loop);
    unlink(file);
    return 0;
}

/* A registration; afterwards both ends have the set. */
static void registered(void)
{
    struct sa_ask ask = {.impi = IMPI,
                         .call = "deadbeef",
                         .ue = set[UE].ue,
                         .pcscf = set[UE].pcscf,
                         .spi_c = set[UE].spi_uc,
                         .spi_s = set[UE].spi_us,
                         .port_c = PORT_UC,
                         .port_s = PORT_US};
    struct why why;
    struct sa *sa;

    enter(PCSCF);
    sa = sa_challenge(sas, &ask, sha1_aes, set[UE].ck, set[UE].ik, &why);
    if (!sa)
        fail_msg("%s", why.text);
    sa_succeed(sas, sa, 3600);
    set[PCSCF] = sa->set;
    set[UE].spi_pc = sa->set.spi_pc;
    set[UE].spi_ps = sa->set.spi_ps;
    install(UE);
}

/* The process has ended without a word; this one is the next. */
static void next_process(void)
{
    struct sip_protection p = {.local = set[PCSCF].pcscf,
                               .peer = set[PCSCF].ue,
                               .local_c = PORT_PC,
                               .local_s = PORT_PS,
                               .peer_c = PORT_UC,
                               .peer_s = PORT_US};

    sip_protect_remove(&p); /* closes the socket on port_pc */
    start();
}

static bool talks(void)
{
    int ps, us;
    bool ok;

    ps = socket_at(PCSCF, SOCK_DGRAM, PORT_PS);
    us = socket_at(UE, SOCK_DGRAM, PORT_US);
    enter(PCSCF);
    struct addr dst = place(UE, PORT_US), from = place(PCSCF, PORT_PS), to;
    int fd = sip_protect_socket(&from, &dst, &to);
    char buf[8];
    ok = fd >= 0 && sendto(fd, "hello", 5, 0, &to.sa, addr_len(&to)) == 5 &&
         arrives(us, QUIET_MS) && recv(us, buf, sizeof buf, 0) == 5 &&
         udp_passes(UE, PORT_UC, ps, PORT_PS);
    close(ps);
    close(us);
    return ok;
}

static void a_registered_terminal_outlives_a_killed_process(void **state)
{
    (void)state;
    registered();
    for (int i = 0; i < 5; i++)
        assert_true(talks());
    next_process();
    assert_int_equal(sas_count(sas, SA_ESTABLISHED), 1);
    for (int i = 0; i < 5; i++)
        assert_true(talks());
}

static void a_registered_terminal_outlives_the_namespace(void **state)
{
    (void)state;
    registered();
    for (int i = 0; i < 40; i++) /* more than the window */
        assert_true(talks());
    enter(PCSCF);
    assert_true(sa_flush(xfrm[PCSCF], SA_PCSCF, &config.address, NULL, NULL, NULL) > 0);
    assert_false(talks());
    next_process();
    assert_int_equal(sas_count(sas, SA_ESTABLISHED), 1);
    for (int i = 0; i < 5; i++)
        assert_true(talks());
}

static void a_registered_terminal_outlives_a_stop(void **state)
{
    (void)state;
    registered();
    assert_true(talks());
    enter(PCSCF);
    sas_close(sas);
    assert_int_equal(sa_flush(xfrm[PCSCF], SA_PCSCF, &config.address, NULL, NULL, NULL), 0);
    start();
    for (int i = 0; i < 5; i++)
        assert_true(talks());
}

static void what_the_file_does_not_know_is_gone(void **state)
{
    (void)state;
    registered();
    assert_true(talks());
    unlink(file);
    next_process();
    assert_int_equal(sas_count(sas, SA_ESTABLISHED), 0);
    assert_false(talks());
    assert_int_equal(sa_set_remove(xfrm[UE], &set[UE], NULL), 0);
    registered(); /* ROB-12 */
    assert_true(talks());
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_registered_terminal_outlives_a_killed_process),
        T(a_registered_terminal_outlives_the_namespace),
        T(a_registered_terminal_outlives_a_stop),
        T(what_the_file_does_not_know_is_gone),
    };

    make_ends();
    log_open("pcscf1", LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
