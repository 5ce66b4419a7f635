/* SPDX-License-Identifier: Apache-2.0 */
/* What an operator asks of the S-CSCF (scscf/control.c). */
#include "world.h"

static const char *asked(struct world *w, const char *line)
{
    static char answer[512];

    answer[0] = '\0';
    control_serve(&w->scscf, line, answer, sizeof answer);
    return answer;
}

static void reauthenticate_shortens_what_is_registered(void **state)
{
    struct world *w = *state;

    ue_is_registered(w, (struct ue){0});
    assert_non_null(strstr(asked(w, "reauthenticate " IMPU), "1 contacts have to"));
    assert_int_equal(w->scscf.registrar.all->bindings->event, CHANGE_SHORTENED);
    assert_non_null(strstr(asked(w, "reauthenticate tel:+15550001"), "0 contacts")); /* so it is */
}

static void deregister_ends_it_and_tells_the_hss(void **state)
{
    struct world *w = *state;

    ue_is_registered(w, (struct ue){0});
    assert_non_null(strstr(asked(w, "deregister " IMPU), "de-registered"));
    expect_sar(CX_SAT_ADMINISTRATIVE_DEREGISTRATION, IMPI, IMPU);
    hss_accepts(w);
    assert_int_equal(w->scscf.registrar.count, 0);
}

static void anything_else_is_told_in_one_sentence(void **state)
{
    struct world *w = *state;

    assert_non_null(strstr(asked(w, "reauthenticate sip:nobody@hims.net"), "not registered here"));
    assert_non_null(strstr(asked(w, "reauthenticate"), "not understood"));
    assert_non_null(strstr(asked(w, ""), "not understood"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        journal_test(reauthenticate_shortens_what_is_registered),
        journal_test(deregister_ends_it_and_tells_the_hss),
        journal_test(anything_else_is_told_in_one_sentence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
