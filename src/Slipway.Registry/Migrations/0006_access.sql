-- Who may do what. A project is the first segment of a repository's name; one without a row is private and has no members.

CREATE TABLE registry_projects (
    name    TEXT PRIMARY KEY,
    public  INTEGER NOT NULL,
    created TEXT NOT NULL
);

-- Users and robots. secret: how it was hashed, and the hash. version goes up with every change of the secret and when the account is disabled, so that
-- tokens which were given out before are worth nothing any more.
CREATE TABLE registry_accounts (
    id       INTEGER PRIMARY KEY,
    name     TEXT NOT NULL UNIQUE,
    kind     TEXT NOT NULL,
    project  TEXT,
    secret   TEXT NOT NULL,
    admin    INTEGER NOT NULL,
    disabled INTEGER NOT NULL,
    expires  TEXT,
    version  INTEGER NOT NULL,
    created  TEXT NOT NULL,
    creator  TEXT NOT NULL
);
CREATE INDEX registry_accounts_by_project ON registry_accounts (project, name);

CREATE TABLE registry_members (
    project    TEXT NOT NULL,
    account_id INTEGER NOT NULL REFERENCES registry_accounts (id) ON DELETE CASCADE,
    role       TEXT NOT NULL,
    PRIMARY KEY (project, account_id)
);
CREATE INDEX registry_members_by_account ON registry_members (account_id);

-- What a robot may do: actions on the repositories that a pattern names.
CREATE TABLE registry_scopes (
    account_id INTEGER NOT NULL REFERENCES registry_accounts (id) ON DELETE CASCADE,
    pattern    TEXT NOT NULL,
    actions    INTEGER NOT NULL,
    PRIMARY KEY (account_id, pattern)
);

-- What tokens are signed with: the newest signs, all of them verify.
CREATE TABLE registry_token_keys (
    id      TEXT PRIMARY KEY,
    secret  BLOB NOT NULL,
    created TEXT NOT NULL
);
