-- Each app's routes as a row of their own, so that a look at one app reads its own only. The whole table has one version still: route_table.version,
-- and is put together to be published. Filled from route_table.document, which then goes: RouteRows.MoveFromDocument.
CREATE TABLE app_routes (
    app      TEXT PRIMARY KEY,
    version  INTEGER NOT NULL,                   -- of the whole table that they came with
    routes   TEXT NOT NULL                       -- RouteTable with this app's routes alone
);
CREATE INDEX app_routes_by_version ON app_routes (version);
