/* SPDX-License-Identifier: Apache-2.0 */
#include "../../../scscf/binding.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "xalloc.h"

#define SECOND 1000ull

static su_home_t *home;
static struct registrar registrar;
static struct registration *reg;

static struct profile profile_of(const char *first, const char *second)
{
    struct profile p = {.impu = xzalloc(2 * sizeof *p.impu), .impu_count = second ? 2 : 1};

    p.impu[0].id = xstrdup(first);
    if (second)
        p.impu[1].id = xstrdup(second);
    return p;
}

static struct registration *put(const char *first, const char *second)
{
    struct profile p = profile_of(first, second);

    return registrar_put(&registrar, &p, NULL);
}

static int setup(void **state)
{
    (void)state;
    home = su_home_new(sizeof *home);
    memset(&registrar, 0, sizeof registrar);
    reg = put("sip:a@h", "tel:+1");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    registrar_free(&registrar);
    su_home_unref(home);
    return 0;
}

/* A REGISTER of impi with one contact. */
static struct asked ask(const char *impi, const char *call_id, uint32_t cseq, const char *contact,
                        unsigned expires_s)
{
    struct asked asked = {.call_id = call_id, .cseq = cseq, .path = "", .contact_count = 1};

    strcpy(asked.impi, impi);
    strcpy(asked.impu, "sip:a@h");
    asked.kind = expires_s > 0 ? ASKED_REGISTRATION : ASKED_DEREGISTRATION;
    asked.contact[0] = (struct asked_contact){.uri = url_make(home, contact),
                                              .text = contact,
                                              .instance = "",
                                              .q = "",
                                              .expires_s = expires_s};
    return asked;
}

static size_t apply(const struct asked *asked, uint64_t now_ms)
{
    struct binding *removed = binding_apply(&registrar, reg, asked, now_ms);
    size_t count = 0;

    for (struct binding *b = removed; b; b = b->next)
        count++;
    binding_list_free(removed);
    return count;
}

static size_t bound(void)
{
    size_t count = 0;

    for (const struct binding *b = reg->bindings; b; b = b->next)
        count++;
    return count;
}

static void a_set_is_found_by_each_of_its_identities(void **state)
{
    struct registration *other = put("sip:b@h", NULL);

    (void)state;
    assert_ptr_equal(registrar_find(&registrar, "sip:a@h"), reg);
    assert_ptr_equal(registrar_find(&registrar, "tel:+1"), reg);
    assert_ptr_equal(registrar_find(&registrar, "sip:b@h"), other);
    assert_null(registrar_find(&registrar, "sip:c@h"));
    assert_int_equal(registrar.count, 2);
    registrar_remove(&registrar, reg);
    assert_null(registrar_find(&registrar, "tel:+1"));
    assert_int_equal(registrar.count, 1);
}

static void a_new_profile_of_a_set_replaces_the_old_and_keeps_the_contacts(void **state)
{
    struct asked asked = ask("i", "c1", 1, "sip:a@10.0.0.1", 100);

    (void)state;
    apply(&asked, 0);
    assert_ptr_equal(put("tel:+1", "sip:new@h"), reg);
    assert_null(registrar_find(&registrar, "sip:a@h"));
    assert_ptr_equal(registrar_find(&registrar, "sip:new@h"), reg);
    assert_int_equal(bound(), 1);
    assert_int_equal(registrar.count, 1);
}

static void an_identity_that_moved_to_another_set_is_not_lost_with_the_old_one(void **state)
{
    struct registration *other = put("sip:b@h", NULL);

    (void)state;
    assert_ptr_equal(put("sip:b@h", "tel:+1"), other);
    assert_ptr_equal(registrar_find(&registrar, "tel:+1"), other);
    registrar_remove(&registrar, reg);
    assert_ptr_equal(registrar_find(&registrar, "tel:+1"), other);
    assert_null(registrar_find(&registrar, "sip:a@h"));
}

static void many_sets_are_found_and_forgotten(void **state)
{
    char id[32];

    (void)state;
    for (int i = 0; i < 5000; i++) {
        snprintf(id, sizeof id, "sip:u%d@h", i);
        put(id, NULL);
    }
    assert_int_equal(registrar.count, 5001);
    for (int i = 0; i < 5000; i += 2) {
        snprintf(id, sizeof id, "sip:u%d@h", i);
        registrar_remove(&registrar, registrar_find(&registrar, id));
    }
    assert_int_equal(registrar.count, 2501);
    assert_null(registrar_find(&registrar, "sip:u42@h"));
    assert_non_null(registrar_find(&registrar, "sip:u43@h"));
}

