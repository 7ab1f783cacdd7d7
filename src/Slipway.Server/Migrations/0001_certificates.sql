-- What the gateways serve TLS with. source: given (by a person), own (the platform's authority), acme. hosts: joined by commas. secret: the key, sealed.
CREATE TABLE certificates (
    source      TEXT NOT NULL,
    name        TEXT NOT NULL,
    hosts       TEXT NOT NULL,
    chain       TEXT NOT NULL,
    secret      BLOB NOT NULL,
    issuer      TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    not_before  TEXT NOT NULL,
    not_after   TEXT NOT NULL,
    added_by    TEXT NOT NULL,
    created     TEXT NOT NULL,
    PRIMARY KEY (source, name)
);

-- The platform's own authority; secret is sealed. The first one that a server makes is all servers'.
CREATE TABLE certificate_authority (
    id          TEXT PRIMARY KEY,
    certificate TEXT NOT NULL,
    secret      BLOB NOT NULL,
    created     TEXT NOT NULL
);
