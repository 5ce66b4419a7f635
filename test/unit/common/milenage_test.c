/* SPDX-License-Identifier: Apache-2.0 */
#include "milenage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "published.h"

static void assert_hex(const uint8_t *got, const char *want)
{
    uint8_t octets[16];

    assert_memory_equal(got, octets, unhex(want, octets));
}

static void OPc_follows_from_OP_in_all_published_sets(void **state)
{
    (void)state;
    for (const struct published *p = published; p < published + PUBLISHED_COUNT; p++) {
        uint8_t k[16], op[16], opc[16];

        unhex(p->k, k);
        unhex(p->op, op);
        milenage_opc(k, op, opc);
        assert_hex(opc, p->opc);
    }
}

static void CXM_06_f1_to_f5_agree_with_all_published_sets(void **state)
{
    (void)state;
    for (const struct published *p = published; p < published + PUBLISHED_COUNT; p++) {
        uint8_t k[16], opc[16], rand[16], sqn[6], amf[2];
        uint8_t mac_a[8], mac_s[8], res[8], ck[16], ik[16], ak[6], ak_star[6];

        unhex(p->k, k);
        unhex(p->opc, opc);
        unhex(p->rand, rand);
        unhex(p->sqn, sqn);
        unhex(p->amf, amf);
        milenage_f1(k, opc, rand, sqn, amf, mac_a, mac_s);
        milenage_f2345(k, opc, rand, res, ck, ik, ak, ak_star);
        assert_hex(mac_a, p->mac_a);
        assert_hex(mac_s, p->mac_s);
        assert_hex(res, p->res);
        assert_hex(ck, p->ck);
        assert_hex(ik, p->ik);
        assert_hex(ak, p->ak);
        assert_hex(ak_star, p->ak_star);
    }
}

static void outputs_that_nobody_wants_may_be_left_out(void **state)
{
    const struct published *p = &published[0];
    uint8_t k[16], opc[16], rand[16], sqn[6], amf[2], mac_s[8], ak_star[6];

    (void)state;
    unhex(p->k, k);
    unhex(p->opc, opc);
    unhex(p->rand, rand);
    unhex(p->sqn, sqn);
    unhex(p->amf, amf);
    milenage_f1(k, opc, rand, sqn, amf, NULL, mac_s);
    assert_hex(mac_s, p->mac_s);
    milenage_f2345(k, opc, rand, NULL, NULL, NULL, NULL, ak_star);
    assert_hex(ak_star, p->ak_star);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(OPc_follows_from_OP_in_all_published_sets),
        cmocka_unit_test(CXM_06_f1_to_f5_agree_with_all_published_sets),
        cmocka_unit_test(outputs_that_nobody_wants_may_be_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
