/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of the HSS (data of TS 29.228 annex B, TS 23.008 and TS 33.102 6.3), as the migrations
 * that make them; store.c runs those that a file has not seen. */
#include "schema.h"

#include "xalloc.h"

/* A migration, once published, is never changed: the next one changes what it did. */
static const char *const migrations[] = {
    /* 1: the first tables */
    "CREATE TABLE subscription (" /* an IMS subscription: what one contract covers */
    "  id INTEGER PRIMARY KEY,"
    "  name TEXT NOT NULL UNIQUE," /* as lab.yaml calls it */
    "  registration_allowed INTEGER NOT NULL DEFAULT 1 CHECK (registration_allowed IN (0, 1))"
    ");"

    "CREATE TABLE visited_network (" /* where it may roam; no row: everywhere */
    "  subscription INTEGER NOT NULL REFERENCES subscription ON DELETE CASCADE,"
    "  network TEXT NOT NULL COLLATE NOCASE," /* as in P-Visited-Network-ID */
    "  PRIMARY KEY (subscription, network)"
    ") WITHOUT ROWID;"

    "CREATE TABLE capability (" /* what its S-CSCF must or should be able to do (29.228 6.7) */
    "  subscription INTEGER NOT NULL REFERENCES subscription ON DELETE CASCADE,"
    "  capability INTEGER NOT NULL CHECK (capability BETWEEN 0 AND 4294967295),"
    "  mandatory INTEGER NOT NULL CHECK (mandatory IN (0, 1)),"
    "  PRIMARY KEY (subscription, capability)"
    ") WITHOUT ROWID;"

    "CREATE TABLE impi (" /* a private identity: one card or one password */
    "  id INTEGER PRIMARY KEY,"
    "  subscription INTEGER NOT NULL REFERENCES subscription ON DELETE CASCADE,"
    "  impi TEXT NOT NULL UNIQUE,"
    "  auth TEXT NOT NULL CHECK (auth IN ('akav1', 'akav2', 'digest-md5', 'digest-sha256')),"
    "  k BLOB CHECK (k IS NULL OR length(k) = 16),"       /* the card's key; secret */
    "  opc BLOB CHECK (opc IS NULL OR length(opc) = 16)," /* the operator's part of it; secret */
    "  amf BLOB CHECK (amf IS NULL OR length(amf) = 2),"
    "  sqn INTEGER NOT NULL DEFAULT 0 CHECK (sqn BETWEEN 0 AND 281474976710655)" /* the last used */
    ");"

    "CREATE TABLE challenge (" /* the RANDs of the last vectors: an AUTS must answer one of them */
    "  id INTEGER PRIMARY KEY,"
    "  impi INTEGER NOT NULL REFERENCES impi ON DELETE CASCADE,"
    "  rand BLOB NOT NULL CHECK (length(rand) = 16)"
    ");"
    "CREATE INDEX challenge_of_impi ON challenge (impi, id);"

    "CREATE TABLE profile (" /* a service profile: what a set of identities gets */
    "  id INTEGER PRIMARY KEY,"
    "  subscription INTEGER NOT NULL REFERENCES subscription ON DELETE CASCADE,"
    "  position INTEGER NOT NULL," /* order in User-Data */
    /* whether something happens for an identity that nobody has registered (29.228 6.1.4.1) */
    "  unregistered_services INTEGER NOT NULL DEFAULT 0 CHECK (unregistered_services IN (0, 1))"
    ");"
    "CREATE INDEX profile_of_subscription ON profile (subscription, position);"

    "CREATE TABLE implicit_set (" /* identities registered together (29.228 6.5) */
    "  id INTEGER PRIMARY KEY,"
    "  subscription INTEGER NOT NULL REFERENCES subscription ON DELETE CASCADE,"
    /* 0 not registered, 1 registered, 2 unregistered (an S-CSCF keeps it for its services) */
    "  state INTEGER NOT NULL DEFAULT 0 CHECK (state IN (0, 1, 2)),"
    "  scscf_name TEXT NOT NULL DEFAULT '',"  /* SIP URI of Server-Name; '' none */
    "  scscf_host TEXT NOT NULL DEFAULT '',"  /* its Diameter identity, for RTR and PPR */
    "  CHECK (state = 0 OR scscf_name <> '')" /* registered somewhere */
    ");"
    "CREATE INDEX set_of_subscription ON implicit_set (subscription);"

    "CREATE TABLE impu (" /* a public identity, SIP or tel URI in canonical form */
    "  id INTEGER PRIMARY KEY,"
    "  impu TEXT NOT NULL UNIQUE,"
    "  implicit_set INTEGER NOT NULL REFERENCES implicit_set ON DELETE CASCADE,"
    "  profile INTEGER NOT NULL REFERENCES profile,"
    "  position INTEGER NOT NULL," /* order in the set: the first one not barred is the default */
    "  barred INTEGER NOT NULL DEFAULT 0 CHECK (barred IN (0, 1)),"
    "  is_default INTEGER NOT NULL DEFAULT 0 CHECK (is_default IN (0, 1))"
    ");"
    "CREATE INDEX impu_of_set ON impu (implicit_set, position);"

    "CREATE TABLE registration (" /* which private identity may use which set, and does */
    "  impi INTEGER NOT NULL REFERENCES impi ON DELETE CASCADE,"
    "  implicit_set INTEGER NOT NULL REFERENCES implicit_set ON DELETE CASCADE,"
    "  registered INTEGER NOT NULL DEFAULT 0 CHECK (registered IN (0, 1)),"
    "  auth_pending INTEGER NOT NULL DEFAULT 0 CHECK (auth_pending IN (0, 1))," /* MAR, no SAR yet
                                                                                 */
    "  PRIMARY KEY (impi, implicit_set)"
    ") WITHOUT ROWID;"
    "CREATE INDEX registration_of_set ON registration (implicit_set);",

    /* 2: what a complete HSS needs: more ways of authentication, services, service identities,
       restoration */
    "ALTER TABLE subscription ADD COLUMN msisdn TEXT NOT NULL DEFAULT '';" /* for finding it */
    /* whether an S-CSCF may stay assigned when the last registration has ended (SAT 6 and 7) */
    "ALTER TABLE subscription ADD COLUMN keep_scscf INTEGER NOT NULL DEFAULT 1"
    "  CHECK (keep_scscf IN (0, 1));"
    /* Diameter URIs of its charging functions, '' none (29.228 7.12) */
    "ALTER TABLE subscription ADD COLUMN primary_ecf TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE subscription ADD COLUMN secondary_ecf TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE subscription ADD COLUMN primary_ccf TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE subscription ADD COLUMN secondary_ccf TEXT NOT NULL DEFAULT '';"
    "CREATE INDEX subscription_of_msisdn ON subscription (msisdn) WHERE msisdn <> '';"

    "CREATE TABLE capability_server (" /* S-CSCFs that it may be given to, whatever they can do */
    "  subscription INTEGER NOT NULL REFERENCES subscription ON DELETE CASCADE,"
    "  position INTEGER NOT NULL," /* the first one first */
    "  server_name TEXT NOT NULL," /* SIP URI (29.228 6.7: goes before the capabilities) */
    "  PRIMARY KEY (subscription, position)"
    ") WITHOUT ROWID;"

    "ALTER TABLE impi ADD COLUMN imsi TEXT NOT NULL DEFAULT '';" /* of its card, '' none */
    /* OP, when OPc was derived from it; secret */
    "ALTER TABLE impi ADD COLUMN op BLOB CHECK (op IS NULL OR length(op) = 16);"
    /* SIP Digest: H(impi:realm:password) in lower-case hex, '' not usable; secret. The password
       itself is kept nowhere. Which of them are there says which algorithms the user has. */
    "ALTER TABLE impi ADD COLUMN realm TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE impi ADD COLUMN ha1_md5 TEXT NOT NULL DEFAULT ''"
    "  CHECK (length(ha1_md5) IN (0, 32));"
    "ALTER TABLE impi ADD COLUMN ha1_sha256 TEXT NOT NULL DEFAULT ''"
    "  CHECK (length(ha1_sha256) IN (0, 64));"
    "CREATE INDEX impi_of_subscription ON impi (subscription);"
    "CREATE INDEX impi_of_imsi ON impi (imsi) WHERE imsi <> '';"

    /* SubscribedMediaProfileId (29.228 annex B.2.2); NULL: every medium */
    "ALTER TABLE profile ADD COLUMN media_profile INTEGER CHECK (media_profile >= 0);"

    "CREATE TABLE shared_ifc (" /* a set of filter criteria that many profiles have */
    "  id INTEGER PRIMARY KEY," /* SharedIFCSetID, the same in every S-CSCF that knows it */
    "  name TEXT NOT NULL UNIQUE"
    ");"
    "CREATE TABLE profile_shared_ifc (" /* who has which */
    "  profile INTEGER NOT NULL REFERENCES profile ON DELETE CASCADE,"
    "  shared_ifc INTEGER NOT NULL REFERENCES shared_ifc,"
    "  PRIMARY KEY (profile, shared_ifc)"
    ") WITHOUT ROWID;"
    "CREATE INDEX profile_of_shared_ifc ON profile_shared_ifc (shared_ifc);"

    "CREATE TABLE ifc (" /* an initial filter criterion: when an application server is asked */
    "  id INTEGER PRIMARY KEY,"
    "  profile INTEGER REFERENCES profile ON DELETE CASCADE," /* whose; or of a shared set: */
    "  shared_ifc INTEGER REFERENCES shared_ifc ON DELETE CASCADE,"
    "  priority INTEGER NOT NULL CHECK (priority >= 0)," /* 0 is asked first */
    "  part INTEGER CHECK (part IN (0, 1))," /* only for 0 registered, 1 unregistered; NULL both */
    /* how its trigger's groups are joined: 1 OR inside and AND between them, 0 the other way;
       NULL: no trigger point, always asked */
    "  cnf INTEGER CHECK (cnf IN (0, 1)),"
    "  server TEXT NOT NULL,"                       /* SIP URI of the application server */
    "  default_handling INTEGER NOT NULL DEFAULT 0" /* it is silent: 0 go on, 1 end the session */
    "    CHECK (default_handling IN (0, 1)),"
    "  service_info TEXT NOT NULL DEFAULT ''," /* for the third-party REGISTER, '' none */
    "  include_request INTEGER NOT NULL DEFAULT 0 CHECK (include_request IN (0, 1)),"
    "  include_response INTEGER NOT NULL DEFAULT 0 CHECK (include_response IN (0, 1)),"
    "  CHECK ((profile IS NULL) <> (shared_ifc IS NULL))"
    ");"
    "CREATE INDEX ifc_of_profile ON ifc (profile, priority);"
    "CREATE INDEX ifc_of_shared_ifc ON ifc (shared_ifc, priority);"

    "CREATE TABLE spt (" /* a service point trigger: one condition of a filter criterion */
    "  id INTEGER PRIMARY KEY,"
    "  ifc INTEGER NOT NULL REFERENCES ifc ON DELETE CASCADE,"
    "  grp INTEGER NOT NULL DEFAULT 0 CHECK (grp >= 0)," /* Group: see cnf */
    "  negated INTEGER NOT NULL DEFAULT 0 CHECK (negated IN (0, 1)),"
    "  kind TEXT NOT NULL CHECK (kind IN ('uri', 'method', 'header', 'case', 'sdp')),"
    /* RequestURI, Method, the name of the header, SessionCase 0..4, the line of SDP */
    "  value TEXT NOT NULL,"
    "  content TEXT," /* of the header or the line, a regular expression; NULL: it is there */
    /* with REGISTER, bits: 1 initial registration, 2 re-registration, 4 de-registration; 0 any */
    "  registration INTEGER NOT NULL DEFAULT 0 CHECK (registration BETWEEN 0 AND 7)"
    ");"
    "CREATE INDEX spt_of_ifc ON spt (ifc, grp, id);"

    /* an I-CSCF could not reach its S-CSCF: the next SAR may bring another (23.380 4.3) */
    "ALTER TABLE implicit_set ADD COLUMN reassignment_pending INTEGER NOT NULL DEFAULT 0"
    "  CHECK (reassignment_pending IN (0, 1));"
    "ALTER TABLE implicit_set ADD COLUMN loose_route INTEGER NOT NULL DEFAULT 0" /* 29.228 7.20 */
    "  CHECK (loose_route IN (0, 1));"

    /* IdentityType: 0 public user identity, 1 PSI, 2 wildcarded PSI, 4 wildcarded user identity; a
       wildcard holds one or more !extended regular expression! (23.003 13.4A) */
    "ALTER TABLE impu ADD COLUMN kind INTEGER NOT NULL DEFAULT 0 CHECK (kind IN (0, 1, 2, 4));"
    /* a PSI: SIP URI of the server that is asked directly, '' none; whether it is in use */
    "ALTER TABLE impu ADD COLUMN as_name TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE impu ADD COLUMN active INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1));"
    /* identities of a set with the same group are aliases of each other; '' of none */
    "ALTER TABLE impu ADD COLUMN alias_group TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE impu ADD COLUMN display_name TEXT NOT NULL DEFAULT '';"
    "CREATE INDEX impu_of_profile ON impu (profile);"
    "CREATE INDEX impu_wildcarded ON impu (kind) WHERE kind IN (2, 4);"

    /* what another S-CSCF needs to serve this registration (29.229 6.3.46), as the present one
       wrote it: Unix time and scheme here, '' and 0 none; its contacts below */
    "ALTER TABLE registration ADD COLUMN expires_at INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE registration ADD COLUMN scheme TEXT NOT NULL DEFAULT '';"
    "CREATE TABLE restoration (" /* one registered contact */
    "  impi INTEGER NOT NULL,"
    "  implicit_set INTEGER NOT NULL,"
    "  position INTEGER NOT NULL,"
    "  path TEXT NOT NULL,"
    "  contact TEXT NOT NULL,"
    "  cseq INTEGER NOT NULL DEFAULT 0," /* of its first REGISTER; 0 unknown */
    "  call_id TEXT NOT NULL DEFAULT '',"
    "  PRIMARY KEY (impi, implicit_set, position),"
    "  FOREIGN KEY (impi, implicit_set) REFERENCES registration ON DELETE CASCADE"
    ") WITHOUT ROWID;"
    "CREATE TABLE restoration_watcher (" /* a subscription to its reg event */
    "  impi INTEGER NOT NULL,"
    "  implicit_set INTEGER NOT NULL,"
    "  position INTEGER NOT NULL,"
    "  pcscf INTEGER NOT NULL CHECK (pcscf IN (0, 1))," /* the terminal's, or its P-CSCF's */
    "  call_id TEXT NOT NULL,"
    "  from_header TEXT NOT NULL,"
    "  to_header TEXT NOT NULL,"
    "  record_route TEXT NOT NULL,"
    "  contact TEXT NOT NULL,"
    "  PRIMARY KEY (impi, implicit_set, position, pcscf),"
    "  FOREIGN KEY (impi, implicit_set, position) REFERENCES restoration ON DELETE CASCADE"
    ") WITHOUT ROWID;",
};

size_t schema_version(void)
{
    return COUNT(migrations);
}

const char *schema_migration(size_t version)
{
    return migrations[version];
}
