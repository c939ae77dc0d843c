-- Requests that came under a key of their caller's, and what each was answered. Under way while
-- there is no status.
CREATE TABLE idempotent_requests (
    tenant BYTEA NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    binding BYTEA NOT NULL,
    status BIGINT,
    body BYTEA,
    begun_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, name)
);
CREATE INDEX idempotent_requests_by_expiry ON idempotent_requests (expires_at);
