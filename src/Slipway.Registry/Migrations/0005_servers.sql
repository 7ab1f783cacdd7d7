-- Several servers on this database: which of them adds to an upload now, and until when that holds unless it says so again. See Uploads/UploadHolds.cs.
ALTER TABLE registry_uploads ADD COLUMN holder TEXT;
ALTER TABLE registry_uploads ADD COLUMN held_until TEXT;
CREATE INDEX registry_uploads_by_holder ON registry_uploads (holder) WHERE holder IS NOT NULL;
