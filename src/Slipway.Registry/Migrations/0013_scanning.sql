-- Vulnerability scans. The one adapter of the platform (id is always 1): secret is sealed with registry.key; consumes and produces are the media types that
-- it says it can read and write, one a line; event is the last event of the log that was looked at for pushes; swept: when images were last looked through by age.
CREATE TABLE registry_scanner (
    id           INTEGER NOT NULL,
    url          TEXT NOT NULL,
    auth         TEXT NOT NULL,
    username     TEXT,
    secret       BLOB,
    registry_url TEXT,
    rescan       INTEGER NOT NULL,
    name         TEXT NOT NULL,
    vendor       TEXT NOT NULL,
    version      TEXT NOT NULL,
    consumes     TEXT NOT NULL,
    produces     TEXT NOT NULL,
    event        INTEGER NOT NULL,
    swept        TEXT NOT NULL,
    created      TEXT NOT NULL,
    PRIMARY KEY (id)
);

-- The last scan of each manifest: state is 'queued', 'running', 'done', 'failed', or 'unfit' where the manifest is no image. due: not before; request: the
-- adapter's identifier once it has taken the scan, so that another server can ask on for its report; the server that works on it renews its claim.
CREATE TABLE registry_scans (
    manifest_id   INTEGER NOT NULL REFERENCES registry_manifests (id) ON DELETE CASCADE,
    digest        TEXT NOT NULL,
    state         TEXT NOT NULL,
    cause         TEXT NOT NULL,
    actor         TEXT NOT NULL,
    priority      INTEGER NOT NULL,
    attempts      INTEGER NOT NULL,
    queued        TEXT NOT NULL,
    due           TEXT NOT NULL,
    request       TEXT,
    submitted     TEXT,
    holder        TEXT,
    claimed_until TEXT,
    reason        TEXT,
    ended         TEXT,
    PRIMARY KEY (manifest_id)
);
CREATE INDEX registry_scans_by_state ON registry_scans (state, priority, due);
CREATE INDEX registry_scans_by_digest ON registry_scans (digest);

-- What the last successful scan found; findings is a JSON array, compressed (Brotli). What a digest names is the same in every repository, so a report is
-- looked for by digest, and goes with the manifest that it was made of.
CREATE TABLE registry_scan_reports (
    manifest_id INTEGER NOT NULL REFERENCES registry_manifests (id) ON DELETE CASCADE,
    digest      TEXT NOT NULL,
    scanned     TEXT NOT NULL,
    scanner     TEXT NOT NULL,
    critical    INTEGER NOT NULL,
    high        INTEGER NOT NULL,
    medium      INTEGER NOT NULL,
    low         INTEGER NOT NULL,
    negligible  INTEGER NOT NULL,
    unknown     INTEGER NOT NULL,
    fixable     INTEGER NOT NULL,
    findings    BLOB NOT NULL,
    PRIMARY KEY (manifest_id)
);
CREATE INDEX registry_scan_reports_by_digest ON registry_scan_reports (digest, scanned);
