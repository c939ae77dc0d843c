-- A session key stamps requests of an organisation, if it was asked to: it is found by both. Whoever
-- is bound already was not asked.
ALTER TABLE passkey_accounts ADD COLUMN session_key BYTEA;
ALTER TABLE passkey_accounts ADD COLUMN session_organisation BYTEA;
CREATE INDEX passkey_accounts_by_stamp ON passkey_accounts (session_key, session_organisation)
    WHERE session_key IS NOT NULL;
