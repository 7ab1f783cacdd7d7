-- Pull-through caches: a project whose images come from another registry when they are asked for.
-- secret is the password, sealed with registry.key; allowed has one pattern a line, none: everything; tag_lifetime is in seconds.
CREATE TABLE registry_caches (
    project      TEXT PRIMARY KEY,
    upstream     TEXT NOT NULL,
    username     TEXT,
    secret       BLOB,
    tag_lifetime INTEGER NOT NULL,
    allowed      TEXT NOT NULL,
    allow_push   INTEGER NOT NULL,
    created      TEXT NOT NULL
);

-- When a cached tag was last compared with its upstream.
CREATE TABLE registry_cache_tags (
    repository_id INTEGER NOT NULL REFERENCES registry_repositories (id) ON DELETE CASCADE,
    tag           TEXT NOT NULL,
    checked       TEXT NOT NULL,
    PRIMARY KEY (repository_id, tag)
);

-- When a manifest was last pulled, to the hour: what "not pulled for N days" is decided by.
CREATE TABLE registry_last_pulls (
    repository_id INTEGER NOT NULL REFERENCES registry_repositories (id) ON DELETE CASCADE,
    digest        TEXT NOT NULL,
    pulled        TEXT NOT NULL,
    PRIMARY KEY (repository_id, digest)
);

-- Replication rules. direction is 'push' or 'pull'; schedule as Schedule.cs reads it, due the next time by it; bandwidth is bytes a second, null: no limit.
-- event is the last event that was looked at. Which server runs a rule now is a claim in registry_upkeep.
CREATE TABLE registry_replication_rules (
    id          INTEGER PRIMARY KEY,
    name        TEXT NOT NULL UNIQUE,
    direction   TEXT NOT NULL,
    repository  TEXT NOT NULL,
    tag         TEXT NOT NULL,
    remote      TEXT NOT NULL,
    username    TEXT,
    secret      BLOB,
    destination TEXT NOT NULL,
    schedule    TEXT,
    on_push     INTEGER NOT NULL,
    deletions   INTEGER NOT NULL,
    bandwidth   INTEGER,
    created     TEXT NOT NULL,
    event       INTEGER NOT NULL,
    due         TEXT
);

-- One run of a rule: state is 'running', 'done' or 'failed' (all or some of it).
CREATE TABLE registry_replication_runs (
    id      INTEGER PRIMARY KEY,
    rule_id INTEGER NOT NULL REFERENCES registry_replication_rules (id) ON DELETE CASCADE,
    cause   TEXT NOT NULL,
    state   TEXT NOT NULL,
    listed  INTEGER NOT NULL,
    error   TEXT,
    started TEXT NOT NULL,
    ended   TEXT
);
CREATE INDEX registry_replication_runs_by_rule ON registry_replication_runs (rule_id, id);

-- What a run has to do, each entry one tag: state is 'waiting', 'copied', 'skipped', 'removed' or 'failed'.
-- A run that was killed goes on with what is still waiting.
CREATE TABLE registry_replication_items (
    id         INTEGER PRIMARY KEY,
    run_id     INTEGER NOT NULL REFERENCES registry_replication_runs (id) ON DELETE CASCADE,
    repository TEXT NOT NULL,
    reference  TEXT NOT NULL,
    action     TEXT NOT NULL,
    state      TEXT NOT NULL,
    digest     TEXT,
    manifests  INTEGER NOT NULL,
    blobs      INTEGER NOT NULL,
    bytes      INTEGER NOT NULL,
    error      TEXT,
    ended      TEXT,
    UNIQUE (run_id, repository, reference)
);

-- What deletions that are mirrored may remove: only what a rule itself once copied.
CREATE TABLE registry_replication_copies (
    rule_id    INTEGER NOT NULL REFERENCES registry_replication_rules (id) ON DELETE CASCADE,
    repository TEXT NOT NULL,
    reference  TEXT NOT NULL,
    digest     TEXT NOT NULL,
    PRIMARY KEY (rule_id, repository, reference)
);

-- Sessions of big blobs at the other registry, so that a killed run goes on inside a blob.
CREATE TABLE registry_replication_uploads (
    rule_id    INTEGER NOT NULL REFERENCES registry_replication_rules (id) ON DELETE CASCADE,
    repository TEXT NOT NULL,
    digest     TEXT NOT NULL,
    location   TEXT NOT NULL,
    PRIMARY KEY (rule_id, repository, digest)
);

-- A cache's: what it refers to comes when it is asked for, and its absence is no damage.
ALTER TABLE registry_manifests ADD COLUMN partial INTEGER NOT NULL DEFAULT 0;
