// How the verifier was called: accounts, data, and who it is.

#ifndef CALL_H
#define CALL_H

#include "errors.h"
#include "runtime.h"

// Four of ours, and 64 that inner instructions may share.
#define MAX_ACCOUNTS 68

struct Call {
    u64 account_count;
    struct Account accounts[MAX_ACCOUNTS];
    struct Bytes data;
    const u8 *program;
};

// Marks an account that was not listed before.
#define FIRST_MENTION 0xff

// Behind an account's data there is room for it to grow, and then padding to eight bytes.
#define GROWTH 10240

// An account where it first appears. Answers what stands behind it.
static inline const u8 *read_account(const u8 *at, struct Account *account) {
    account->is_signer = at[1];
    account->is_writable = at[2];
    account->is_executable = at[3];
    account->key = at + 8;
    account->owner = at + 40;
    account->lamports = (u64 *)(at + 72);
    account->data_length = *(const u64 *)(at + 80);
    account->data = (u8 *)(at + 88);
    at = at + 88 + account->data_length + GROWTH;
    at = (const u8 *)(((u64)at + 7) & ~7ULL);
    account->rent_epoch = *(const u64 *)at;
    return at + 8;
}

// An account that appears again is the same account.
static inline void repeat_account(const struct Account *known, struct Account *account) {
    sol_memcpy(account, known, sizeof(struct Account));
}

// Reads what the machine laid out for us.
static inline u64 read_call(const u8 *input, struct Call *call) {
    call->account_count = *(const u64 *)input;
    if (call->account_count > MAX_ACCOUNTS)
        return EXECUTION_ARGUMENTS;
    const u8 *at = input + 8;
    for (u64 index = 0; index < call->account_count; index++) {
        struct Account *account = &call->accounts[index];
        if (at[0] == FIRST_MENTION) {
            at = read_account(at, account);
        } else {
            repeat_account(&call->accounts[at[0]], account);
            at = at + 8;
        }
    }
    call->data.length = *(const u64 *)at;
    call->data.at = at + 8;
    call->program = call->data.at + call->data.length;
    return 0;
}

// Takes bytes from the front, or answers 0 if there are not as many.
static inline const u8 *take(struct Bytes *rest, u64 length) {
    if (rest->length < length)
        return 0;
    const u8 *taken = rest->at;
    rest->at = rest->at + length;
    rest->length = rest->length - length;
    return taken;
}

// Takes bytes behind their number, which is one byte itself.
static inline u8 take_counted(struct Bytes *rest, struct Bytes *taken) {
    const u8 *length = take(rest, 1);
    if (!length)
        return 0;
    taken->length = *length;
    taken->at = take(rest, *length);
    return taken->at != 0;
}

#endif
