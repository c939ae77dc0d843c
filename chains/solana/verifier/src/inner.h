// Instructions that the verifier carries out in a passkey's name.

#ifndef INNER_H
#define INNER_H

#include "account.h"

enum SignerScheme { EXECUTION_ACCOUNT = 0, PASSKEY_ACCOUNT = 1 };

// Who acts: the address that the program signs for, and whether it may change.
struct Acting {
    struct Derivation derivation;
    u8 is_readonly;
};

static u64 read_acting(const struct Call *call, const struct PasskeyAccount *account, u8 scheme,
                       struct Acting *acting) {
    acting->is_readonly = scheme == PASSKEY_ACCOUNT;
    if (scheme == EXECUTION_ACCOUNT) {
        derive_execution_account(&acting->derivation, call->accounts[0].key, call->program);
    } else if (scheme == PASSKEY_ACCOUNT) {
        u8 key[KEY_LENGTH];
        join_key(account, key);
        derive_passkey_account(&acting->derivation, key, call->program);
    } else {
        return SIGNER_SCHEME;
    }
    return 0;
}

// Reads one instruction, counting accounts from `first`, and calls it.
static u64 run_one(struct Call *call, struct Bytes *rest, u64 first, const struct Acting *acting,
                   struct Meta *metas) {
    const u8 *program = take(rest, 1);
    struct Bytes indices;
    if (!program || !take_counted(rest, &indices))
        return EXECUTION_ARGUMENTS;
    const u8 *length = take(rest, 2);
    if (!length)
        return EXECUTION_ARGUMENTS;
    u64 data_length = little_16(length);
    const u8 *data = take(rest, data_length);
    if (!data)
        return EXECUTION_ARGUMENTS;

    u64 shared = call->account_count - first;
    if (*program >= shared)
        return NOT_ENOUGH_ACCOUNTS;
    const u8 *called = call->accounts[first + *program].key;
    if (is_equal(called, call->program, 32))
        return CROSS_PROGRAM_CALL;
    for (u64 index = 0; index < indices.length; index++) {
        if (indices.at[index] >= shared)
            return NOT_ENOUGH_ACCOUNTS;
        const struct Account *account = &call->accounts[first + indices.at[index]];
        u8 is_acting = is_equal(account->key, acting->derivation.address, 32);
        metas[index].key = account->key;
        metas[index].is_signer = account->is_signer || is_acting;
        metas[index].is_writable = account->is_writable && !(is_acting && acting->is_readonly);
    }
    struct Instruction instruction = {called, metas, indices.length, data, data_length};
    struct Seeds seeds = {acting->derivation.seeds, 3};
    return sol_invoke_signed(&instruction, call->accounts, call->account_count, &seeds, 1);
}

// Carries all of them out; nothing may follow.
static u64 run_all(struct Call *call, struct Bytes *rest, u64 first, const struct Acting *acting) {
    const u8 *count = take(rest, 1);
    if (!count)
        return EXECUTION_ARGUMENTS;
    // Behind what `read_call` wrote.
    struct Meta *metas = (struct Meta *)(HEAP + sizeof(struct Call));
    for (u8 done = 0; done < *count; done++)
        TRY(run_one(call, rest, first, acting, metas));
    return rest->length == 0 ? 0 : EXECUTION_ARGUMENTS;
}

#endif
