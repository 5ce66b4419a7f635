/* SPDX-License-Identifier: Apache-2.0 */
/* lint: table */
/* What can be asked of the HSS over HTTP, and what each JSON object may hold: one row each. Routes,
 * checks and the OpenAPI document are made from these rows and from nothing else. */
#include <string.h>

#include "rest.h"
#include "xalloc.h"

/* clang-format off */

#define END        {.kind = REST_END}
#define TEXT       .kind = REST_TEXT
#define BOOL       .kind = REST_BOOL
#define NUMBER(least, most) .min = least, .max = most, .kind = REST_NUMBER
#define OBJECTS(table) .inside = table, .flags = REST_LIST, .kind = REST_OBJECT
#define TEXTS      .flags = REST_LIST, .kind = REST_TEXT
#define U32        4294967295LL

#define KEY_HEX    "^[0-9A-Fa-f]{32}$"
#define IMPU       "^(sip:([^ <>\"@;?:!]+@)?[a-z0-9.-]+|tel:[+]?[0-9A-Fa-f*#]+|(sip|tel):[^ <>\"]*![^ <>\"]+![^ <>\"]*)$"
#define IMPU_RULE  "sip:user@host, the host in lower case, no port, no parameters; or tel: and digits; or one of " \
                   "them with !a pattern!"
#define SIP_URI    "^sips?:[^ <>\"]+$"
#define IMPI       "^[^@ :<>\"]+@[A-Za-z0-9.-]+$"
#define DOMAIN     "^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$"

/* what a card or a password is: fields of a private identity, and of a subscriber with one of them */
#define PRIVATE \
    {"impi", TEXT, "a private identity: name@domain", IMPI, \
     .about = "Without it: from the IMSI (TS 23.003 13.3)."}, \
    {"imsi", TEXT, "6 to 15 digits", "^[0-9]{6,15}$", .about = "Of its card."}, \
    {"mnc_digits", NUMBER(2, 3), "digits of the IMSI that are the MNC", .flags = REST_SECRET, \
     .about = "For deriving identities from the IMSI; 2 unless it says so."}, \
    {"auth", TEXT, "akav1, akav2, digest-md5 or digest-sha256", "^(akav1|akav2|digest-md5|digest-sha256)$", \
     .about = "How it proves who it is. Without it: akav1 with a key, digest-md5 with a password."}, \
    {"k", TEXT, "32 hexadecimal digits", KEY_HEX, .flags = REST_SECRET, .about = "The card's key."}, \
    {"op", TEXT, "32 hexadecimal digits", KEY_HEX, .flags = REST_SECRET, \
     .about = "The operator's constant, when the OPc is not given: it is derived."}, \
    {"opc", TEXT, "32 hexadecimal digits", KEY_HEX, .flags = REST_SECRET, .about = "The card's OPc."}, \
    {"amf", TEXT, "4 hexadecimal digits", "^[0-9A-Fa-f]{4}$", .about = "8000 unless it says so."}, \
    {"sqn", NUMBER(0, 281474976710655LL), "the last sequence number used"}, \
    {"realm", TEXT, "the realm of SIP Digest: a domain", DOMAIN, .about = "Without it: the IMPI's domain."}, \
    {"password", TEXT, "a password", .flags = REST_SECRET, \
     .about = "For SIP Digest. HA1 for MD5 and for SHA-256 are computed; it is kept nowhere."}, \
    {"ha1_md5", TEXT, "32 lower-case hexadecimal digits", "^[0-9a-f]{32}$", .flags = REST_SECRET, \
     .about = "In the place of a password."}, \
    {"ha1_sha256", TEXT, "64 lower-case hexadecimal digits", "^[0-9a-f]{64}$", .flags = REST_SECRET, \
     .about = "In the place of a password."}

static const struct rest_field private_fields[] = {
    PRIVATE,
    {"has_key", BOOL, "whether K and OPc are there", .flags = REST_SHOWN},
    {"has_password", BOOL, "whether HA1 values are there", .flags = REST_SHOWN},
    END,
};

