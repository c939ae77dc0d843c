// A verifier of passkeys on Solana, for tests: the instructions, accounts and errors of the public
// external signature program, written anew from their description.
//
// Four instructions: 0 creates a passkey's account, 1 carries out what the passkey signed, 2 gives
// it a new session key, 3 carries out what the session key signed. `cargo xtask build-verifier`
// makes `verifier.so` of it.

#include "account.h"
#include "assertion.h"
#include "call.h"
#include "inner.h"
#include "nonce.h"

#define SESSION_LENGTH 40

static const u8 INITIALISE_TAG[18] = "initialize_passkey";
static const u8 EXECUTE_TAG[20] = "execute_instructions";
static const u8 REFRESH_TAG[19] = "refresh_session_key";

static u64 check_scheme(const u8 *scheme) {
    if (!scheme)
        return EXECUTION_ARGUMENTS;
    return *scheme == P256_WEBAUTHN ? 0 : SCHEME;
}

// A new relying party's id, which stands between quotation marks later.
static u64 check_rp_id(const struct Bytes *rp_id) {
    if (rp_id->length > RP_ID_MAX)
        return RP_ID_TOO_LONG;
    for (u64 index = 0; index < rp_id->length; index++)
        if (rp_id->at[index] == '"')
            return RP_ID_QUOTE;
    return 0;
}

// 0: passkey account (w), payer (w, s), instructions, slot hashes, system program. The payer is
// the nonce signer as well.
static u64 initialise(struct Call *call, struct Bytes *rest) {
    const struct Account *account = &call->accounts[0], *payer = &call->accounts[1];
    if (call->account_count < 5)
        return NOT_ENOUGH_ACCOUNTS;
    const u8 *slot = take(rest, 2);
    TRY(check_scheme(take(rest, 1)));
    struct Bytes arguments, rp_id;
    struct Claim claim;
    if (!slot || !take_counted(rest, &arguments) || !take_counted(&arguments, &rp_id))
        return VERIFICATION_ARGUMENTS;
    TRY(read_claim(&arguments, &claim));
    TRY(check_rp_id(&rp_id));
    const u8 *has_session = take(rest, 1);
    if (!has_session || *has_session > 1)
        return EXECUTION_ARGUMENTS;
    const u8 *session = take(rest, *has_session ? SESSION_LENGTH : 0);
    if (!session || rest->length)
        return EXECUTION_ARGUMENTS;
    if (*has_session && little_64(session + 32) > now_s() + SESSION_MAX_S)
        return SESSION_TOO_LONG;
    if (!account->is_writable)
        return ACCOUNT_NOT_WRITABLE;
    if (account->data_length || !is_equal(account->owner, SYSTEM_PROGRAM, 32))
        return WRONG_OWNER;
    struct Derivation derivation;
    derive_passkey_account(&derivation, claim.key, call->program);
    if (!is_equal(account->key, derivation.address, 32))
        return INVALID_SEEDS;

    const u8 *nonce;
    TRY(find_nonce(&call->accounts[3], payer, little_16(slot), &nonce));
    struct Challenge challenge;
    begin_challenge(&challenge, nonce, payer->key);
    put_part(&challenge, 2, INITIALISE_TAG, sizeof INITIALISE_TAG);
    put_part(&challenge, 3, session, *has_session ? SESSION_LENGTH : 0);
    finish_challenge(&challenge);

    u8 rp_id_hash[32];
    sol_sha256(&rp_id, 1, rp_id_hash);
    struct Expected expected = {&claim, {rp_id.at, rp_id.length}, rp_id_hash, challenge.hash};
    u64 counter;
    TRY(check_assertion(&call->accounts[2], &expected, &counter));

    TRY(create_account(call, &derivation));
    struct PasskeyAccount *created = (struct PasskeyAccount *)account->data;
    created->version = VERSION;
    created->scheme = P256_WEBAUTHN;
    created->rp_id_length = (u8)rp_id.length;
    sol_memcpy(created->rp_id, rp_id.at, rp_id.length);
    sol_memcpy(created->rp_id_hash, rp_id_hash, 32);
    created->key_prefix = claim.key[0];
    sol_memcpy(created->key_x, claim.key + 1, 32);
    if (*has_session)
        sol_memcpy(created->session_key, session, SESSION_LENGTH);
    put_little_64(created->counter, counter);
    return 0;
}

// What execute and refresh have in common: passkey account (w), instructions, slot hashes, nonce
// signer (s). Fills in the challenge up to its purpose.
static u64 begin(struct Call *call, u64 slot, struct Challenge *challenge,
                 struct PasskeyAccount **account) {
    if (call->account_count < 4)
        return NOT_ENOUGH_ACCOUNTS;
    TRY(open_account(call, account));
    if (!call->accounts[0].is_writable)
        return ACCOUNT_NOT_WRITABLE;
    const u8 *nonce;
    TRY(find_nonce(&call->accounts[2], &call->accounts[3], slot, &nonce));
    begin_challenge(challenge, nonce, call->accounts[3].key);
    return 0;
}

