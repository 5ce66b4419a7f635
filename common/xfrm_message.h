/* SPDX-License-Identifier: Apache-2.0 */
/* The XFRM messages, to and from the structs of xfrm.h. For xfrm.c and xfrm_*.c alone. Each
 * message_... writes at buf, which has room for MESSAGE_MAX octets, and returns the header. */
#ifndef IMSLAB_XFRM_MESSAGE_H
#define IMSLAB_XFRM_MESSAGE_H

#include <libmnl/libmnl.h>
#include <linux/xfrm.h>

#include "xfrm.h"

#define MESSAGE_MAX 1024

/* type: XFRM_MSG_NEWSA or XFRM_MSG_UPDSA */
struct nlmsghdr *message_sa(char *buf, unsigned type, const struct esp_sa *sa);
/* type: XFRM_MSG_DELSA or XFRM_MSG_GETSA */
struct nlmsghdr *message_sa_id(char *buf, unsigned type, const struct addr *dst, uint32_t spi);
/* XFRM_MSG_UPDPOLICY: makes or replaces */
struct nlmsghdr *message_policy(char *buf, const struct esp_policy *p);
/* XFRM_MSG_DELPOLICY */
struct nlmsghdr *message_policy_id(char *buf, const struct esp_policy *p);
/* type: XFRM_MSG_GETSA or XFRM_MSG_GETPOLICY, for all of them */
struct nlmsghdr *message_dump(char *buf, unsigned type);

/* The other way round. 0; -EBADMSG what the kernel sent is none, or is too short. */
int message_read_sa(const struct nlmsghdr *head, struct esp_state *state);
int message_read_policy(const struct nlmsghdr *head, struct esp_policy *p);
/* 1: not an event that anybody here asks for */
int message_read_event(const struct nlmsghdr *head, struct xfrm_event *event);

#endif