#define PUBLIC_MORE \
    {"barred", BOOL, "whether it is good for registering only"}, \
    {"alias", TEXT, "a group's name; empty: of none", .min = 0, .max = 64, \
     .about = "Identities of a set with the same group are aliases."}, \
    {"display_name", TEXT, "a display name", .min = 0, .max = 128}, \
    {"kind", TEXT, "user, psi, wildcarded-psi or wildcarded-user", "^(user|psi|wildcarded-psi|wildcarded-user)$"}, \
    {"server", TEXT, "a SIP URI, or empty", "^(sips?:[^ <>\"]+)?$", .min = 0, .max = 255, \
     .about = "Of a PSI: the application server that is asked directly."}, \
    {"active", BOOL, "whether a PSI is in use"}, \
    {"profile", NUMBER(0, 31), "which of the profiles it has, from 0"}

static const struct rest_field public_fields[] = {
    {"impu", TEXT, IMPU_RULE, IMPU, .flags = REST_REQUIRED},
    {"set", NUMBER(0, 31), "which implicit registration set it is in, from 0"},
    PUBLIC_MORE,
    {"default", BOOL, "whether it is the set's default identity", .flags = REST_SHOWN},
    END,
};
static const struct rest_field public_change_fields[] = { PUBLIC_MORE, END };

static const struct rest_field spt_fields[] = {
    {"kind", TEXT, "uri, method, header, case or sdp", "^(uri|method|header|case|sdp)$", .flags = REST_REQUIRED},
    {"value", TEXT, "the URI, method, header name, session case (0 to 4) or line of SDP", .flags = REST_REQUIRED},
    {"content", TEXT, "an extended regular expression", .min = 0, .max = 255,
     .about = "What a header or a line of SDP must hold; without it: it must be there."},
    {"negated", BOOL, "whether the condition is turned round"},
    {"group", NUMBER(0, 1000), "the group that it is in"},
    {"registration", TEXTS, "initial, re or de", "^(initial|re|de)$",
     .about = "Of the method REGISTER: which kinds of it; none: all."},
    END,
};
static const struct rest_field ifc_fields[] = {
    {"priority", NUMBER(0, 2147483647), "0 is asked first", .flags = REST_REQUIRED},
    {"server", TEXT, "the SIP URI of an application server", SIP_URI, .flags = REST_REQUIRED},
    {"default_handling", TEXT, "continue or terminate", "^(continue|terminate)$",
     .about = "What happens when the server is silent; continue unless it says so."},
    {"part", TEXT, "registered or unregistered", "^(registered|unregistered)$",
     .about = "Only in that state; without it: in both."},
    {"cnf", BOOL, "whether conditions of a group are joined by OR and groups by AND",
     .about = "false: the other way round."},
    {"service_info", TEXT, "text for the third-party REGISTER", .min = 0, .max = 1000},
    {"include_request", BOOL, "whether the third-party REGISTER carries the terminal's REGISTER"},
    {"include_response", BOOL, "whether it carries the 200 that answered it"},
    {"spt", OBJECTS(spt_fields), "service point triggers; none: every request"},
    END,
};
static const struct rest_field profile_fields[] = {
    {"unregistered_services", BOOL, "whether something happens for its identities when they are not registered"},
    {"media_profile", NUMBER(0, U32), "SubscribedMediaProfileId, or null", .flags = REST_NULL},
    {"ifc", OBJECTS(ifc_fields), "initial filter criteria"},
    {"shared_ifc", NUMBER(0, 2147483647), "numbers of shared sets of filter criteria", .flags = REST_LIST},
    END,
};

#define SUBSCRIPTION \
    {"msisdn", TEXT, "3 to 15 digits, or empty", "^(\\+?[0-9]{3,15})?$", .min = 0, .max = 16}, \
    {"registration_allowed", BOOL, "whether it may register"}, \
    {"keep_scscf", BOOL, "whether an S-CSCF may stay assigned after the last de-registration"}, \
    {"visited_networks", TEXTS, "domains of visited networks; none: it may roam everywhere", DOMAIN}, \
    {"mandatory_capabilities", NUMBER(0, U32), "numbers that its S-CSCF must offer", .flags = REST_LIST}, \
    {"optional_capabilities", NUMBER(0, U32), "numbers that its S-CSCF should offer", .flags = REST_LIST}, \
    {"servers", TEXTS, "SIP URIs of S-CSCFs that go before the capabilities", SIP_URI}, \
    {"primary_ecf", TEXT, "a Diameter URI, or empty", "^(aaas?://[^ <>\"]+)?$", .min = 0, .max = 255}, \
    {"secondary_ecf", TEXT, "a Diameter URI, or empty", "^(aaas?://[^ <>\"]+)?$", .min = 0, .max = 255}, \
    {"primary_ccf", TEXT, "a Diameter URI, or empty", "^(aaas?://[^ <>\"]+)?$", .min = 0, .max = 255}, \
    {"secondary_ccf", TEXT, "a Diameter URI, or empty", "^(aaas?://[^ <>\"]+)?$", .min = 0, .max = 255}

