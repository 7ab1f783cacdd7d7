-- How releases ran their jobs. A row is written before its job is started, so that no server starts one twice.
CREATE TABLE release_jobs (
    app       TEXT NOT NULL,
    release   INTEGER NOT NULL,
    service   TEXT NOT NULL,
    number    INTEGER NOT NULL,                  -- among the jobs of the service, from 1
    record    TEXT NOT NULL,                     -- JobRun
    PRIMARY KEY (app, release, service, number)
);