static void a_contact_is_added_refreshed_and_removed(void **state)
{
    struct asked asked = ask("i", "c1", 1, "sip:a@10.0.0.1", 100);

    (void)state;
    assert_int_equal(binding_count_after(reg, &asked, true, 0), 1);
    assert_int_equal(apply(&asked, 5 * SECOND), 0);
    assert_int_equal(bound(), 1);
    assert_int_equal(binding_left_s(reg->bindings, 5 * SECOND), 100);
    assert_int_equal(binding_next_ms(reg), 105 * SECOND);
    asked = ask("i", "c1", 2, "sip:a@10.0.0.1", 300);
    assert_int_equal(apply(&asked, 50 * SECOND), 0);
    assert_int_equal(bound(), 1);
    assert_int_equal(reg->bindings->cseq, 2);
    assert_int_equal(binding_next_ms(reg), 350 * SECOND);
    asked = ask("i", "c1", 3, "sip:a@10.0.0.1", 0);
    assert_int_equal(binding_count_after(reg, &asked, true, 60 * SECOND), 0);
    assert_int_equal(apply(&asked, 60 * SECOND), 1);
    assert_int_equal(bound(), 0);
    assert_int_equal(binding_next_ms(reg), 0);
}

static void contacts_differ_by_host_user_port_and_transport(void **state)
{
    static const char *const contacts[] = {"sip:a@10.0.0.1", "sip:a@10.0.0.2", "sip:b@10.0.0.1",
                                           "sip:a@10.0.0.1:5070", "sip:a@10.0.0.1;transport=tcp"};

    (void)state;
    for (unsigned i = 0; i < COUNT(contacts); i++) {
        struct asked asked = ask("i", "c1", i + 1, contacts[i], 100);

        apply(&asked, 0);
        assert_int_equal(bound(), i + 1);
        asked = ask("i", "c1", i + 1, contacts[i], 200);
        apply(&asked, 0);
        assert_int_equal(bound(), i + 1);
    }
    struct asked same = ask("i", "c1", 9, "sip:a@10.0.0.1;transport=TCP;x=y", 0);

    assert_int_equal(apply(&same, 0), 1);
}

static void RREG_09_the_order_is_that_of_cseq_within_a_call(void **state)
{
    struct asked asked = ask("i", "c1", 7, "sip:a@10.0.0.1", 100);

    (void)state;
    assert_true(binding_in_order(NULL, &asked));
    assert_true(binding_in_order(reg, &asked));
    apply(&asked, 0);
    assert_false(binding_in_order(reg, &asked));
    asked.cseq = 6;
    assert_false(binding_in_order(reg, &asked));
    asked.cseq = 8;
    assert_true(binding_in_order(reg, &asked));
    asked.cseq = 1;
    asked.call_id = "c2";
    assert_true(binding_in_order(reg, &asked));
}

static void a_new_call_with_a_new_contact_replaces_what_the_terminal_had(void **state)
{
    struct asked asked = ask("i", "c1", 1, "sip:a@10.0.0.1", 100);

    (void)state;
    apply(&asked, 0);
    asked = ask("other", "c9", 1, "sip:a@10.0.0.9", 100);
    apply(&asked, 0);
    asked = ask("i", "c2", 1, "sip:a@10.0.0.2", 100);
    assert_int_equal(binding_count_after(reg, &asked, true, 0), 1);
    assert_int_equal(binding_count_after(reg, &asked, false, 0), 2);
    assert_int_equal(apply(&asked, 0), 1);
    assert_int_equal(bound(), 2);
    assert_string_equal(reg->bindings->text, "sip:a@10.0.0.9");
}

