/* SPDX-License-Identifier: Apache-2.0 */
/* The SA table over the end of the process: killed, stopped, its namespace thrown away. */
#include "sa_world.h"

static char *read_file(size_t *len)
{
    static char text[200000];
    FILE *in = fopen(file, "r");

    assert_non_null(in);
    *len = fread(text, 1, sizeof text - 1, in);
    text[*len] = 0;
    fclose(in);
    return text;
}

static void write_file(const char *text, size_t len)
{
    FILE *out = fopen(file, "w");

    assert_non_null(out);
    assert_int_equal(fwrite(text, 1, len, out), len);
    fclose(out);
}

static void after_a_kill_the_sas_of_the_kernel_are_adopted(void **state)
{
    uint32_t spi;
    struct sa *sa;

    (void)state;
    sa = registered(1);
    spi = sa->set.spi_ps;
    fake_xfrm_numbers(sa->set.spi_us, 77, 0);
    killed();
    assert_int_equal(fake_xfrm_sas(), 4);
    start();
    assert_int_equal(fake_xfrm_sas(), 4);
    assert_int_equal(fake_xfrm_policies(), BLOCKS + 4);
    sa = heard(40001);
    assert_non_null(sa);
    assert_int_equal(sa->set.spi_ps, spi);
    assert_int_equal(fake_xfrm_sa(sa->set.spi_us)->replay.out, 77); /* the same one */
    assert_string_equal(sa->impi, IMPI);
    assert_string_equal(sa->client, "the client's");
    assert_string_equal(sa->server, "the server's");
    assert_int_equal(preferred(), sa->set.port_pc);
    pass_s(3600 + MARGIN_S);
    assert_null(heard(40001));
}

static void in_a_new_namespace_the_sas_go_on_after_the_numbers_set_aside(void **state)
{
    const struct esp_sa *out, *in;
    struct sa_set set;
    struct xfrm_event event = {.kind = XFRM_TOLD_REPLAY};
    FILE *null = fopen("/dev/null", "w");

    (void)state;
    set = registered(1)->set;
    event.dst = set.ue;
    event.spi = set.spi_us;
    event.reqid = fake_xfrm_sa(set.spi_us)->reqid;
    event.replay.out = 900;
    fake_xfrm_tell(config.xfrm, &event);
    event.dst = set.pcscf;
    event.spi = set.spi_ps;
    event.reqid = fake_xfrm_sa(set.spi_ps)->reqid;
    event.replay = (struct esp_replay){.in = 600, .seen = 1};
    fake_xfrm_tell(config.xfrm, &event);
    sa_print(sas, null); /* hears first what the kernel has to tell */
    fclose(null);
    killed();
    fake_xfrm_reset();
    start();
    assert_int_equal(fake_xfrm_sas(), 4);
    out = fake_xfrm_sa(set.spi_us);
    in = fake_xfrm_sa(set.spi_ps);
    assert_true(out->replay.out >= 900);
    assert_int_equal(in->replay.in, 600);
    assert_int_equal(in->replay.seen, UINT32_MAX);
    assert_memory_equal(out->auth.octets, test_ik, sizeof test_ik);
    assert_memory_equal(out->crypt.octets, test_ck, sizeof test_ck);
    assert_int_equal(heard(40001)->state, SA_ESTABLISHED);
    killed(); /* at once, again: the numbers of the second life are beyond those of the first */
    uint32_t first = out->replay.out;
    fake_xfrm_reset();
    start();
    assert_true(fake_xfrm_sa(set.spi_us)->replay.out > first);
}

static void stopped_and_started_again_the_numbers_are_exact(void **state)
{
    struct sa_set set;

    (void)state;
    set = registered(1)->set;
    fake_xfrm_numbers(set.spi_us, 41, 0);
    fake_xfrm_numbers(set.spi_ps, 0, 43);
    stopped();
    assert_int_equal(fake_xfrm_sas(), 0);
    assert_int_equal(fake_xfrm_policies(), 0);
    start();
    assert_int_equal(fake_xfrm_sa(set.spi_us)->replay.out, 41);
    assert_int_equal(fake_xfrm_sa(set.spi_ps)->replay.in, 43);
}

static void what_the_kernel_has_and_nobody_knows_is_removed(void **state)
{
    (void)state;
    registered(1);
    killed();
    unlink(file);
    start();
    assert_int_equal(fake_xfrm_sas(), 0);
    assert_int_equal(fake_xfrm_policies(), BLOCKS);
    assert_null(heard(40001));
    registered(1); /* ROB-12: the terminal registers again */
    assert_int_equal(fake_xfrm_sas(), 4);
}

static void a_temporary_set_does_not_outlive_the_process(void **state)
{
    (void)state;
    challenge(2, registered(1));
    killed();
    start();
    assert_int_equal(fake_xfrm_sas(), 4);
    assert_null(heard(40002));
    assert_non_null(heard(40001));
}

static void a_set_that_is_partly_gone_is_made_again(void **state)
{
    struct sa_set set;

    (void)state;
    set = registered(1)->set;
    killed();
    xfrm_open(&config.xfrm, NULL);
    xfrm_begin(config.xfrm);
    xfrm_drop_sa(config.xfrm, &set.ue, set.spi_uc);
    xfrm_commit(config.xfrm, NULL, NULL);
    xfrm_close(config.xfrm);
    assert_int_equal(fake_xfrm_sas(), 3);
    start();
    assert_int_equal(fake_xfrm_sas(), 4);
    assert_true(fake_xfrm_sa(set.spi_us)->replay.out >= 1024);
}