static const struct rest_field subscription_fields[] = { SUBSCRIPTION, END };

static const struct rest_field set_fields[] = {
    {"set", NUMBER(0, 31), "its number", .flags = REST_SHOWN},
    {"state", TEXT, "not-registered, registered or unregistered", .flags = REST_SHOWN},
    {"scscf", TEXT, "the SIP URI of its S-CSCF, or empty", .flags = REST_SHOWN},
    {"scscf_host", TEXT, "the Diameter identity of its S-CSCF, or empty", .flags = REST_SHOWN},
    {"registered", TEXTS, "private identities that have it registered"},
    END,
};
static const struct rest_field subscriber_fields[] = {
    {"name", TEXT, "1 to 64 letters, digits, dots, dashes, underscores", "^[A-Za-z0-9._-]{1,64}$",
     .about = "Without it: the IMSI, else the IMPI's user part."},
    {"domain", TEXT, "a home network domain", DOMAIN, .flags = REST_SECRET,
     .about = "For identities that are not given; without it: from the IMSI (TS 23.003 13.2)."},
    SUBSCRIPTION,
    PRIVATE,
    {"private", OBJECTS(private_fields), "private identities, in the place of impi, imsi, k and so on"},
    {"public", OBJECTS(public_fields), "public identities",
     .about = "Without it: the SIP URI of the IMSI (barred, TS 23.003 13.4B), and of the MSISDN a SIP and a tel URI, "
              "aliases of each other; or the SIP URI that the IMPI looks like."},
    {"profiles", OBJECTS(profile_fields), "service profiles; without it: one without filter criteria"},
    {"sets", .kind = REST_OBJECT, "implicit registration sets", .inside = set_fields, .flags = REST_LIST | REST_SHOWN},
    END,
};

