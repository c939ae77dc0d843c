-- Organisations and everything in them that is bounded in number.
--
-- One SQL for both databases: statements end in a semicolon at a line's end, ids are 16 bytes,
-- times milliseconds, truths 0 or 1. The organisation comes first in every key: it is the wall,
-- and the column a distributed database would shard by.
CREATE TABLE organisations (
    id BYTEA NOT NULL PRIMARY KEY,
    parent BYTEA,
    name TEXT NOT NULL,
    revision BIGINT NOT NULL,
    threshold BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX organisations_by_parent ON organisations (parent, created_at, id);

CREATE TABLE quorum_members (
    organisation BYTEA NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    position BIGINT NOT NULL,
    user_id BYTEA NOT NULL,
    PRIMARY KEY (organisation, position)
);

CREATE TABLE features (
    organisation BYTEA NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    value TEXT,
    PRIMARY KEY (organisation, name)
);

CREATE TABLE tags (
    organisation BYTEA NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    id BYTEA NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (organisation, id)
);

CREATE TABLE users (
    organisation BYTEA NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    id BYTEA NOT NULL,
    name TEXT NOT NULL,
    email TEXT,
    phone TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (organisation, id)
);
CREATE INDEX users_by_name ON users (name);
CREATE INDEX users_by_email ON users (email);
CREATE INDEX users_by_phone ON users (phone);

CREATE TABLE user_tags (
    organisation BYTEA NOT NULL,
    tag BYTEA NOT NULL,
    user_id BYTEA NOT NULL,
    PRIMARY KEY (organisation, tag, user_id),
    FOREIGN KEY (organisation, tag) REFERENCES tags (organisation, id) ON DELETE CASCADE,
    FOREIGN KEY (organisation, user_id) REFERENCES users (organisation, id) ON DELETE CASCADE
);
CREATE INDEX user_tags_by_user ON user_tags (organisation, user_id);

CREATE TABLE api_keys (
    organisation BYTEA NOT NULL,
    id BYTEA NOT NULL,
    user_id BYTEA NOT NULL,
    name TEXT NOT NULL,
    curve TEXT NOT NULL,
    public_key BYTEA NOT NULL,
    expiration_seconds BIGINT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (organisation, id),
    FOREIGN KEY (organisation, user_id) REFERENCES users (organisation, id) ON DELETE CASCADE
);
CREATE INDEX api_keys_by_user ON api_keys (organisation, user_id);
CREATE INDEX api_keys_by_public_key ON api_keys (public_key);

CREATE TABLE authenticators (
    organisation BYTEA NOT NULL,
    id BYTEA NOT NULL,
    user_id BYTEA NOT NULL,
    name TEXT NOT NULL,
    credential_id BYTEA NOT NULL,
    public_key BYTEA NOT NULL,
    rp_id_hash BYTEA NOT NULL,
    aaguid BYTEA NOT NULL,
    attestation_type TEXT NOT NULL,
    transports TEXT NOT NULL,
    backup_eligible BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (organisation, id),
    FOREIGN KEY (organisation, user_id) REFERENCES users (organisation, id) ON DELETE CASCADE
);
CREATE INDEX authenticators_by_user ON authenticators (organisation, user_id);
CREATE INDEX authenticators_by_credential_id ON authenticators (credential_id);

CREATE TABLE wallets (
    organisation BYTEA NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    id BYTEA NOT NULL,
    name TEXT NOT NULL,
    seed BYTEA NOT NULL,
    exported BIGINT NOT NULL,
    imported BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (organisation, id)
);

-- Unlimited in number, so not part of the organisation's revision; the unique place keeps two
-- batches that both found it free from both taking it. Lists go by list_key, newest first: the
-- time, and within one batch the order asked for.
CREATE TABLE wallet_accounts (
    organisation BYTEA NOT NULL,
    id BYTEA NOT NULL,
    wallet BYTEA NOT NULL,
    curve TEXT NOT NULL,
    path TEXT NOT NULL,
    address_format TEXT NOT NULL,
    address TEXT NOT NULL,
    address_key TEXT NOT NULL,
    public_key BYTEA NOT NULL,
    name TEXT,
    exported BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    list_key BIGINT NOT NULL,
    PRIMARY KEY (organisation, id),
    UNIQUE (organisation, wallet, path, curve, address_format),
    FOREIGN KEY (organisation, wallet) REFERENCES wallets (organisation, id) ON DELETE CASCADE
);
CREATE INDEX wallet_accounts_by_list_key ON wallet_accounts (organisation, list_key, id);
CREATE INDEX wallet_accounts_by_address ON wallet_accounts (address_key, organisation);
CREATE INDEX wallet_accounts_by_public_key ON wallet_accounts (organisation, public_key);

CREATE TABLE private_keys (
    organisation BYTEA NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    id BYTEA NOT NULL,
    name TEXT NOT NULL,
    curve TEXT NOT NULL,
    public_key BYTEA NOT NULL,
    secret BYTEA NOT NULL,
    exported BIGINT NOT NULL,
    imported BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (organisation, id)
);

CREATE TABLE private_key_addresses (
    organisation BYTEA NOT NULL,
    private_key BYTEA NOT NULL,
    position BIGINT NOT NULL,
    format TEXT NOT NULL,
    address TEXT NOT NULL,
    PRIMARY KEY (organisation, private_key, position),
    FOREIGN KEY (organisation, private_key)
        REFERENCES private_keys (organisation, id) ON DELETE CASCADE
);

CREATE TABLE private_key_tags (
    organisation BYTEA NOT NULL,
    tag BYTEA NOT NULL,
    private_key BYTEA NOT NULL,
    PRIMARY KEY (organisation, tag, private_key),
    FOREIGN KEY (organisation, tag) REFERENCES tags (organisation, id) ON DELETE CASCADE,
    FOREIGN KEY (organisation, private_key)
        REFERENCES private_keys (organisation, id) ON DELETE CASCADE
);
CREATE INDEX private_key_tags_by_key ON private_key_tags (organisation, private_key);
