-- Passkeys that joined the account of another, each by the account it made itself.
CREATE TABLE account_passkeys (
    tenant BYTEA NOT NULL,
    environment TEXT NOT NULL,
    account BYTEA NOT NULL,
    passkey BYTEA NOT NULL,
    role TEXT NOT NULL,
    added_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, environment, account, passkey),
    FOREIGN KEY (tenant, environment, account)
        REFERENCES passkey_accounts (tenant, environment, address) ON DELETE CASCADE,
    FOREIGN KEY (tenant, environment, passkey)
        REFERENCES passkey_accounts (tenant, environment, address) ON DELETE CASCADE
);
