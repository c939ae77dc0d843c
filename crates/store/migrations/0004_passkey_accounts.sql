-- Accounts that a passkey owns, and the key that may act for each.
CREATE TABLE passkey_accounts (
    tenant BYTEA NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    address BYTEA NOT NULL,
    public_key BYTEA NOT NULL,
    credential_id BYTEA,
    rp_id TEXT NOT NULL,
    session TEXT,
    sign_count BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, address)
);
-- Calls that name no tenant are told apart by their key.
CREATE INDEX tenant_secrets_by_hash ON tenant_secrets (hash);
