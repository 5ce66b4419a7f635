/* SPDX-License-Identifier: Apache-2.0 */
/* The Cx application for freeDiameter's dictionary (TS 29.229 5, 6; codes and flags of 6.3). The
 * core library knows only RFC 6733; nothing of freediameter-extensions is loaded.
 *
 * Two liberties against the letter: enumerated AVPs are plain Integer32 (the library drops a
 * request with a short Enumerated without an answer, and does not check the value anyway: the
 * handlers do), and answers may lack everything but Session-Id (an answer that breaks a rule would
 * be dropped by the library and nobody would hear of it: the codec checks). */
#include "cx_dict.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "xalloc.h"

#define ETSI       13019u
#define OCTETS     AVP_TYPE_OCTETSTRING
#define GROUP      AVP_TYPE_GROUPED
#define UNSIGNED   AVP_TYPE_UNSIGNED32
#define UNSIGNED64 AVP_TYPE_UNSIGNED64
#define ENUM       AVP_TYPE_INTEGER32

struct avp_row {
    const char *name;
    uint32_t code, vendor;
    enum dict_avp_basetype type;
    bool mandatory; /* the M bit, as sent */
};

static const struct avp_row avps[] = {
  /* base protocol: looked up */
    {"Session-Id",                                  263, 0,         OCTETS,     true },
    {"User-Name",                                   1,   0,         OCTETS,     true },
    {"Vendor-Specific-Application-Id",              260, 0,         GROUP,      true },
    {"Vendor-Id",                                   266, 0,         UNSIGNED,   true },
    {"Auth-Application-Id",                         258, 0,         UNSIGNED,   true },
    {"Auth-Session-State",                          277, 0,         ENUM,       true },
    {"Origin-Host",                                 264, 0,         OCTETS,     true },
    {"Origin-Realm",                                296, 0,         OCTETS,     true },
    {"Destination-Host",                            293, 0,         OCTETS,     true },
    {"Destination-Realm",                           283, 0,         OCTETS,     true },
    {"Result-Code",                                 268, 0,         UNSIGNED,   true },
    {"Experimental-Result",                         297, 0,         GROUP,      true },
    {"Experimental-Result-Code",                    298, 0,         UNSIGNED,   true },
    {"Failed-AVP",                                  279, 0,         GROUP,      true },
    {"Error-Message",                               281, 0,         OCTETS,     false},
 /* Cx: defined here; the first ones in the order of enum cx_avp */
    {"Visited-Network-Identifier",                  600, CX_VENDOR, OCTETS,     true },
    {"Public-Identity",                             601, CX_VENDOR, OCTETS,     true },
    {"Server-Name",                                 602, CX_VENDOR, OCTETS,     true },
    {"Server-Capabilities",                         603, CX_VENDOR, GROUP,      true },
    {"Mandatory-Capability",                        604, CX_VENDOR, UNSIGNED,   true },
    {"Optional-Capability",                         605, CX_VENDOR, UNSIGNED,   true },
    {"User-Data",                                   606, CX_VENDOR, OCTETS,     true },
    {"SIP-Number-Auth-Items",                       607, CX_VENDOR, UNSIGNED,   true },
    {"SIP-Authentication-Scheme",                   608, CX_VENDOR, OCTETS,     true },
    {"SIP-Authenticate",                            609, CX_VENDOR, OCTETS,     true },
    {"SIP-Authorization",                           610, CX_VENDOR, OCTETS,     true },
    {"SIP-Auth-Data-Item",                          612, CX_VENDOR, GROUP,      true },
    {"SIP-Item-Number",                             613, CX_VENDOR, UNSIGNED,   true },
    {"Server-Assignment-Type",                      614, CX_VENDOR, ENUM,       true },
    {"Deregistration-Reason",                       615, CX_VENDOR, GROUP,      true },
    {"Reason-Code",                                 616, CX_VENDOR, ENUM,       true },
    {"Reason-Info",                                 617, CX_VENDOR, OCTETS,     true },
    {"Charging-Information",                        618, CX_VENDOR, GROUP,      true },
    {"Primary-Event-Charging-Function-Name",        619, CX_VENDOR, OCTETS,     true },
    {"Secondary-Event-Charging-Function-Name",      620, CX_VENDOR, OCTETS,     true },
    {"Primary-Charging-Collection-Function-Name",   621, CX_VENDOR, OCTETS,     true },
    {"Secondary-Charging-Collection-Function-Name", 622, CX_VENDOR, OCTETS,     true },
    {"User-Authorization-Type",                     623, CX_VENDOR, ENUM,       true },
    {"User-Data-Already-Available",                 624, CX_VENDOR, ENUM,       true },
    {"Confidentiality-Key",                         625, CX_VENDOR, OCTETS,     true },
    {"Integrity-Key",                               626, CX_VENDOR, OCTETS,     true },
    {"Associated-Identities",                       632, CX_VENDOR, GROUP,      false},
    {"Originating-Request",                         633, CX_VENDOR, ENUM,       true },
    {"UAR-Flags",                                   637, CX_VENDOR, UNSIGNED,   false},
    {"Supported-Features",                          628, CX_VENDOR, GROUP,      false},
    {"Feature-List-ID",                             629, CX_VENDOR, UNSIGNED,   false},
    {"Feature-List",                                630, CX_VENDOR, UNSIGNED,   false},
    {"Wildcarded-Public-Identity",                  634, CX_VENDOR, OCTETS,     false},
    {"SIP-Digest-Authenticate",                     635, CX_VENDOR, GROUP,      false},
    {"Loose-Route-Indication",                      638, CX_VENDOR, ENUM,       false},
    {"SCSCF-Restoration-Info",                      639, CX_VENDOR, GROUP,      false},
    {"Path",                                        640, CX_VENDOR, OCTETS,     false},
    {"Contact",                                     641, CX_VENDOR, OCTETS,     false},
    {"Subscription-Info",                           642, CX_VENDOR, GROUP,      false},
    {"Call-ID-SIP-Header",                          643, CX_VENDOR, OCTETS,     false},
    {"From-SIP-Header",                             644, CX_VENDOR, OCTETS,     false},
    {"To-SIP-Header",                               645, CX_VENDOR, OCTETS,     false},
    {"Record-Route",                                646, CX_VENDOR, OCTETS,     false},
    {"Associated-Registered-Identities",            647, CX_VENDOR, GROUP,      false},
    {"Multiple-Registration-Indication",            648, CX_VENDOR, ENUM,       false},
    {"Restoration-Info",                            649, CX_VENDOR, GROUP,      false},
    {"LIA-Flags",                                   653, CX_VENDOR, UNSIGNED,   false},
    {"Initial-CSeq-Sequence-Number",                654, CX_VENDOR, UNSIGNED,   false},
    {"SAR-Flags",                                   655, CX_VENDOR, UNSIGNED,   false},
    {"P-CSCF-Subscription-Info",                    660, CX_VENDOR, GROUP,      false},
    {"Registration-Time-Out",                       661, CX_VENDOR, OCTETS,     false},
    {"Alternate-Digest-Algorithm",                  662, CX_VENDOR, OCTETS,     false},
    {"Alternate-Digest-HA1",                        663, CX_VENDOR, OCTETS,     false},
    {"Digest-Realm",                                104, 0,         OCTETS,     true },
    {"Digest-QoP",                                  110, 0,         OCTETS,     true },
    {"Digest-Algorithm",                            111, 0,         OCTETS,     true },
    {"Digest-HA1",                                  121, 0,         OCTETS,     true },
    {"SIP-Authentication-Context",                  611, CX_VENDOR, OCTETS,     true },
    {"Supported-Applications",                      631, CX_VENDOR, GROUP,      false},
    {"Wildcarded-IMPU",                             636, CX_VENDOR, OCTETS,     false},
    {"Session-Priority",                            650, CX_VENDOR, ENUM,       false},
    {"Identity-with-Emergency-Registration",        651, CX_VENDOR, GROUP,      false},
    {"Priviledged-Sender-Indication",               652, CX_VENDOR, ENUM,       false},
    {"Allowed-WAF-WWSF-Identities",                 656, CX_VENDOR, GROUP,      false},
    {"WebRTC-Authentication-Function-Name",         657, CX_VENDOR, OCTETS,     false},
    {"WebRTC-Web-Server-Function-Name",             658, CX_VENDOR, OCTETS,     false},
    {"RTR-Flags",                                   659, CX_VENDOR, UNSIGNED,   false},
    {"Framed-IP-Address",                           8,   0,         OCTETS,     true },
    {"Framed-Interface-Id",                         96,  0,         UNSIGNED64, true },
    {"Framed-IPv6-Prefix",                          97,  0,         OCTETS,     true },
    {"Line-Identifier",                             500, ETSI,      OCTETS,     false},
};

