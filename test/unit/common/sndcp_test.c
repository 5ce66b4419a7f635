/* SPDX-License-Identifier: Apache-2.0 */
/* SN-UNITDATA: the octets that osmo-sgsn took and sent, packets cut and put together again, and
 * what becomes of them when segments are lost, change places or lie. */
#include <errno.h>

#include "../gprs_hex.h"
#include "sndcp.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
enum { N201_U = 500, NSAPI = 5 };

static const char *const vectors[] = {
    "65 00 0000 450000140000000000010000 0a2d0002 0a2d0001", /* all of a packet */
    "75 00 0007 4500",                                       /* the first of several */
    "35 1007 aabb",                                          /* one in the middle */
    "25 2fff cc",                                            /* the last */
};

/* The PDUs that sndcp_send made. */
struct sent {
    uint8_t data[SNDCP_SEGMENTS][SNDCP_N_PDU];
    size_t len[SNDCP_SEGMENTS], count;
    int fail_at; /* -EAGAIN from this one on; 0: never */
};

static int keep(void *arg, const uint8_t *pdu, size_t len)
{
    struct sent *sent = arg;

    assert_true(sent->count < SNDCP_SEGMENTS && len <= sizeof sent->data[0]);
    if (sent->fail_at && sent->count >= (size_t)sent->fail_at)
        return -EAGAIN;
    memcpy(sent->data[sent->count], pdu, len);
    sent->len[sent->count++] = len;
    return 0;
}

static void fill(uint8_t *packet, size_t len)
{
    for (size_t i = 0; i < len; i++)
        packet[i] = i * 7 + i / 256;
}

/* One PDU into the receiver: what sndcp_take says, or the decoder's refusal. */
static int take(struct sndcp *s, const uint8_t *data, size_t len, const uint8_t **packet, size_t *n)
{
    struct sndcp_pdu pdu;
    struct why why;
    int rc = sndcp_decode(&pdu, data, len, &why);

    return rc < 0 ? rc : sndcp_take(s, &pdu, packet, n, &why);
}

static void pdus_decode_and_encode_to_the_same_octets(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        uint8_t data[HEX_MAX], again[HEX_MAX];
        struct sndcp_pdu pdu;
        struct why why;
        size_t len = hex(data, vectors[i]);
        assert_int_equal(sndcp_decode(&pdu, data, len, &why), 0);
        assert_hex(again, sndcp_encode(again, sizeof again, &pdu), vectors[i]);
    }
}

static void a_middle_segment_has_its_numbers(void **state)
{
    uint8_t data[HEX_MAX];
    struct sndcp_pdu pdu;
    struct why why;

    (void)state;
    assert_int_equal(sndcp_decode(&pdu, data, hex(data, "3b f123 01 02 03"), &why), 0);
    assert_int_equal(pdu.nsapi, 11);
    assert_true(!pdu.first && pdu.more);
    assert_int_equal(pdu.segment, 15);
    assert_int_equal(pdu.number, 0x123);
    assert_int_equal(pdu.len, 3);
}