static const struct rest_field deregister_fields[] = {
    {"reason", TEXT, "permanent-termination, new-server-assigned, server-change or remove-s-cscf",
     "^(permanent-termination|new-server-assigned|server-change|remove-s-cscf)$",
     .about = "Reason-Code of the RTR; permanent-termination unless it says so."},
    {"info", TEXT, "a text for people", .about = "Reason-Info."},
    {"impu", TEXT, IMPU_RULE, IMPU, .about = "Only the implicit set of this one."},
    END,
};
static const struct rest_field verify_fields[] = {
    {"name", TEXT, "a subscriber, by name, identity, IMSI or MSISDN", .about = "Or the keys themselves:"},
    {"k", TEXT, "32 hexadecimal digits", KEY_HEX, .flags = REST_SECRET},
    {"op", TEXT, "32 hexadecimal digits", KEY_HEX, .flags = REST_SECRET},
    {"opc", TEXT, "32 hexadecimal digits", KEY_HEX, .flags = REST_SECRET},
    {"sqn", NUMBER(0, 281474976710655LL), "the network's sequence number, when the keys are given"},
    {"rand", TEXT, "32 hexadecimal digits", KEY_HEX, .flags = REST_REQUIRED},
    {"autn", TEXT, "32 hexadecimal digits", KEY_HEX, .about = "What the network sent; or:"},
    {"auts", TEXT, "28 hexadecimal digits", "^[0-9A-Fa-f]{28}$", .about = "What the card sent back."},
    END,
};
static const struct rest_field verdict_fields[] = {
    {"verdict", TEXT, "fine, wrong K or OPc, SQN behind, or never issued", .flags = REST_SHOWN},
    {"sentence", TEXT, "what that means and what to do", .flags = REST_SHOWN},
    {"sqn", NUMBER(0, 281474976710655LL), "the sequence number in AUTN or AUTS, when the MAC is right", .flags = REST_SHOWN},
    {"network_sqn", NUMBER(0, 281474976710655LL), "the last one that this HSS used", .flags = REST_SHOWN},
    {"amf", TEXT, "the AMF in AUTN", .flags = REST_SHOWN},
    END,
};
static const struct rest_field shared_fields[] = {
    {"id", NUMBER(0, 2147483647), "its number", .flags = REST_SHOWN},
    {"name", TEXT, "1 to 64 letters, digits, dots, dashes, underscores", "^[A-Za-z0-9._-]{1,64}$", .flags = REST_REQUIRED},
    {"ifc", OBJECTS(ifc_fields), "initial filter criteria"},
    END,
};
static const struct rest_field list_fields[] = {
    {"subscribers", .kind = REST_OBJECT, "a page of them", .inside = subscriber_fields, .flags = REST_LIST | REST_SHOWN},
    {"total", NUMBER(0, U32), "how many there are", .flags = REST_SHOWN},
    END,
};
static const struct rest_field shared_list_fields[] = {
    {"shared_ifc", .kind = REST_OBJECT, "shared sets of filter criteria", .inside = shared_fields, .flags = REST_LIST | REST_SHOWN},
    END,
};
static const struct rest_field pushed_fields[] = {
    {"command", TEXT, "PPR or RTR", .flags = REST_SHOWN},
    {"scscf", TEXT, "the Diameter identity of the S-CSCF that is told", .flags = REST_SHOWN},
    END,
};
static const struct rest_field done_fields[] = {
    {"name", TEXT, "the subscriber", .flags = REST_SHOWN},
    {"count", NUMBER(0, U32), "how many", .flags = REST_SHOWN},
    {"pushed", .kind = REST_OBJECT, "what is sent to S-CSCFs for it", .inside = pushed_fields, .flags = REST_LIST | REST_SHOWN},
    END,
};
static const struct rest_field error_inside[] = {
    {"field", TEXT, "the field that is wrong, with its place; absent: the request as a whole", .flags = REST_SHOWN},
    {"rule", TEXT, "what it must be", .flags = REST_SHOWN},
    END,
};
static const struct rest_field error_fields[] = {
    {"error", .kind = REST_OBJECT, "what was wrong", .inside = error_inside, .flags = REST_SHOWN},
    END,
};

const struct rest_schema rest_schemas[] = {
    {"Subscriber", subscriber_fields}, {"Subscription", subscription_fields}, {"Private", private_fields},
    {"Public", public_fields}, {"PublicChange", public_change_fields}, {"Profile", profile_fields},
    {"FilterCriterion", ifc_fields}, {"SharedFilterCriteria", shared_fields}, {"Deregistration", deregister_fields},
    {"Verification", verify_fields}, {"Verdict", verdict_fields}, {"SubscriberList", list_fields},
    {"SharedList", shared_list_fields}, {"Done", done_fields}, {"Error", error_fields},
};
const size_t rest_schema_count = COUNT(rest_schemas);

static const struct rest_field page_query[] = {
    {"offset", NUMBER(0, U32), "how many to leave out"},
    {"limit", NUMBER(1, 1000), "how many at most; 100 unless it says so"},
    {"state", TEXT, "not-registered, registered or unregistered", "^(not-registered|registered|unregistered)$",
     .about = "Only those with a set in this state."},
    END,
};
static const struct rest_field export_query[] = {
    {"secrets", BOOL, "whether keys and HA1 values are in it", .about = "Needs the token."},
    END,
};
static const struct rest_field delete_query[] = {
    {"reason", TEXT, "permanent-termination, new-server-assigned, server-change or remove-s-cscf",
     "^(permanent-termination|new-server-assigned|server-change|remove-s-cscf)$", .about = "Reason-Code of the RTR."},
    {"info", TEXT, "a text for people", .about = "Reason-Info of the RTR."},
    END,
};

