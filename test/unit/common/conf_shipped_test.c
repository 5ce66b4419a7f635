/* SPDX-License-Identifier: Apache-2.0 */
/* The files that the repository ships, against the schema: run in its top folder. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf.h"

static struct conf conf;
static struct why why;

static int end(void **state)
{
    (void)state;
    conf_free(&conf);
    return 0;
}

static void the_shipped_lab_is_fine(void **state)
{
    (void)state;
    if (chmod("conf/sims.yaml", 0600) < 0 || conf_load(&conf, "conf/lab.yaml", CONF_SIMS, &why) < 0)
        fail_msg("%s", why.text);
}

static void the_shipped_lab_is_the_seeds(void **state)
{
    const struct conf_terminal *name;
    const struct conf_sim *sim;

    (void)state;
    if (conf_load(&conf, "conf/lab.yaml", CONF_SIMS, &why) < 0)
        fail_msg("%s", why.text);
    assert_string_equal(conf.home_domain, "hims.net");
    assert_string_equal(conf.pcscf[0].element.host, "pcscf1.vims.net");
    name = conf_terminal(&conf, "name");
    assert_non_null(name);
    assert_int_equal(name->expires_s, 90000);
    assert_int_equal(name->max_forwards, 20);
    assert_int_equal(name->cseq, 25);
    sim = conf_sim(&conf, name->imsi);
    assert_string_equal(sim->impi, "name.private@hims.net");
    assert_string_equal(sim->impu[0], "sip:name@hims.net");
    assert_string_equal(conf_subscriber_by_imsi(&conf, name->imsi)->impi, sim->impi);
}

/* A card whose identities the HSS does not know could never register. */
static void every_shipped_card_has_its_subscriber(void **state)
{
    const struct conf_subscriber *sub;

    (void)state;
    if (conf_load(&conf, "conf/lab.yaml", CONF_SIMS, &why) < 0)
        fail_msg("%s", why.text);
    for (size_t i = 0; i < conf.sim_count; i++) {
        sub = conf_subscriber_by_imsi(&conf, conf.sim[i].imsi);
        assert_non_null(sub);
        assert_string_equal(sub->impi, conf.sim[i].impi);
        assert_string_equal(sub->impu[0].id, conf.sim[i].impu[0]);
    }
}

static char *whole(FILE *in)
{
    char *text = NULL;
    size_t size = 0;
    ssize_t n = getdelim(&text, &size, 0, in);

    assert_true(n > 0);
    fclose(in);
    return text;
}

/* What conf_reference writes to stdout. */
static char *reference(void)
{
    FILE *out = tmpfile();
    int kept;

    assert_non_null(out);
    fflush(stdout);
    kept = dup(STDOUT_FILENO);
    dup2(fileno(out), STDOUT_FILENO);
    conf_reference();
    fflush(stdout);
    dup2(kept, STDOUT_FILENO);
    close(kept);
    rewind(out);
    return whole(out);
}

static void the_reference_is_the_schemas(void **state)
{
    FILE *committed = fopen("docs/configuration.md", "r");
    char *now = reference(), *then;

    (void)state;
    assert_non_null(committed);
    then = whole(committed);
    if (strcmp(now, then) != 0)
        fail_msg(
            "the schema has changed: build/plain/bin/labconf reference > docs/configuration.md");
    free(now);
    free(then);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(the_shipped_lab_is_fine, end),
        cmocka_unit_test_teardown(the_shipped_lab_is_the_seeds, end),
        cmocka_unit_test_teardown(every_shipped_card_has_its_subscriber, end),
        cmocka_unit_test(the_reference_is_the_schemas),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
