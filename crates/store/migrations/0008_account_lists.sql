-- Accounts are listed, newest first, and those whose session key may still act by its end in
-- seconds; there is none without a session and none once it was taken away.
ALTER TABLE passkey_accounts ADD COLUMN session_until BIGINT;
-- The end stands inside what was kept so far. No session lives for longer than ninety days, so none
-- that is live is missed; what is over is listed as live no longer than that.
UPDATE passkey_accounts SET session_until = updated_at / 1000 + 7776000 WHERE session IS NOT NULL;
CREATE INDEX passkey_accounts_by_time ON passkey_accounts (tenant, created_at, address);
