-- What keeps things that nothing refers to yet, or any more. See GarbageCollection/GarbageCollector.cs.

-- Until when the repository keeps the blob without a manifest that refers to it: extended by push, mount and HEAD before they answer.
ALTER TABLE registry_repository_blobs ADD COLUMN leased_until TEXT NOT NULL DEFAULT '';

-- Set where its bytes were found to be others than its digest says: it is not served until a push has brought it back.
ALTER TABLE registry_blobs ADD COLUMN damaged TEXT;
CREATE INDEX registry_blobs_by_key ON registry_blobs (object_key);

-- When a manifest was last pushed, or lost a tag: from then on it counts as untagged.
ALTER TABLE registry_manifests ADD COLUMN touched TEXT NOT NULL DEFAULT '';
UPDATE registry_manifests SET touched = created;

-- 1 where a cache keeps the manifest before, or without, what it refers to.
ALTER TABLE registry_manifests ADD COLUMN partial INTEGER NOT NULL DEFAULT 0;

-- The manifest's repository again, so that "does anything in this repository refer to that digest" is one look into an index.
ALTER TABLE registry_manifest_references ADD COLUMN repository_id INTEGER NOT NULL DEFAULT 0;
UPDATE registry_manifest_references SET repository_id = (SELECT m.repository_id FROM registry_manifests m WHERE m.id = manifest_id);
CREATE INDEX registry_manifest_references_by_repository ON registry_manifest_references (repository_id, digest);

-- Objects of the store that no row of registry_blobs has any more, written in the same transaction: deleted when they are due, then forgotten.
CREATE TABLE registry_garbage (
    object_key TEXT PRIMARY KEY,
    digest     TEXT NOT NULL,
    size       INTEGER NOT NULL,
    due        TEXT NOT NULL
);
CREATE INDEX registry_garbage_by_due ON registry_garbage (due);

-- Work that one server does at a time. A claim ends by itself; who works renews it.
CREATE TABLE registry_upkeep (
    name          TEXT PRIMARY KEY,
    holder        TEXT,
    claimed_until TEXT NOT NULL,
    started       TEXT,
    ended         TEXT,
    position      TEXT,
    report        TEXT
);