static void a_second_device_or_flow_of_the_same_impi_replaces_nothing(void **state)
{
    struct asked asked = ask("i", "c1", 1, "sip:a@10.0.0.1", 100);

    (void)state;
    apply(&asked, 0);
    asked = ask("i", "c2", 1, "sip:a@10.0.0.2", 100);
    asked.contact[0].instance = "\"<urn:uuid:2>\"";
    assert_int_equal(apply(&asked, 0), 0);
    asked = ask("i", "c3", 1, "sip:a@10.0.0.3", 100);
    asked.contact[0].has_reg_id = true;
    assert_int_equal(apply(&asked, 0), 0);
    assert_int_equal(bound(), 3);
}

static void DREG_02_star_takes_the_contacts_of_its_impi_alone(void **state)
{
    struct asked asked = ask("i", "c1", 1, "sip:a@10.0.0.1", 100);
    struct asked star = {.star = true, .call_id = "c1", .cseq = 2, .path = ""};

    (void)state;
    apply(&asked, 0);
    asked = ask("i", "c1", 1, "sip:a@10.0.0.1:5070", 100);
    apply(&asked, 0);
    asked = ask("other", "c9", 1, "sip:a@10.0.0.9", 100);
    apply(&asked, 0);
    strcpy(star.impi, "i");
    assert_int_equal(binding_count_after(reg, &star, true, 0), 0);
    assert_int_equal(binding_count_after(reg, &star, false, 0), 1);
    assert_int_equal(apply(&star, 0), 2);
    assert_true(binding_belongs(reg, "other", 0));
    assert_false(binding_belongs(reg, "i", 0));
}

static void one_terminal_does_not_sign_off_another(void **state)
{
    struct asked asked = ask("i", "c1", 1, "sip:a@10.0.0.1", 100);

    (void)state;
    apply(&asked, 0);
    asked = ask("other", "c9", 1, "sip:a@10.0.0.1", 0);
    assert_int_equal(apply(&asked, 0), 0);
    assert_int_equal(bound(), 1);
}

static void what_has_expired_no_longer_counts_and_is_taken_out(void **state)
{
    struct asked asked = ask("i", "c1", 1, "sip:a@10.0.0.1", 100);
    struct asked fetch = {.call_id = "c1", .cseq = 2, .path = "", .impi = "i"};
    struct binding *gone;

    (void)state;
    apply(&asked, 0);
    asked = ask("i", "c1", 1, "sip:a@10.0.0.2", 200);
    apply(&asked, 0);
    assert_int_equal(binding_next_ms(reg), 100 * SECOND);
    assert_int_equal(binding_left_s(reg->bindings, 100 * SECOND - 1), 1);
    assert_int_equal(binding_left_s(reg->bindings, 100 * SECOND), 0);
    assert_int_equal(binding_count_after(reg, &fetch, true, 100 * SECOND), 1);
    assert_null(binding_expire(reg, 100 * SECOND - 1));
    gone = binding_expire(reg, 100 * SECOND);
    assert_string_equal(gone->text, "sip:a@10.0.0.1");
    assert_null(gone->next);
    binding_list_free(gone);
    assert_int_equal(bound(), 1);
    assert_false(binding_belongs(reg, "i", 200 * SECOND));
}

static void without_a_set_the_count_is_that_of_the_request(void **state)
{
    struct asked asked = ask("i", "c1", 1, "sip:a@10.0.0.1", 100);

    (void)state;
    assert_int_equal(binding_count_after(NULL, &asked, true, 0), 1);
    assert_false(binding_belongs(NULL, "i", 0));
    asked.contact[0].expires_s = 0;
    assert_int_equal(binding_count_after(NULL, &asked, true, 0), 0);
}

#define t(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        t(a_set_is_found_by_each_of_its_identities),
        t(a_new_profile_of_a_set_replaces_the_old_and_keeps_the_contacts),
        t(an_identity_that_moved_to_another_set_is_not_lost_with_the_old_one),
        t(many_sets_are_found_and_forgotten),
        t(a_contact_is_added_refreshed_and_removed),
        t(contacts_differ_by_host_user_port_and_transport),
        t(RREG_09_the_order_is_that_of_cseq_within_a_call),
        t(a_new_call_with_a_new_contact_replaces_what_the_terminal_had),
        t(a_second_device_or_flow_of_the_same_impi_replaces_nothing),
        t(DREG_02_star_takes_the_contacts_of_its_impi_alone),
        t(one_terminal_does_not_sign_off_another),
        t(what_has_expired_no_longer_counts_and_is_taken_out),
        t(without_a_set_the_count_is_that_of_the_request),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
