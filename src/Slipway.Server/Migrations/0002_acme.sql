-- The one certificate authority that is asked over ACME (RFC 8555). account: its URL there; secret: the account's key, sealed. roots: PEM, null: those of the system.
CREATE TABLE acme_settings (
    id        TEXT PRIMARY KEY,
    directory TEXT NOT NULL,
    email     TEXT,
    roots     TEXT,
    account   TEXT NOT NULL,
    secret    BLOB NOT NULL,
    set_by    TEXT NOT NULL,
    changed   TEXT NOT NULL
);

-- Hosts for which the last order failed.
CREATE TABLE acme_failures (
    host     TEXT PRIMARY KEY,
    failures INTEGER NOT NULL,
    error    TEXT NOT NULL,
    next_try TEXT NOT NULL
);
