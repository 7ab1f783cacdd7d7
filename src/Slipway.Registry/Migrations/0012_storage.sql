-- Which store the blobs are in: the mark that was written there too. One row, made at the first start. See Storage/StoreMark.cs.
CREATE TABLE registry_store (
    name  TEXT PRIMARY KEY,
    mark  TEXT NOT NULL,
    since TEXT NOT NULL
);