const struct rest_operation rest_operations[] = {
    {"GET", "/openapi.json", "document", "This document.", .status = 200, .work = rest_get_openapi},
    {"GET", "/subscribers", "list", "Subscribers by name, a page at a time.", .out = "SubscriberList",
     .query = page_query, .status = 200, .work = rest_list},
    {"POST", "/subscribers", "add", "Add one: IMSI, MSISDN, K and OPc are enough.", .body = REST_JSON,
     .in = "Subscriber", .out = "Subscriber", .status = 201, .work = rest_add},
    {"GET", "/subscribers/{name}", "show", "Everything of one but its keys.", .out = "Subscriber", .status = 200,
     .work = rest_show},
    {"PATCH", "/subscribers/{name}", "set", "Change what it may.", .body = REST_JSON, .in = "Subscription",
     .out = "Done", .status = 200, .work = rest_set},
    {"DELETE", "/subscribers/{name}", "delete", "Remove it; its S-CSCF gets an RTR.", .out = "Done",
     .query = delete_query, .status = 200, .work = rest_delete},
    {"POST", "/subscribers/{name}/deregister", "deregister", "End its registrations by RTR.", .body = REST_JSON,
     .in = "Deregistration", .out = "Done", .status = 200, .work = rest_deregister},
    {"POST", "/subscribers/{name}/private", "addPrivate", "One more card or password for all its sets.",
     .body = REST_JSON, .in = "Private", .out = "Done", .status = 201, .work = rest_add_private},
    {"PATCH", "/private/{impi}", "setPrivate", "Change a card or a password.", .body = REST_JSON, .in = "Private",
     .out = "Done", .status = 200, .work = rest_set_private},
    {"DELETE", "/private/{impi}", "deletePrivate", "Remove one of several private identities.", .out = "Done",
     .status = 200, .work = rest_delete_private},
    {"POST", "/subscribers/{name}/public", "addPublic", "One more public identity; its S-CSCF gets a PPR.",
     .body = REST_JSON, .in = "Public", .out = "Done", .status = 201, .work = rest_add_public},
    {"PATCH", "/public/{impu}", "setPublic", "Change a public identity; its S-CSCF gets a PPR.", .body = REST_JSON,
     .in = "PublicChange", .out = "Done", .status = 200, .work = rest_set_public},
    {"DELETE", "/public/{impu}", "deletePublic", "Remove one of a set's identities; its S-CSCF gets a PPR.",
     .out = "Done", .status = 200, .work = rest_delete_public},
    {"GET", "/subscribers/{name}/profiles/{number}", "showProfile", "A service profile, from 0.", .out = "Profile",
     .status = 200, .work = rest_show_profile},
    {"PUT", "/subscribers/{name}/profiles/{number}", "setProfile",
     "Change a service profile (what is absent stays); its S-CSCFs get a PPR. Also application/xml: a ServiceProfile of TS 29.228 "
     "annex E, whose filter criteria are taken.",
     .body = REST_PROFILE, .in = "Profile", .out = "Done", .status = 200, .work = rest_set_profile},
    {"GET", "/shared-ifc", "listShared", "The shared sets of filter criteria.", .out = "SharedList", .status = 200,
     .work = rest_list_shared},
    {"GET", "/shared-ifc/{id}", "showShared", "One of them.", .out = "SharedFilterCriteria", .status = 200,
     .work = rest_show_shared},
    {"PUT", "/shared-ifc/{id}", "setShared", "Make or replace one; every S-CSCF concerned gets PPRs.",
     .body = REST_JSON, .in = "SharedFilterCriteria", .out = "Done", .status = 200, .work = rest_set_shared},
    {"DELETE", "/shared-ifc/{id}", "deleteShared", "Remove one that no profile has.", .out = "Done", .status = 200,
     .work = rest_delete_shared},
    {"POST", "/verify-sim", "verifySim", "Whether a card and this HSS agree: AUTN or AUTS recomputed.",
     .reads = true, .body = REST_JSON, .in = "Verification", .out = "Verdict", .status = 200, .work = rest_verify},
    {"POST", "/import", "import", "Add many, one JSON object per line, all or none.", .body = REST_LINES,
     .in = "Subscriber", .out = "Done", .status = 201, .work = rest_import},
    {"GET", "/export", "export", "All of them, one JSON object per line, as import takes them.",
     .query = export_query, .status = 200, .work = rest_export},
};
const size_t rest_operation_count = COUNT(rest_operations);

const struct rest_field *rest_fields_of(const char *schema)
{
    for (size_t i = 0; schema && i < rest_schema_count; i++) {
        if (strcmp(rest_schemas[i].name, schema) == 0)
            return rest_schemas[i].fields;
    }
    return NULL;
}

bool rest_only_reads(const struct rest_operation *operation)
{
    return operation->reads || strcmp(operation->method, "GET") == 0;
}