static void what_is_not_served_is_refused_with_its_reason(void **state)
{
    static const struct {
        const char *pdu, *why;
    } bad[] = {
        {"65 00 00",         "too short"                  },
        {"25 10",            "too short"                  },
        {"45 00 00 0000 45", "acknowledged mode"          },
        {"62 00 0000 45",    "reserved NSAPI"             },
        {"65 10 0000 45",    "compressed"                 },
        {"65 02 0000 45",    "compressed"                 },
        {"65 00 1000 45",    "first-segment flag disagree"},
        {"25 0000 45",       "first-segment flag disagree"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        uint8_t data[HEX_MAX];
        struct sndcp_pdu pdu;
        struct why why;
        assert_int_equal(sndcp_decode(&pdu, data, hex(data, bad[i].pdu), &why), -EPROTO);
        assert_non_null(strstr(why.text, bad[i].why));
    }
}

static void send_and_take(size_t len, size_t n201_u, size_t segments)
{
    static struct sent sent;
    static struct sndcp out, in;
    uint8_t packet[SNDCP_N_PDU];
    const uint8_t *got = NULL;
    size_t n = 0;

    memset(&sent, 0, sizeof sent);
    fill(packet, len);
    assert_int_equal(sndcp_send(&out, NSAPI, packet, len, n201_u, keep, &sent), 0);
    assert_int_equal(sent.count, segments);
    for (size_t i = 0; i < sent.count; i++) {
        assert_true(sent.len[i] <= n201_u);
        assert_int_equal(take(&in, sent.data[i], sent.len[i], &got, &n), i + 1 == sent.count);
    }
    assert_int_equal(n, len);
    assert_memory_equal(got, packet, len);
}

static void a_packet_is_cut_by_n201_u_and_put_together_again(void **state)
{
    (void)state;
    send_and_take(20, N201_U, 1);
    send_and_take(N201_U - 4, N201_U, 1);
    send_and_take(N201_U - 3, N201_U, 2);
    send_and_take(1228, N201_U, 3); /* as osmo-sgsn cut it */
    send_and_take(1400, N201_U, 3);
    send_and_take(1500, SNDCP_N_PDU, 1);
    send_and_take(1500, 140, 11);
    send_and_take(0, N201_U, 1);
}

static void numbers_count_up_and_wrap_after_4095(void **state)
{
    struct sndcp s = {.next = 4095};
    struct sent sent = {.count = 0};

    (void)state;
    for (int i = 0; i < 2; i++)
        assert_int_equal(sndcp_send(&s, NSAPI, (uint8_t *)"E", 1, N201_U, keep, &sent), 0);
    assert_hex(sent.data[0], sent.len[0], "65000fff45");
    assert_hex(sent.data[1], sent.len[1], "6500000045");
}

static void a_packet_that_needs_more_than_16_segments_is_not_sent(void **state)
{
    struct sndcp s = {.next = 0};
    struct sent sent = {.count = 0};
    uint8_t packet[1520] = {0};

    (void)state;
    assert_int_equal(sndcp_send(&s, NSAPI, packet, sizeof packet, 60, keep, &sent), -EMSGSIZE);
    assert_int_equal(sndcp_send(&s, NSAPI, packet, 10, 4, keep, &sent), -EMSGSIZE);
    assert_int_equal(sent.count, 0);
}

static void a_segment_that_cannot_be_sent_ends_the_packet(void **state)
{
    struct sndcp s = {.next = 0};
    struct sent sent = {.fail_at = 2};
    uint8_t packet[1500] = {0};

    (void)state;
    assert_int_equal(sndcp_send(&s, NSAPI, packet, sizeof packet, N201_U, keep, &sent), -EAGAIN);
    assert_int_equal(sent.count, 2);
}

/* Three segments of packet 0 and the one of packet 1, in an order; how many packets come out. */
static int packets_of(const int *order, size_t count, struct sndcp *in)
{
    struct sndcp out = {.next = 0};
    struct sent sent = {.count = 0};
    uint8_t packet[1400];
    const uint8_t *got;
    int whole = 0;
    size_t n;

    fill(packet, sizeof packet);
    sndcp_send(&out, NSAPI, packet, sizeof packet, N201_U, keep, &sent);
    sndcp_send(&out, NSAPI, packet, 100, N201_U, keep, &sent);
    memset(in, 0, sizeof *in);
    for (size_t i = 0; i < count; i++)
        whole += take(in, sent.data[order[i]], sent.len[order[i]], &got, &n) == 1;
    return whole;
}

static void lost_and_exchanged_segments_cost_their_packet_and_no_other(void **state)
{
    struct sndcp in;

    (void)state;
    assert_int_equal(packets_of((int[]){0, 1, 2, 3}, 4, &in), 2);
    assert_int_equal(in.lost, 0);
    assert_int_equal(packets_of((int[]){0, 2, 3}, 3, &in), 1);
    assert_int_equal(in.lost, 1);
    assert_int_equal(packets_of((int[]){1, 2, 3}, 3, &in), 1);
    assert_int_equal(packets_of((int[]){0, 1, 3}, 3, &in), 1);
    assert_int_equal(in.lost, 1);
    assert_int_equal(packets_of((int[]){0, 2, 1, 3}, 4, &in), 1);
    assert_int_equal(packets_of((int[]){0, 1, 1, 2, 3}, 5, &in), 1);
    assert_int_equal(packets_of((int[]){0, 0, 1, 2, 3}, 5, &in), 2);
}

static void segments_of_another_packet_are_not_mixed_in(void **state)
{
    struct sndcp in = {.next = 0};
    uint8_t a[HEX_MAX], b[HEX_MAX];
    const uint8_t *got;
    size_t n;

    (void)state;
    assert_int_equal(take(&in, a, hex(a, "75 00 0001 aaaa"), &got, &n), 0);
    assert_int_equal(take(&in, b, hex(b, "25 1002 bbbb"), &got, &n), -EPROTO);
    assert_int_equal(take(&in, b, hex(b, "25 1001 bbbb"), &got, &n), -EPROTO);
    assert_int_equal(in.lost, 1);
}

static void what_is_put_together_is_bounded(void **state)
{
    static struct sndcp in;
    uint8_t data[600] = {0x75, 0, 0, 0};
    const uint8_t *got;
    size_t n;

    (void)state;
    assert_int_equal(take(&in, data, sizeof data, &got, &n), 0);
    data[0] = 0x35;
    for (int segment = 1; segment < 3; segment++) {
        data[1] = segment << 4;
        data[2] = 0;
        assert_int_equal(take(&in, data, sizeof data, &got, &n), segment == 1 ? 0 : -EPROTO);
    }
    assert_int_equal(in.lost, 1);
}

static void try_pdu(const uint8_t *data, size_t len, void *arg)
{
    const uint8_t *got = NULL;
    size_t n = 0;

    if (take(arg, data, len, &got, &n) == 1 && n)
        assert_true(got[0] == got[0] && got[n - 1] == got[n - 1]); /* there to be read */
}

static void cut_or_changed_octets_do_no_harm(void **state)
{
    static struct sndcp in;

    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        try_cut(vectors[i], try_pdu, &in);
        try_mutated(vectors[i], 20000, try_pdu, &in);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pdus_decode_and_encode_to_the_same_octets),
        cmocka_unit_test(a_middle_segment_has_its_numbers),
        cmocka_unit_test(what_is_not_served_is_refused_with_its_reason),
        cmocka_unit_test(a_packet_is_cut_by_n201_u_and_put_together_again),
        cmocka_unit_test(numbers_count_up_and_wrap_after_4095),
        cmocka_unit_test(a_packet_that_needs_more_than_16_segments_is_not_sent),
        cmocka_unit_test(a_segment_that_cannot_be_sent_ends_the_packet),
        cmocka_unit_test(lost_and_exchanged_segments_cost_their_packet_and_no_other),
        cmocka_unit_test(segments_of_another_packet_are_not_mixed_in),
        cmocka_unit_test(what_is_put_together_is_bounded),
        cmocka_unit_test(cut_or_changed_octets_do_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
