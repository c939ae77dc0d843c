// The passkey account: its layout, its address, its creation.

#ifndef ACCOUNT_H
#define ACCOUNT_H

#include "call.h"

#define VERSION 1
#define P256_WEBAUTHN 0
#define KEY_LENGTH 33
#define RP_ID_MAX 32
#define SESSION_MAX_S 7776000ULL

// Numbers are little endian.
struct PasskeyAccount {
    u8 version;
    u8 scheme;
    u8 reserved[2];
    u8 rp_id_length;
    u8 rp_id[RP_ID_MAX];
    u8 rp_id_hash[32];
    u8 key_x[32];
    u8 key_prefix;
    u8 padding[2];
    u8 session_key[32];
    u8 session_expires_at_s[8];
    u8 counter[8];
};

_Static_assert(sizeof(struct PasskeyAccount) == 152, "the account is 152 bytes long");

// What an account of that length must hold to be kept: 6960 lamports a byte, 128 bytes of it for
// what the chain itself notes down.
#define RENT ((128 + sizeof(struct PasskeyAccount)) * 6960)

static const u8 PASSKEY_SEED[7] = "passkey";
static const u8 EXECUTION_SEED[17] = "execution_account";

// The seeds of an address that the program signs for.
struct Derivation {
    u8 address[32];
    u8 key_hash[32];
    u8 bump;
    struct Bytes seeds[3];
};

static void derive(struct Derivation *derivation, const u8 *program) {
    derivation->seeds[2].at = &derivation->bump;
    derivation->seeds[2].length = 1;
    // No bump of 255 leads off the curve: that happens to nobody.
    if (sol_try_find_program_address(derivation->seeds, 2, program, derivation->address,
                                     &derivation->bump))
        sol_abort();
}

// The passkey account of a key.
static void derive_passkey_account(struct Derivation *derivation, const u8 *key,
                                   const u8 *program) {
    struct Bytes part = {key, KEY_LENGTH};
    sol_sha256(&part, 1, derivation->key_hash);
    derivation->seeds[0].at = PASSKEY_SEED;
    derivation->seeds[0].length = sizeof PASSKEY_SEED;
    derivation->seeds[1].at = derivation->key_hash;
    derivation->seeds[1].length = sizeof derivation->key_hash;
    derive(derivation, program);
}

// The account that holds what the owner of a passkey account has.
static void derive_execution_account(struct Derivation *derivation, const u8 *passkey_account,
                                     const u8 *program) {
    derivation->seeds[0].at = passkey_account;
    derivation->seeds[0].length = 32;
    derivation->seeds[1].at = EXECUTION_SEED;
    derivation->seeds[1].length = sizeof EXECUTION_SEED;
    derive(derivation, program);
}

// The compressed key, as it was before the account took it apart.
static void join_key(const struct PasskeyAccount *account, u8 *key) {
    key[0] = account->key_prefix;
    sol_memcpy(key + 1, account->key_x, 32);
}

// Finds the passkey account in one that says it is.
static u64 open_account(const struct Call *call, struct PasskeyAccount **opened) {
    const struct Account *account = &call->accounts[0];
    if (!is_equal(account->owner, call->program, 32))
        return WRONG_OWNER;
    if (account->data_length != sizeof(struct PasskeyAccount))
        return DATA_READ;
    struct PasskeyAccount *data = (struct PasskeyAccount *)account->data;
    if (data->version != VERSION || data->scheme != P256_WEBAUTHN)
        return HEADER_READ;
    *opened = data;
    return 0;
}

static const u8 SYSTEM_PROGRAM[32] = {0};

enum SystemInstruction { ASSIGN = 1, TRANSFER = 2, ALLOCATE = 8 };

// Calls the system program with four bytes of number and what follows them.
static u64 call_system(struct Call *call, const struct Derivation *signer, const struct Meta *metas,
                       u64 meta_count, const struct Bytes *data) {
    struct Instruction instruction = {SYSTEM_PROGRAM, metas, meta_count, data->at, data->length};
    struct Seeds seeds = {signer->seeds, 3};
    return sol_invoke_signed(&instruction, call->accounts, call->account_count, &seeds, 1);
}

// Creates account 0 at an address that is ours, paid for by account 1. Whoever sent lamports there
// before cannot prevent it, for nothing asks that the account has none.
static u64 create_account(struct Call *call, const struct Derivation *derivation) {
    const struct Account *account = &call->accounts[0];
    const struct Account *payer = &call->accounts[1];
    u8 arguments[36];
    struct Bytes data = {arguments, 12};
    sol_memset(arguments, 0, sizeof arguments);

    if (*account->lamports < RENT) {
        struct Meta transfer[2] = {{payer->key, 1, 1}, {account->key, 1, 0}};
        arguments[0] = TRANSFER;
        put_little_64(arguments + 4, RENT - *account->lamports);
        TRY(call_system(call, derivation, transfer, 2, &data));
    }
    struct Meta itself = {account->key, 1, 1};
    arguments[0] = ALLOCATE;
    put_little_64(arguments + 4, sizeof(struct PasskeyAccount));
    TRY(call_system(call, derivation, &itself, 1, &data));

    arguments[0] = ASSIGN;
    sol_memcpy(arguments + 4, call->program, 32);
    data.length = 36;
    return call_system(call, derivation, &itself, 1, &data);
}

// The chain's clock, in Unix time.
static u64 now_s(void) {
    u8 clock[40];
    if (sol_get_clock(clock))
        sol_abort();
    return little_64(clock + 32);
}

#endif