// The other half: hashes the challenge and holds the assertion against it and the account.
static u64 finish(struct Call *call, struct Challenge *challenge, const struct Claim *claim,
                  struct PasskeyAccount *account) {
    u8 key[KEY_LENGTH];
    join_key(account, key);
    if (!is_equal(key, claim->key, KEY_LENGTH))
        return KEY_MISMATCH;
    finish_challenge(challenge);
    struct Expected expected = {
        claim, {account->rp_id, account->rp_id_length}, account->rp_id_hash, challenge->hash};
    u64 counter;
    TRY(check_assertion(&call->accounts[1], &expected, &counter));
    keep_counter(account, counter);
    return 0;
}

// 1: as above, then what the inner instructions share.
static u64 execute(struct Call *call, struct Bytes *rest) {
    TRY(check_scheme(take(rest, 1)));
    const u8 *signer = take(rest, 1), *slot = take(rest, 2);
    struct Bytes arguments;
    struct Claim claim;
    if (!signer || !slot || !take_counted(rest, &arguments))
        return VERIFICATION_ARGUMENTS;
    TRY(read_claim(&arguments, &claim));
    struct PasskeyAccount *account;
    struct Challenge challenge;
    TRY(begin(call, little_16(slot), &challenge, &account));

    // The shared accounts, each with its rights, behind their number.
    u8 *shared = (u8 *)(HEAP + sizeof(struct Call));
    struct Text text = {shared, 0};
    put_byte(&text, (u8)(call->account_count - 4));
    for (u64 index = 4; index < call->account_count; index++) {
        put(&text, call->accounts[index].key, 32);
        put_byte(&text, call->accounts[index].is_signer);
        put_byte(&text, call->accounts[index].is_writable);
    }
    put_part(&challenge, 2, EXECUTE_TAG, sizeof EXECUTE_TAG);
    put_part(&challenge, 3, text.at, text.length);
    put_part(&challenge, 4, rest->at, rest->length);
    TRY(finish(call, &challenge, &claim, account));

    struct Acting acting;
    TRY(read_acting(call, account, *signer, &acting));
    return run_all(call, rest, 4, &acting);
}

// 2: as above.
static u64 refresh(struct Call *call, struct Bytes *rest) {
    const u8 *slot = take(rest, 2);
    TRY(check_scheme(take(rest, 1)));
    struct Bytes arguments;
    struct Claim claim;
    if (!slot || !take_counted(rest, &arguments))
        return VERIFICATION_ARGUMENTS;
    TRY(read_claim(&arguments, &claim));
    const u8 *session = take(rest, SESSION_LENGTH);
    if (!session || rest->length)
        return EXECUTION_ARGUMENTS;
    u64 lifetime_s = little_64(session + 32);
    if (lifetime_s > SESSION_MAX_S)
        return SESSION_TOO_LONG;
    struct PasskeyAccount *account;
    struct Challenge challenge;
    TRY(begin(call, little_16(slot), &challenge, &account));
    put_part(&challenge, 2, REFRESH_TAG, sizeof REFRESH_TAG);
    put_part(&challenge, 3, session, SESSION_LENGTH);
    TRY(finish(call, &challenge, &claim, account));

    sol_memcpy(account->session_key, session, 32);
    put_little_64(account->session_expires_at_s, now_s() + lifetime_s);
    return 0;
}

// 3: passkey account, session key (s), what the inner instructions share.
static u64 execute_with_session(struct Call *call, struct Bytes *rest) {
    TRY(check_scheme(take(rest, 1)));
    const u8 *signer = take(rest, 1);
    if (!signer)
        return EXECUTION_ARGUMENTS;
    if (call->account_count < 2)
        return NOT_ENOUGH_ACCOUNTS;
    struct PasskeyAccount *account;
    TRY(open_account(call, &account));
    if (!call->accounts[1].is_signer)
        return SESSION_SIGNATURE;
    if (!is_equal(call->accounts[1].key, account->session_key, 32))
        return SESSION_KEY;
    if (little_64(account->session_expires_at_s) < now_s())
        return SESSION_EXPIRED;
    struct Acting acting;
    TRY(read_acting(call, account, *signer, &acting));
    return run_all(call, rest, 2, &acting);
}

u64 entrypoint(const u8 *input) {
    struct Call *call = (struct Call *)HEAP;
    TRY(read_call(input, call));
    struct Bytes rest = {call->data.at, call->data.length};
    const u8 *discriminator = take(&rest, 1);
    if (!discriminator)
        return INVALID_INSTRUCTION;
    if (*discriminator == 0)
        return initialise(call, &rest);
    if (*discriminator == 1)
        return execute(call, &rest);
    if (*discriminator == 2)
        return refresh(call, &rest);
    if (*discriminator == 3)
        return execute_with_session(call, &rest);
    return INVALID_INSTRUCTION;
}
