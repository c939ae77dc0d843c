-- Tenants of the Passkey API. The tenant comes first in every key: it is the wall. What is in a
-- tenant goes with it, but for the events, which are leaves of the log.
CREATE TABLE tenants (
    id BYTEA NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    config TEXT NOT NULL,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE tenant_secrets (
    tenant BYTEA NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id BYTEA NOT NULL,
    name TEXT NOT NULL,
    hash BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, id)
);

CREATE TABLE token_keys (
    tenant BYTEA NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id BYTEA NOT NULL,
    name TEXT NOT NULL,
    algorithm TEXT NOT NULL,
    public TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, id)
);

-- user_id is what the tenant calls the user, id what we do; owner elsewhere is our id.
CREATE TABLE tenant_users (
    tenant BYTEA NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id BYTEA NOT NULL,
    user_id TEXT NOT NULL,
    name TEXT NOT NULL,
    display_name TEXT NOT NULL,
    icon TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, user_id)
);
CREATE INDEX tenant_users_by_time ON tenant_users (tenant, created_at, id);

CREATE TABLE passkeys (
    tenant BYTEA NOT NULL,
    credential_id BYTEA NOT NULL,
    owner BYTEA NOT NULL,
    public_key BYTEA NOT NULL,
    name TEXT,
    attestation_format TEXT NOT NULL,
    aaguid BYTEA NOT NULL,
    transports TEXT NOT NULL,
    purpose TEXT NOT NULL,
    backup_eligible BIGINT NOT NULL,
    backup_state BIGINT NOT NULL,
    sign_count BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, credential_id),
    FOREIGN KEY (tenant, owner) REFERENCES tenant_users (tenant, id) ON DELETE CASCADE
);
CREATE INDEX passkeys_by_owner ON passkeys (tenant, owner, created_at);
CREATE INDEX passkeys_by_time ON passkeys (tenant, created_at, credential_id);

-- Spent by being deleted.
CREATE TABLE ceremonies (
    tenant BYTEA NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    challenge BYTEA NOT NULL,
    begun TEXT NOT NULL,
    user_verification TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, challenge)
);
CREATE INDEX ceremonies_by_expiry ON ceremonies (expires_at);

CREATE TABLE transactions (
    tenant BYTEA NOT NULL,
    id BYTEA NOT NULL,
    identifier TEXT NOT NULL,
    owner BYTEA NOT NULL,
    challenge BYTEA,
    stage TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    terms TEXT NOT NULL,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, identifier),
    UNIQUE (tenant, challenge),
    FOREIGN KEY (tenant, owner) REFERENCES tenant_users (tenant, id) ON DELETE CASCADE
);
-- The confirmation page's link names no tenant.
CREATE UNIQUE INDEX transactions_by_id ON transactions (id);
CREATE INDEX transactions_by_owner ON transactions (tenant, owner, created_at, id);
CREATE INDEX transactions_by_time ON transactions (tenant, created_at, id);

-- The tenants' audit log and, in the same rows, leaves of the one log. Like activities these
-- outlive what they speak of, so there is no foreign key. Erasing an event takes its record, salt
-- and what was copied out of the record; leaf, commitment and hash stay.
CREATE TABLE tenant_events (
    leaf BIGINT NOT NULL PRIMARY KEY,
    tenant BYTEA NOT NULL,
    id BYTEA NOT NULL,
    kind TEXT NOT NULL,
    failed BIGINT NOT NULL,
    user_id TEXT,
    source_ip TEXT,
    fingerprint BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    record TEXT,
    salt BYTEA,
    commitment BYTEA NOT NULL,
    leaf_hash BYTEA NOT NULL,
    UNIQUE (tenant, id)
);
CREATE INDEX tenant_events_by_time ON tenant_events (tenant, created_at, leaf);
CREATE INDEX tenant_events_by_user ON tenant_events (tenant, user_id);