/* The commands as in TS 29.229 6.1: <fixed head> {required} [optional], * for "any number". */
#define HEAD                                                                                       \
    "<Session-Id> {Vendor-Specific-Application-Id} {Auth-Session-State} {Origin-Host} "            \
    "{Origin-Realm} [Destination-Host] {Destination-Realm} "
/* the HSS names the S-CSCF that it asks */
#define HEAD_TO_SCSCF                                                                              \
    "<Session-Id> {Vendor-Specific-Application-Id} {Auth-Session-State} {Origin-Host} "            \
    "{Origin-Realm} {Destination-Host} {Destination-Realm} "
#define ANSWER "<Session-Id> [Result-Code] [Experimental-Result] "

static const struct command_row {
    enum cx_command code;
    const char *request, *request_rules, *answer, *answer_rules;
} commands[] = {
    {CX_UAR, "User-Authorization-Request",
     HEAD "{User-Name} {Public-Identity} {Visited-Network-Identifier} [User-Authorization-Type] "
          "[UAR-Flags]",                                                                                         "User-Authorization-Answer", ANSWER},
    {CX_SAR, "Server-Assignment-Request",
     /* Server-Name and User-Data-Already-Available are required by the letter; real S-CSCFs leave
     them out */
     HEAD "[User-Name] *[Public-Identity] [Server-Name] {Server-Assignment-Type} "
          "[User-Data-Already-Available] [Wildcarded-Public-Identity] [SCSCF-Restoration-Info] "
          "[Multiple-Registration-Indication] [SAR-Flags]",                                                      "Server-Assignment-Answer",  ANSWER},
    {CX_LIR, "Location-Info-Request",
     HEAD "[Originating-Request] {Public-Identity} [User-Authorization-Type]",
     "Location-Info-Answer",                                                                                                                  ANSWER},
    {CX_MAR, "Multimedia-Auth-Request",
     HEAD
     "{User-Name} {Public-Identity} {SIP-Auth-Data-Item} {SIP-Number-Auth-Items} {Server-Name}",                 "Multimedia-Auth-Answer",    ANSWER},
    {CX_RTR, "Registration-Termination-Request",
     HEAD_TO_SCSCF "{User-Name} [Associated-Identities] *[Public-Identity] {Deregistration-Reason}",
     "Registration-Termination-Answer",                                                                                                       ANSWER},
    {CX_PPR, "Push-Profile-Request",             HEAD_TO_SCSCF "{User-Name} [User-Data] [Charging-Information]",
     "Push-Profile-Answer",                                                                                                                   ANSWER},
};