static void sets_that_have_ended_or_whose_ports_are_not_ours_any_more_are_removed(void **state)
{
    (void)state;
    registered(1);
    killed();
    pass_s(3600 + MARGIN_S);
    start();
    assert_int_equal(fake_xfrm_sas(), 0);
    registered(1);
    killed();
    config.port_ps = 5071;
    start();
    assert_int_equal(fake_xfrm_sas(), 0);
    assert_int_equal(fake_xfrm_policies(), BLOCKS);
}

static void a_retired_set_is_still_retired(void **state)
{
    (void)state;
    registered(1);
    sa_retire(sas, IMPI, "deregistered");
    killed();
    start();
    assert_true(heard(40001)->retired);
    pass_s(GRACE_MS / 1000);
    assert_int_equal(fake_xfrm_sas(), 0);
}

static void contacts_are_there_again(void **state)
{
    struct contact c = {.source = at("10.45.0.2", 40001),
                        .transport = SIP_TCP,
                        .impi = IMPI,
                        .impu = "sip:name@hims.net",
                        .uri = "sip:10.45.0.2:40100",
                        .service_route = "<sip:orig@scscf1.hims.net;lr>",
                        .associated = "<sip:name@hims.net>, <tel:+15550001>"};
    int64_t now_s = loop_wall_s(config.loop);
    const struct contact *found;

    (void)state;
    registered(1);
    c.until_s = now_s + 3600;
    contact_put(config.contacts, &c, now_s);
    c.uri = "sip:10.45.0.2:40999";
    contact_put(config.contacts, &c, now_s);
    contact_remove(config.contacts, c.impi, c.impu, c.uri);
    killed();
    start();
    assert_int_equal(contact_count(config.contacts, now_s), 1);
    found = contact_find(config.contacts, &c.source, now_s);
    assert_non_null(found);
    assert_int_equal(found->transport, SIP_TCP);
    assert_int_equal(found->until_s, now_s + 3600);
    assert_string_equal(found->uri, "sip:10.45.0.2:40100");
    assert_string_equal(found->service_route, c.service_route);
    assert_string_equal(found->associated, c.associated);
    stopped();
    start();
    assert_int_equal(contact_count(config.contacts, now_s), 1);
}

/* ---- the file ---- */

static void a_line_that_was_cut_off_or_changed_does_not_count(void **state)
{
    char *text, *second;
    size_t len;

    (void)state;
    registered(1);
    challenge_at("other@hims.net", "10.45.0.3", 1, NULL);
    sa_succeed(sas, sa_by_id(sas, sa_id(challenge_at("other@hims.net", "10.45.0.3", 2, NULL))),
               3600);
    stopped();
    text = read_file(&len);
    second = strchr(strchr(text, '\n') + 1, '\n'); /* the header and a set */
    assert_non_null(strchr(second + 1, '\n'));
    write_file(text, len - 20); /* the last line is cut off */
    start();
    assert_int_equal(sas_count(sas, SA_ESTABLISHED), 1);
    stopped();
    text = read_file(&len);
    *strstr(text, "port_uc=4") = 'P'; /* somebody has been at it */
    write_file(text, len);
    start();
    assert_int_equal(sas_count(sas, SA_ESTABLISHED), 0);
}

static void noise_in_place_of_the_file_is_no_set(void **state)
{
    static char noise[4096];

    (void)state;
    stopped();
    srand(4711);
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = i % 37 ? rand() : '\n';
    write_file(noise, sizeof noise);
    start();
    assert_int_equal(fake_xfrm_sas(), 0);
    assert_non_null(registered(1));
}

static void the_file_is_ours_alone_and_no_link(void **state)
{
    struct stat st;

    (void)state;
    assert_int_equal(stat(file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    stopped();
    assert_int_equal(chmod(file, 0640), 0);
    xfrm_open(&config.xfrm, NULL);
    sas = sas_open(&config, &why);
    assert_null(sas);
    assert_non_null(strstr(why.text, "must be ours, and of mode 0600"));
    assert_int_equal(fake_xfrm_policies(), 0);
    unlink(file);
    assert_int_equal(symlink("/dev/null", file), 0);
    sas = sas_open(&config, &why);
    assert_null(sas);
    unlink(file);
    xfrm_close(config.xfrm);
    start();
}

static void the_file_does_not_grow_without_end(void **state)
{
    size_t len;
    struct sa *sa;

    (void)state;
    sa = registered(1);
    for (int i = 0; i < 20000; i++)
        sa_succeed(sas, sa, 3600);
    read_file(&len);
    assert_true(len < 1100 * 800);
    killed();
    start();
    assert_non_null(heard(40001));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(after_a_kill_the_sas_of_the_kernel_are_adopted),
        T(in_a_new_namespace_the_sas_go_on_after_the_numbers_set_aside),
        T(stopped_and_started_again_the_numbers_are_exact),
        T(what_the_kernel_has_and_nobody_knows_is_removed),
        T(a_temporary_set_does_not_outlive_the_process),
        T(a_set_that_is_partly_gone_is_made_again),
        T(sets_that_have_ended_or_whose_ports_are_not_ours_any_more_are_removed),
        T(a_retired_set_is_still_retired),
        T(contacts_are_there_again),
        T(a_line_that_was_cut_off_or_changed_does_not_count),
        T(noise_in_place_of_the_file_is_no_set),
        T(the_file_is_ours_alone_and_no_link),
        T(the_file_does_not_grow_without_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
