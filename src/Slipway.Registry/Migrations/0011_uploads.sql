-- Who began an upload: each account may have so many open, and no more.
ALTER TABLE registry_uploads ADD COLUMN account TEXT NOT NULL DEFAULT '';
CREATE INDEX registry_uploads_by_account ON registry_uploads (account);
