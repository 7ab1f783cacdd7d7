-- Keys and certificates that are given to verify signatures with. projects: joined by commas; null: the platform's, for every project.
-- subject: what the subject of a certificate that signs must have, as in an RFC 4514 name; null: any that the root leads to.
CREATE TABLE registry_trust (
    name     TEXT PRIMARY KEY,
    kind     TEXT NOT NULL,
    projects TEXT,
    subject  TEXT,
    pem      TEXT NOT NULL,
    added_by TEXT NOT NULL,
    created  TEXT NOT NULL
);

-- The platform's own key; secret is sealed. The first one that a server makes is all servers'.
CREATE TABLE registry_signing_keys (
    id         TEXT PRIMARY KEY,
    secret     BLOB NOT NULL,
    public_key TEXT NOT NULL,
    created    TEXT NOT NULL
);

-- policy is a DeployPolicy as JSON. The project '' is the platform.
CREATE TABLE registry_policies (
    project TEXT PRIMARY KEY,
    policy  TEXT NOT NULL,
    set_by  TEXT NOT NULL,
    changed TEXT NOT NULL
);

-- Where else the registry has an image that was signed in one repository and is deployed from another.
CREATE INDEX registry_manifests_by_digest ON registry_manifests (digest);
