-- Maintenance of the app, as JSON: while there is one, every request is answered with it.
ALTER TABLE apps ADD COLUMN maintenance TEXT;
