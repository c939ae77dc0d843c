// What the verifier answers when it refuses.

#ifndef ERRORS_H
#define ERRORS_H

// Errors of this program, by the numbers of the public one. The machine knows a program's error 0
// as 1 << 32, since 0 is success. 10, 12, 22, 28, 29 and 31 do not happen here: accounts are
// written in one go, the execution account signs whenever it is named, the key comes from the
// instruction, and nobody has to be verified.
#define SLOT_HASH_INDEX (1ULL << 32)
#define TRUNCATED_SLOT 1
#define SLOT_HASH_EXPIRED 2
#define NONCE_SIGNATURE 3
#define CROSS_PROGRAM_CALL 4
#define INSTRUCTIONS_SYSVAR 5
#define NOT_THE_PRECOMPILE 6
#define SIGNATURE_COUNT 7
#define SIGNATURE_INDEX 8
#define SIGNATURE_OFFSET 9
#define HEADER_READ 11
#define DATA_READ 13
#define VERIFICATION_ARGUMENTS 14
#define EXECUTION_ARGUMENTS 15
#define SESSION_SIGNATURE 16
#define SESSION_KEY 17
#define SESSION_EXPIRED 18
#define SESSION_TOO_LONG 19
#define SCHEME 20
#define SIGNER_SCHEME 21
#define RP_ID_TOO_LONG 23
#define RP_ID_QUOTE 24
#define RP_ID_MISMATCH 25
#define CLIENT_DATA_HASH 26
#define ACCOUNT_NOT_WRITABLE 27
#define KEY_MISMATCH 30
#define USER_PRESENCE 32

// Errors that every program shares.
#define BUILTIN(number) ((u64)(number) << 32)
#define INVALID_INSTRUCTION BUILTIN(3)
#define WRONG_PROGRAM BUILTIN(7)
#define MISSING_SIGNATURE BUILTIN(8)
#define NOT_ENOUGH_ACCOUNTS BUILTIN(11)
#define INVALID_SEEDS BUILTIN(14)
#define UNSUPPORTED_SYSVAR BUILTIN(17)
#define WRONG_OWNER BUILTIN(23)

#endif
