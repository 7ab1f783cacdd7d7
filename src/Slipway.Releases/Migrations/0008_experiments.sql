-- What an experiment has shown so far. Kept with its release.
CREATE TABLE experiments (
    rollout  INTEGER NOT NULL,
    record   TEXT NOT NULL,                      -- Tally
    PRIMARY KEY (rollout)
);
