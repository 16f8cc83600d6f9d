-- Version 1. It may be run by hand, and again; then write 1 into oauth_dcr_schema.

-- Clients. `document` is the client; the other columns are what is searched, copied out of it. `last_used_at` alone is
-- kept here and not there. Times are seconds since 1970. Identifiers are listed in the order of their bytes.
CREATE TABLE IF NOT EXISTS oauth_dcr_clients (
    id                    TEXT COLLATE "C" PRIMARY KEY,
    revision              BIGINT NOT NULL,
    unique_key            TEXT,
    issued_at             BIGINT NOT NULL,
    expires_at            BIGINT,
    last_used_at          BIGINT,
    state                 TEXT NOT NULL,
    token_digest          TEXT,
    previous_token_digest TEXT,
    statement_issuer      TEXT,
    software_id           TEXT,
    statement_digest      TEXT,
    initial_access        TEXT,
    owner                 TEXT,
    document              TEXT NOT NULL
);

-- Every index leaves out the clients that cannot be found by it, so that most clients are in one or two of them.
CREATE UNIQUE INDEX IF NOT EXISTS oauth_dcr_clients_unique_key
    ON oauth_dcr_clients (unique_key) WHERE unique_key IS NOT NULL;
CREATE INDEX IF NOT EXISTS oauth_dcr_clients_expires_at
    ON oauth_dcr_clients (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS oauth_dcr_clients_unused
    ON oauth_dcr_clients (issued_at) WHERE last_used_at IS NULL;
CREATE INDEX IF NOT EXISTS oauth_dcr_clients_software
    ON oauth_dcr_clients (statement_issuer, software_id) WHERE statement_issuer IS NOT NULL;
CREATE INDEX IF NOT EXISTS oauth_dcr_clients_statement
    ON oauth_dcr_clients (statement_digest) WHERE statement_digest IS NOT NULL;
CREATE INDEX IF NOT EXISTS oauth_dcr_clients_initial_access
    ON oauth_dcr_clients (initial_access) WHERE initial_access IS NOT NULL;
CREATE INDEX IF NOT EXISTS oauth_dcr_clients_owner
    ON oauth_dcr_clients (owner) WHERE owner IS NOT NULL;

-- Initial access tokens, by their digests. `document` is the grant; `uses_left` alone is kept here and not there.
CREATE TABLE IF NOT EXISTS oauth_dcr_initial_access (
    token_digest TEXT PRIMARY KEY,
    name         TEXT NOT NULL,
    expires_at   BIGINT,
    uses_left    BIGINT,
    document     TEXT NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS oauth_dcr_initial_access_name ON oauth_dcr_initial_access (name);

-- What may be used once, and until when it is remembered.
CREATE TABLE IF NOT EXISTS oauth_dcr_used_keys (
    used_key   TEXT PRIMARY KEY,
    expires_at BIGINT NOT NULL
);
CREATE INDEX IF NOT EXISTS oauth_dcr_used_keys_expires_at ON oauth_dcr_used_keys (expires_at);
