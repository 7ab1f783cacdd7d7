-- Names live here only; on disk there are digests and upload identifiers. A row in registry_blobs implies its object in the blob store, never the reverse.

CREATE TABLE registry_repositories (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);

-- object_key is what the blob store answered when it published the bytes, so that an object store need not copy them to a name of our making.
CREATE TABLE registry_blobs (
    id         INTEGER PRIMARY KEY,
    digest     TEXT NOT NULL UNIQUE,
    size       INTEGER NOT NULL,
    object_key TEXT NOT NULL,
    created    TEXT NOT NULL
);

-- Which repository may serve which blob: pushed to it, or mounted into it.
CREATE TABLE registry_repository_blobs (
    repository_id INTEGER NOT NULL REFERENCES registry_repositories (id) ON DELETE CASCADE,
    blob_id       INTEGER NOT NULL REFERENCES registry_blobs (id),
    PRIMARY KEY (repository_id, blob_id)
) WITHOUT ROWID;
CREATE INDEX registry_repository_blobs_by_blob ON registry_repository_blobs (blob_id);

-- content is the very bytes that were pushed; subject, artifact_type and annotations are taken out of it for the referrers list.
CREATE TABLE registry_manifests (
    id            INTEGER PRIMARY KEY,
    repository_id INTEGER NOT NULL REFERENCES registry_repositories (id) ON DELETE CASCADE,
    digest        TEXT NOT NULL,
    media_type    TEXT NOT NULL,
    content       BLOB NOT NULL,
    subject       TEXT,
    artifact_type TEXT,
    annotations   TEXT,
    created       TEXT NOT NULL,
    UNIQUE (repository_id, digest)
);
CREATE INDEX registry_manifests_by_subject ON registry_manifests (repository_id, subject, digest) WHERE subject IS NOT NULL;

-- What a manifest needs: kind 'blob' (config, layers) or 'manifest' (entries of an index).
CREATE TABLE registry_manifest_references (
    manifest_id INTEGER NOT NULL REFERENCES registry_manifests (id) ON DELETE CASCADE,
    kind        TEXT NOT NULL,
    digest      TEXT NOT NULL,
    PRIMARY KEY (manifest_id, kind, digest)
) WITHOUT ROWID;
CREATE INDEX registry_manifest_references_by_digest ON registry_manifest_references (digest);

CREATE TABLE registry_tags (
    repository_id INTEGER NOT NULL REFERENCES registry_repositories (id) ON DELETE CASCADE,
    name          TEXT NOT NULL,
    manifest_id   INTEGER NOT NULL REFERENCES registry_manifests (id) ON DELETE CASCADE,
    updated       TEXT NOT NULL,
    PRIMARY KEY (repository_id, name)
) WITHOUT ROWID;
CREATE INDEX registry_tags_by_manifest ON registry_tags (manifest_id);

-- Uploads under way. How far one has come is the length of its bytes in the store, never a column.
CREATE TABLE registry_uploads (
    id            TEXT PRIMARY KEY,
    repository_id INTEGER NOT NULL REFERENCES registry_repositories (id) ON DELETE CASCADE,
    algorithm     TEXT NOT NULL,
    started       TEXT NOT NULL
);
CREATE INDEX registry_uploads_by_repository ON registry_uploads (repository_id);
