-- Apps whose removal was asked for and is not yet complete. A row outlives the app's own: what is kept of it elsewhere (images) goes last.
CREATE TABLE removals (
    app  TEXT PRIMARY KEY
);
INSERT INTO removals (app) SELECT app FROM apps WHERE removing > 0;
