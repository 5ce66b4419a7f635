/* SPDX-License-Identifier: Apache-2.0 */
/* The security agreement of SIP (RFC 3329) as IMS uses it (TS 33.203 7 and Annexes H, I, M): what
 * Security-Client, Security-Server and Security-Verify say, and who chooses what. Pure; both ends
 * speak it. The texts here are header values without the name; several headers of one name are one
 * value, joined by commas (sip_list). */
#ifndef IMSLAB_SEC_AGREE_H
#define IMSLAB_SEC_AGREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "why.h"

/* What can be agreed. Keys of the SAs from CK and IK (Annex I):
 *   hmac-sha-1-96   IK and 4 zero octets          hmac-md5-96  IK (RFC 3329; gone from Rel-14)
 *   aes-gmac        IK, salt by FC 0x58 "AES_GMAC_SALT"
 *   aes-cbc         CK                            des-ede3-cbc CK and its first 8 octets
 *   aes-gcm         CK, salt by FC 0x59 "AES_GCM_SALT"
 *   salt: the last 4 octets of HMAC-SHA-256(CK || IK, FC || name || length of the name in 2) */
enum sec_alg { SEC_ALG_NULL, SEC_HMAC_SHA_1_96, SEC_HMAC_MD5_96, SEC_AES_GMAC, SEC_ALGS };
enum sec_ealg { SEC_EALG_NULL, SEC_AES_CBC, SEC_DES_EDE3_CBC, SEC_AES_GCM, SEC_EALGS };
enum sec_prot { SEC_ESP };
enum sec_mode { SEC_TRANS, SEC_UDP_ENC_TUN };

struct sec_pair {
    enum sec_alg alg;
    enum sec_ealg ealg;
};

#define SEC_PAIRS      8    /* all that there are (sec_pairs) */
#define SEC_MECHANISMS 32   /* most in one header that are looked at */
#define SEC_VALUE      5120 /* room for any value that sec_write makes of them */
#define SEC_NO_Q       (-1)

struct sec_mechanism { /* one "ipsec-3gpp" that this program can speak */
    int q;             /* thousandths, 0..1000; SEC_NO_Q: not given */
    struct sec_pair pair;
    enum sec_prot prot;
    enum sec_mode mode;
    uint32_t spi_c, spi_s; /* the SPI of what arrives at the client, at the server port */
    uint16_t port_c, port_s;
};

struct sec_list {
    size_t count;
    struct sec_mechanism mechanism[SEC_MECHANISMS]; /* in the order of the header */
};

/* sec_pairs - every pair that exists, in the lab's default order: with a cipher before without, AES
 * before DES, SHA-1 before MD5. null with null is none of them; neither is aes-gcm with an alg. */
extern const struct sec_pair sec_pairs[SEC_PAIRS];
/* sec_alg_name, sec_ealg_name - "hmac-sha-1-96", "aes-cbc", "null". */
const char *sec_alg_name(enum sec_alg alg);
const char *sec_ealg_name(enum sec_ealg ealg);
/* sec_mode_name - "trans", "UDP-enc-tun". */
const char *sec_mode_name(enum sec_mode mode);
/* sec_pair_name - "hmac-sha-1-96/aes-cbc" as lab.yaml and logs write it; static storage.
 * sec_pair_parse - the same backwards; 0, or -EINVAL for what is no pair of sec_pairs. */
const char *sec_pair_name(struct sec_pair pair);
int sec_pair_parse(const char *text, struct sec_pair *pair);

/* sec_read - what of a header value can be used. Left out without a word: other mechanisms (tls,
 * digest), algorithms and pairs that are not known here, prot=ah, mod=tun; unknown parameters.
 * prot=esp, mod=trans and ealg=null stand for what is absent. Names and values in either case;
 * "mode" is read as "mod".
 * returns 0 (also when nothing is left: count 0), or -EINVAL and a sentence: an ipsec-3gpp without
 * alg; an SPI that is absent, no number or below 256; two equal SPIs; a port that is absent, 0,
 * 5060, 5061 or no number; two equal ports; two ipsec-3gpp with different SPIs or ports (TS 33.203
 * 7.2: one pair of each); more than SEC_MECHANISMS; quotes that do not end. *list is empty then. */
int sec_read(const char *value, struct sec_list *list, struct why *why);
/* sec_write - the value, in the order of the list, no blanks (a REGISTER is long); buf is returned,
 * of SEC_VALUE octets. */
const char *sec_write(const struct sec_list *list, char buf[SEC_VALUE]);

/* sec_offer - the list of one end: every pair with these ports and SPIs, in order.
 * end     only spi_*, port_*, mode are read
 * with_q  q=0.95, 0.90, ... (a Security-Server; a Security-Client does without)
 * pairs   most SEC_PAIRS */
void sec_offer(struct sec_list *list, const struct sec_mechanism *end, bool with_q,
               const struct sec_pair *pairs, size_t count);

/* sec_select - the P-CSCF's choice (TS 33.203 7.2): the first of its own pairs that the terminal
 * offers too, in this mode. Its answer is the whole list by sec_offer, also with ciphers when the
 * terminal offered none: so that nobody bids down between them (NOTE 5). NULL: no common one. */
const struct sec_mechanism *sec_select(const struct sec_list *offered, enum sec_mode mode,
                                       const struct sec_pair *pairs, size_t count);
/* sec_choose - the terminal's choice: the first of the Security-Server, by q and then by order,
 * that the terminal offered (pairs), in this mode. NULL: none. */
const struct sec_mechanism *sec_choose(const struct sec_list *server, enum sec_mode mode,
                                       const struct sec_pair *pairs, size_t count);

/* sec_compare - whether `got` says the same as `sent`: the same mechanisms in the same order with
 * the same parameters, known or not. Case, blanks, the order of parameters, leading zeros, "mode"
 * for "mod" and a default that is spelt out make no difference; everything else does. 0, or -EINVAL
 * and a sentence that says what differs ("mechanism 2: spi-c=7 instead of spi-c=11"). */
int sec_compare(const char *sent, const char *got, struct why *why);

#endif
