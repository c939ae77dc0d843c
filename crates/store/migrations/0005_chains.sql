-- Accounts are of an environment; whoever was kept so far was kept without a chain.
CREATE TABLE accounts (
    tenant BYTEA NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    environment TEXT NOT NULL,
    address BYTEA NOT NULL,
    public_key BYTEA NOT NULL,
    credential_id BYTEA,
    rp_id TEXT NOT NULL,
    session TEXT,
    sign_count BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, environment, address)
);
INSERT INTO accounts
    SELECT tenant, 'sandbox', address, public_key, credential_id, rp_id, session, sign_count,
        revision, created_at, updated_at
    FROM passkey_accounts;
DROP TABLE passkey_accounts;
ALTER TABLE accounts RENAME TO passkey_accounts;
-- An API key may be for one environment alone.
ALTER TABLE tenant_secrets ADD COLUMN environment TEXT;
-- Who pays on a chain.
CREATE TABLE payers (
    environment TEXT NOT NULL PRIMARY KEY,
    address BYTEA NOT NULL,
    sealed BYTEA NOT NULL,
    created_at BIGINT NOT NULL
);
-- Transactions on their way to a chain, and what became of them.
CREATE TABLE sendings (
    tenant BYTEA NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    signature BYTEA NOT NULL,
    environment TEXT NOT NULL,
    account BYTEA NOT NULL,
    packet BYTEA NOT NULL,
    last_valid_height BIGINT NOT NULL,
    purpose TEXT NOT NULL,
    challenge BYTEA NOT NULL,
    fingerprint BYTEA NOT NULL,
    source TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    outcome TEXT,
    PRIMARY KEY (tenant, signature)
);
CREATE INDEX sendings_by_challenge ON sendings (tenant, challenge);
-- An assertion counts once on a chain, whoever brings it.
CREATE UNIQUE INDEX sendings_once ON sendings (environment, account, challenge);
-- How many a tenant has had made lately.
CREATE INDEX sendings_by_tenant ON sendings (tenant, created_at);
-- Those long settled.
CREATE INDEX sendings_by_age ON sendings (created_at) WHERE outcome IS NOT NULL;
-- The few that are under way.
CREATE INDEX sendings_under_way ON sendings (created_at) WHERE outcome IS NULL;