static struct dict_object *vendor, *application;
static struct dict_object *avp_object[COUNT(avps)];
static struct dict_object *request_object[COUNT(commands)];

struct dict_object *cx_dict_vendor(void)
{
    return vendor;
}

struct dict_object *cx_dict_application(void)
{
    return application;
}

struct dict_object *cx_dict_avp(enum cx_avp avp)
{
    return avp_object[avp];
}

struct dict_object *cx_dict_request(enum cx_command command)
{
    for (size_t i = 0; i < COUNT(commands); i++) {
        if (commands[i].code == command)
            return request_object[i];
    }
    return NULL;
}

bool cx_dict_is(const struct avp_hdr *hdr, enum cx_avp avp)
{
    uint32_t of = hdr->avp_flags & AVP_FLAG_VENDOR ? hdr->avp_vendor : 0;

    return hdr->avp_code == avps[avp].code && of == avps[avp].vendor;
}

const char *cx_dict_command_name(uint32_t code, bool request, char buf[24])
{
    static const struct {
        uint32_t code;
        const char *request, *answer;
    } names[] = {
        {CX_UAR,                   "UAR", "UAA"},
        {CX_SAR,                   "SAR", "SAA"},
        {CX_LIR,                   "LIR", "LIA"},
        {CX_MAR,                   "MAR", "MAA"},
        {CX_RTR,                   "RTR", "RTA"},
        {CX_PPR,                   "PPR", "PPA"},
        {CC_CAPABILITIES_EXCHANGE, "CER", "CEA"},
        {CC_DEVICE_WATCHDOG,       "DWR", "DWA"},
        {CC_DISCONNECT_PEER,       "DPR", "DPA"},
    };

    for (size_t i = 0; i < COUNT(names); i++) {
        if (names[i].code == code)
            return request ? names[i].request : names[i].answer;
    }
    snprintf(buf, 24, "%s %u", request ? "request" : "answer", code);
    return buf;
}

