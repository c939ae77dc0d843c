-- Activities outlive their organisation, and the log outlives everything: no foreign keys here.
CREATE TABLE activities (
    organisation BYTEA NOT NULL,
    id BYTEA NOT NULL,
    kind TEXT NOT NULL,
    fingerprint BYTEA NOT NULL,
    -- What makes the activity the answer to a body that is submitted again: the fingerprint, or
    -- for a refusal a hash of it with the submitter.
    dedupe BYTEA NOT NULL,
    body BYTEA NOT NULL,
    status TEXT NOT NULL,
    outcome TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (organisation, id),
    UNIQUE (organisation, dedupe)
);

-- A vote without a message was cast by the activity's own body, as the submitter's is.
CREATE TABLE votes (
    organisation BYTEA NOT NULL,
    activity BYTEA NOT NULL,
    position BIGINT NOT NULL,
    id BYTEA NOT NULL,
    leaf BIGINT NOT NULL,
    user_id BYTEA NOT NULL,
    selection TEXT NOT NULL,
    message BYTEA,
    public_key TEXT NOT NULL,
    signature TEXT NOT NULL,
    scheme TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (organisation, activity, position)
);

-- One row for each leaf: everything its text is made of that the activity's row does not have.
CREATE TABLE log_entries (
    leaf BIGINT NOT NULL PRIMARY KEY,
    organisation BYTEA NOT NULL,
    activity BYTEA NOT NULL,
    status TEXT NOT NULL,
    outcome TEXT,
    decided_at BIGINT NOT NULL,
    salt BYTEA NOT NULL,
    commitment BYTEA NOT NULL,
    leaf_hash BYTEA NOT NULL
);
CREATE INDEX log_entries_by_activity ON log_entries (organisation, activity, leaf);

-- Full tiles of 256 hashes and the root over them, which is one hash of the level above.
CREATE TABLE log_tiles (
    level BIGINT NOT NULL,
    tile BIGINT NOT NULL,
    hashes BYTEA NOT NULL,
    root BYTEA NOT NULL,
    PRIMARY KEY (level, tile)
);

-- One row. Whoever appends updates it first and so holds it until the commit.
CREATE TABLE log_head (
    id BIGINT NOT NULL PRIMARY KEY,
    size BIGINT NOT NULL
);
INSERT INTO log_head (id, size) VALUES (1, 0);
