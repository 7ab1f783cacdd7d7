-- Rules of projects. A project is the first segment of a repository's name; patterns are of Mirroring/NamePattern.cs, over the whole name of the repository.

-- Tags that do not move and are not removed any more.
CREATE TABLE registry_immutable_rules (
    id           INTEGER PRIMARY KEY,
    project      TEXT NOT NULL,
    repositories TEXT NOT NULL,
    tags         TEXT NOT NULL,
    created      TEXT NOT NULL,
    UNIQUE (project, repositories, tags)
);

-- policy is a RetentionPolicy as JSON. next_run: when it runs by the clock, null where only on demand; who has moved it on runs it.
CREATE TABLE registry_retention (
    project  TEXT PRIMARY KEY,
    policy   TEXT NOT NULL,
    next_run TEXT
);
CREATE INDEX registry_retention_by_next_run ON registry_retention (next_run);

-- report is a RetentionReport as JSON, null while it runs or where it was killed.
CREATE TABLE registry_retention_runs (
    id      INTEGER PRIMARY KEY,
    project TEXT NOT NULL,
    actor   TEXT NOT NULL,
    started TEXT NOT NULL,
    ended   TEXT,
    report  TEXT
);
CREATE INDEX registry_retention_runs_by_project ON registry_retention_runs (project, id);

-- Null: no such limit. used: bytes of the project's blobs, each once, and of its manifests. It is added to exactly, in the transaction of what is added;
-- what takes something away only raises stale, and it is counted anew before that matters.
CREATE TABLE registry_quotas (
    project      TEXT PRIMARY KEY,
    bytes        INTEGER,
    tags         INTEGER,
    repositories INTEGER,
    used         INTEGER NOT NULL,
    stale        INTEGER NOT NULL
);

-- Labels that people give; those inside of images are in their configs.
CREATE TABLE registry_repository_labels (
    repository_id INTEGER NOT NULL REFERENCES registry_repositories (id) ON DELETE CASCADE,
    name          TEXT NOT NULL,
    value         TEXT NOT NULL,
    PRIMARY KEY (repository_id, name)
);
CREATE TABLE registry_image_labels (
    manifest_id INTEGER NOT NULL REFERENCES registry_manifests (id) ON DELETE CASCADE,
    name        TEXT NOT NULL,
    value       TEXT NOT NULL,
    PRIMARY KEY (manifest_id, name)
);
