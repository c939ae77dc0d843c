// A program that calls another on behalf of whoever calls it, for the test that the verifier lets
// nobody stand between it and the transaction. Account 0 is the program to call; the others and
// the data are passed on.

#include "call.h"

u64 entrypoint(const u8 *input) {
    struct Call *call = (struct Call *)HEAP;
    TRY(read_call(input, call));
    if (call->account_count == 0)
        return NOT_ENOUGH_ACCOUNTS;
    struct Meta *metas = (struct Meta *)(HEAP + sizeof(struct Call));
    for (u64 index = 1; index < call->account_count; index++) {
        metas[index - 1].key = call->accounts[index].key;
        metas[index - 1].is_writable = call->accounts[index].is_writable;
        metas[index - 1].is_signer = call->accounts[index].is_signer;
    }
    struct Instruction passed_on = {call->accounts[0].key, metas, call->account_count - 1,
                                    call->data.at, call->data.length};
    return sol_invoke_signed(&passed_on, call->accounts, call->account_count, 0, 0);
}
