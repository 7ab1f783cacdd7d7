-- What is wanted of each app. The engine's side is never stored: it is observed.
CREATE TABLE apps (
    app            TEXT PRIMARY KEY,
    live           INTEGER,                      -- number of the release that gets the traffic
    holder         TEXT,                         -- slot whose release's exclusive services run; the live one's but during a switch
    scales         TEXT NOT NULL DEFAULT '{}',   -- service -> replicas, where a person asked for other than the model says
    removing       INTEGER NOT NULL DEFAULT 0,   -- 1: being removed, 2: with its volumes
    revision       INTEGER NOT NULL DEFAULT 0,   -- rises with every change; a decision made by an older one is thrown away
    route_version  INTEGER NOT NULL DEFAULT 0,   -- version of the table in which this app's routes changed last
    last_release   INTEGER NOT NULL DEFAULT 0    -- numbers are never used twice, also after releases were forgotten
);

CREATE TABLE releases (
    app       TEXT NOT NULL,
    number    INTEGER NOT NULL,
    was_live  INTEGER NOT NULL DEFAULT 0,
    changed   TEXT NOT NULL,                     -- services that it brought in, as a JSON array
    record    TEXT NOT NULL,                     -- Release
    PRIMARY KEY (app, number)
);

CREATE TABLE slots (
    app       TEXT NOT NULL,
    slot      TEXT NOT NULL,                     -- blue, green
    release   INTEGER NOT NULL,
    standing  TEXT NOT NULL,                     -- staged, live, warm
    since     INTEGER NOT NULL,                  -- Unix milliseconds of the standing
    leaving   INTEGER NOT NULL DEFAULT 0,        -- 0 stays, 1 its instances are drained and removed, 2 shared instances are detached from its networks
    origins   TEXT NOT NULL,                     -- service -> number of the release that brought its workload in
    PRIMARY KEY (app, slot)
);

CREATE TABLE rollouts (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    app     TEXT NOT NULL,
    state   TEXT NOT NULL,
    ended   INTEGER NOT NULL DEFAULT 0,
    record  TEXT NOT NULL                        -- Rollout
);
CREATE INDEX rollouts_by_app ON rollouts (app, id);
CREATE UNIQUE INDEX one_rollout_at_a_time ON rollouts (app) WHERE ended = 0;

-- Instances that lost their routes and may still have requests in flight.
CREATE TABLE drains (
    app       TEXT NOT NULL,
    instance  TEXT NOT NULL,
    since     INTEGER NOT NULL,                  -- Unix milliseconds
    PRIMARY KEY (app, instance)
);

CREATE TABLE route_table (
    id        INTEGER PRIMARY KEY CHECK (id = 1),
    version   INTEGER NOT NULL,
    document  TEXT NOT NULL                      -- RouteTable
);
INSERT INTO route_table (id, version, document) VALUES (1, 0, '{"version":0,"routes":[]}');
