-- How the authority is shown that a host is ours: http, tls-alpn or dns; with dns the program in DATA/hooks, and how many seconds the DNS needs.
ALTER TABLE acme_settings ADD COLUMN challenge TEXT NOT NULL DEFAULT 'http';
ALTER TABLE acme_settings ADD COLUMN dns_hook TEXT;
ALTER TABLE acme_settings ADD COLUMN dns_wait INTEGER NOT NULL DEFAULT 0;

-- The account that the authority knows already (external account binding, RFC 8555, section 7.3.4); its key is not kept.
ALTER TABLE acme_settings ADD COLUMN bound_to TEXT;

-- Since when certificates are issued with this root; null: always.
ALTER TABLE certificate_authority ADD COLUMN issues_from TEXT;
