/* SPDX-License-Identifier: Apache-2.0 */
/* The IMS identities of a card without an ISIM, made from its IMSI: TS 23.003 13.2, 13.3, 13.4B.
 * Pure. */
#ifndef IMSLAB_IDENTITY_H
#define IMSLAB_IDENTITY_H

#define IDENTITY_TEXT 96 /* room for the longest, the IMPU: 66 characters */

struct identity {
    char domain[IDENTITY_TEXT]; /* ims.mnc001.mcc001.3gppnetwork.org */
    char impi[IDENTITY_TEXT];   /* 001010000000001@ims.mnc001.mcc001.3gppnetwork.org */
    char impu[IDENTITY_TEXT];   /* sip:001010000000001@ims.mnc001.mcc001.3gppnetwork.org */
};

/* identity_domain - the home network domain of a PLMN (TS 23.003 13.2).
 * mcc     3 digits
 * mnc     2 or 3 digits; 2 get a leading 0
 * out     always written; "" on failure
 * returns 0, or -EINVAL when mcc or mnc is something else */
int identity_domain(const char *mcc, const char *mnc, char out[IDENTITY_TEXT]);

/* identity_from_imsi - all three identities.
 * imsi        6..15 digits
 * mnc_digits  2 or 3: how many digits of the IMSI are the MNC (the card's EF_AD knows)
 * id          zeroed on failure
 * returns     0, or -EINVAL on anything else */
int identity_from_imsi(const char *imsi, unsigned mnc_digits, struct identity *id);

#endif