static int find_base_avp(size_t i, struct why *why)
{
    if (fd_dict_search(fd_g_config->cnf_dict, DICT_AVP, AVP_BY_NAME, avps[i].name, &avp_object[i],
                       ENOENT) != 0)
        return why_set(why, EINVAL, "the Diameter library does not know '%s'", avps[i].name);
    return 0;
}

static int define_avp(size_t i, struct why *why)
{
    uint8_t v = avps[i].vendor ? AVP_FLAG_VENDOR : 0;
    struct dict_avp_data data = {
        .avp_code = avps[i].code,
        .avp_vendor = avps[i].vendor,
        .avp_name = (char *)avps[i].name,
        .avp_flag_mask = AVP_FLAG_VENDOR | AVP_FLAG_MANDATORY,
        .avp_flag_val = v | (avps[i].mandatory ? AVP_FLAG_MANDATORY : 0),
        .avp_basetype = avps[i].type,
    };

    if (fd_dict_new(fd_g_config->cnf_dict, DICT_AVP, &data, NULL, &avp_object[i]) != 0)
        return why_set(why, EINVAL, "the Diameter library refuses AVP '%s'", avps[i].name);
    return 0;
}

/* A Session-Id that cx_guard.c had to take out of the library's way never has a right value. */
static int refuse_session_id(void *data, union avp_value *value, char **message)
{
    (void)data;
    (void)value;
    *message = "Session-Id holds a NUL octet";
    return EBADMSG;
}

static int define_bad_session_id(struct why *why)
{
    struct dict_type_data type = {
        .type_base = AVP_TYPE_OCTETSTRING,
        .type_name = "imslab/unusable Session-Id",
        .type_check = refuse_session_id,
    };
    struct dict_avp_data data = {
        .avp_code = CX_AVP_BAD_SESSION_ID,
        .avp_name = "imslab/unusable Session-Id",
        .avp_flag_mask = AVP_FLAG_VENDOR,
        .avp_basetype = AVP_TYPE_OCTETSTRING,
    };
    struct dict_object *parent;

    if (fd_dict_new(fd_g_config->cnf_dict, DICT_TYPE, &type, NULL, &parent) != 0 ||
        fd_dict_new(fd_g_config->cnf_dict, DICT_AVP, &data, parent, NULL) != 0)
        return why_set(why, EINVAL, "the Diameter library refuses the guard for Session-Id");
    return 0;
}

