-- Signs the cookies that tell an app's users apart while two releases share its requests, and keys their assignment: 32 bytes as Base64.
ALTER TABLE apps ADD COLUMN split_key TEXT;

-- The judge's verdicts.
CREATE TABLE canary_windows (
    rollout  INTEGER NOT NULL,
    number   INTEGER NOT NULL,                   -- from 1
    record   TEXT NOT NULL,                      -- CanaryWindow
    PRIMARY KEY (rollout, number)
);

-- What the gateways had counted, for as long as a window reaches back to it.
CREATE TABLE canary_samples (
    rollout  INTEGER NOT NULL,
    at       INTEGER NOT NULL,                   -- Unix milliseconds
    record   TEXT NOT NULL,                      -- TrafficSample
    PRIMARY KEY (rollout, at)
);
