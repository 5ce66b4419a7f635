/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>

#include "identity.h"

/* TS 23.003 13.2 and 13.3 print the 234150999999999 example: MCC 234, MNC 15. */
static void the_example_of_23_003_comes_out(void **state)
{
    struct identity id;

    (void)state;
    assert_int_equal(identity_from_imsi("234150999999999", 2, &id), 0);
    assert_string_equal(id.domain, "ims.mnc015.mcc234.3gppnetwork.org");
    assert_string_equal(id.impi, "234150999999999@ims.mnc015.mcc234.3gppnetwork.org");
    assert_string_equal(id.impu, "sip:234150999999999@ims.mnc015.mcc234.3gppnetwork.org");
}

static void an_mnc_of_three_digits_stays_as_it_is(void **state)
{
    struct identity id;

    (void)state;
    assert_int_equal(identity_from_imsi("310410123456789", 3, &id), 0);
    assert_string_equal(id.domain, "ims.mnc410.mcc310.3gppnetwork.org");
}

static void a_short_imsi_is_taken_whole(void **state)
{
    struct identity id;

    (void)state;
    assert_int_equal(identity_from_imsi("00101000000001", 2, &id), 0);
    assert_string_equal(id.impi, "00101000000001@ims.mnc001.mcc001.3gppnetwork.org");
}

static void what_is_no_imsi_gives_nothing(void **state)
{
    static const char *const bad[] = {"", "00101", "0010100000000012", "00101000000000a",
                                      "+0010100000"};
    struct identity id;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(identity_from_imsi(bad[i], 2, &id), -EINVAL);
        assert_string_equal(id.impi, "");
        assert_string_equal(id.impu, "");
    }
    assert_int_equal(identity_from_imsi("001010000000001", 1, &id), -EINVAL);
    assert_int_equal(identity_from_imsi("001010000000001", 4, &id), -EINVAL);
}

static void a_plmn_has_a_domain(void **state)
{
    char domain[IDENTITY_TEXT];

    (void)state;
    assert_int_equal(identity_domain("001", "01", domain), 0);
    assert_string_equal(domain, "ims.mnc001.mcc001.3gppnetwork.org");
    assert_int_equal(identity_domain("001", "001", domain), 0);
    assert_string_equal(domain, "ims.mnc001.mcc001.3gppnetwork.org");
    assert_int_equal(identity_domain("01", "01", domain), -EINVAL);
    assert_string_equal(domain, "");
    assert_int_equal(identity_domain("001", "1", domain), -EINVAL);
    assert_int_equal(identity_domain("001", "0x", domain), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_of_23_003_comes_out),
        cmocka_unit_test(an_mnc_of_three_digits_stays_as_it_is),
        cmocka_unit_test(a_short_imsi_is_taken_whole),
        cmocka_unit_test(what_is_no_imsi_gives_nothing),
        cmocka_unit_test(a_plmn_has_a_domain),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