static struct dict_object *avp_by_name(const char *name, size_t len)
{
    char text[64];
    struct dict_object *found = NULL;

    for (size_t i = 0; i < COUNT(avps); i++) {
        if (strlen(avps[i].name) == len && memcmp(avps[i].name, name, len) == 0)
            return avp_object[i];
    }
    snprintf(text, sizeof text, "%.*s", (int)len, name);
    fd_dict_search(fd_g_config->cnf_dict, DICT_AVP, AVP_BY_NAME, text, &found, 0);
    return found;
}

/* One command's rules from their text. Returns NULL, or the place that was not understood. */
static const char *define_rules(const char *rules, struct dict_object *command)
{
    unsigned order = 1;

    for (const char *r = rules; *(r += strspn(r, " "));) {
        bool many = *r == '*';
        const char *open = r + many, *close = strpbrk(open, ">}]");
        struct dict_rule_data rule = {.rule_min = -1, .rule_max = many ? -1 : 1};

        if (!close)
            return r;
        rule.rule_position = *open == '<'   ? RULE_FIXED_HEAD
                             : *open == '{' ? RULE_REQUIRED
                                            : RULE_OPTIONAL;
        if (rule.rule_position == RULE_FIXED_HEAD)
            rule.rule_order = order++;
        rule.rule_avp = avp_by_name(open + 1, close - open - 1);
        if (!rule.rule_avp ||
            fd_dict_new(fd_g_config->cnf_dict, DICT_RULE, &rule, command, NULL) != 0)
            return r;
        r = close + 1;
    }
    return NULL;
}

static int define_command(const char *name, enum cx_command code, bool request, const char *rules,
                          struct dict_object **object, struct why *why)
{
    struct dict_cmd_data data = {
        .cmd_code = code,
        .cmd_name = (char *)name,
        .cmd_flag_mask = CMD_FLAG_REQUEST | CMD_FLAG_PROXIABLE | (request ? CMD_FLAG_ERROR : 0),
        .cmd_flag_val = (request ? CMD_FLAG_REQUEST : 0) | CMD_FLAG_PROXIABLE,
    };
    const char *bad;

    if (fd_dict_new(fd_g_config->cnf_dict, DICT_COMMAND, &data, application, object) != 0)
        return why_set(why, EINVAL, "the Diameter library refuses command '%s'", name);
    bad = define_rules(rules, *object);
    if (bad)
        return why_set(why, EINVAL, "the Diameter library refuses the rule '%.40s' of '%s'", bad,
                       name);
    return 0;
}

static int define_commands(struct why *why)
{
    struct dict_object *answer;
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < COUNT(commands); i++) {
        rc = define_command(commands[i].request, commands[i].code, true, commands[i].request_rules,
                            &request_object[i], why);
        if (rc == 0)
            rc = define_command(commands[i].answer, commands[i].code, false,
                                commands[i].answer_rules, &answer, why);
    }
    return rc;
}

int cx_dict_load(struct why *why)
{
    struct dict_vendor_data tgpp = {CX_VENDOR, "3GPP"}, etsi = {ETSI, "ETSI"};
    struct dict_application_data cx = {CX_APPLICATION, "Cx"};
    struct dictionary *d = fd_g_config->cnf_dict;
    int rc = 0;

    if (fd_dict_new(d, DICT_VENDOR, &tgpp, NULL, &vendor) != 0 ||
        fd_dict_new(d, DICT_VENDOR, &etsi, NULL, NULL) != 0 ||
        fd_dict_new(d, DICT_APPLICATION, &cx, vendor, &application) != 0)
        return why_set(why, EINVAL, "the Diameter library refuses the Cx application");
    for (size_t i = 0; rc == 0 && i < COUNT(avps); i++)
        rc = i < CX_AVP_BASE_COUNT ? find_base_avp(i, why) : define_avp(i, why);
    if (rc == 0)
        rc = define_bad_session_id(why);
    if (rc == 0)
        rc = define_commands(why);
    return rc;
}
