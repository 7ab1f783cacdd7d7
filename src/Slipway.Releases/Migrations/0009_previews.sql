-- Apps that are previews of another one. A row comes and goes with that of its app.
CREATE TABLE previews (
    app      TEXT PRIMARY KEY,                   -- shop--pr-12
    parent   TEXT NOT NULL,                      -- shop
    name     TEXT NOT NULL,                      -- pr-12
    branch   TEXT NOT NULL,                      -- what it was made from, as it was given
    created  INTEGER NOT NULL,                   -- Unix milliseconds
    expires  INTEGER NOT NULL,                   -- Unix milliseconds; then it is removed
    lasts    INTEGER,                            -- milliseconds from a deploy to the removal, where a person said so; else as the app's policy says
    asked    TEXT,                               -- account that deployed it first
    secrets  TEXT NOT NULL                       -- 32 bytes as Base64, from which the secrets are derived that it gets in place of the app's
);
CREATE INDEX previews_by_parent ON previews (parent, created);
