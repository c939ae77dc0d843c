// What the virtual machine offers a program: types, memory and system calls.
//
// There is no C library. Nothing here may make the compiler call memcpy or memset, because there
// is nobody to answer: bytes are copied by system calls, and structures are never assigned.

#ifndef RUNTIME_H
#define RUNTIME_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

_Static_assert(sizeof(u64) == 8 && sizeof(void *) == 8, "the machine has 64 bits");

// Bytes somewhere else.
struct Bytes {
    const u8 *at;
    u64 length;
};

// An account as a called program is given it; the layout is the machine's.
struct Account {
    const u8 *key;
    u64 *lamports;
    u64 data_length;
    u8 *data;
    const u8 *owner;
    u64 rent_epoch;
    u8 is_signer;
    u8 is_writable;
    u8 is_executable;
};

// An account as an instruction names it.
struct Meta {
    const u8 *key;
    u8 is_writable;
    u8 is_signer;
};

struct Instruction {
    const u8 *program;
    const struct Meta *accounts;
    u64 account_count;
    const u8 *data;
    u64 data_length;
};

// The seeds of one address that signs, its bump among them.
struct Seeds {
    const struct Bytes *seeds;
    u64 count;
};

_Static_assert(sizeof(struct Account) == 56, "the machine's layout");
_Static_assert(sizeof(struct Meta) == 16, "the machine's layout");

// System calls are numbered by the Murmur3 hash of their names.
#define SYSCALL(number, result, name, ...) \
    static result (*const name)(__VA_ARGS__) = (result(*)(__VA_ARGS__))number;

SYSCALL(0xb6fc1a11, void, sol_abort, void)
SYSCALL(0x717cc4a3, void, sol_memcpy, void *to, const void *from, u64 length)
SYSCALL(0x3770fb22, void, sol_memset, void *at, u8 byte, u64 length)
SYSCALL(0x5fdcde31, void, sol_memcmp, const void *a, const void *b, u64 length, int *difference)
SYSCALL(0x11f49d86, u64, sol_sha256, const struct Bytes *parts, u64 count, u8 *hash)
SYSCALL(0x85532d94, u64, sol_get_stack_height, void)
SYSCALL(0xd56b5fe9, u64, sol_get_clock, u8 *clock)
SYSCALL(0x48504a38, u64, sol_try_find_program_address, const struct Bytes *seeds, u64 count,
        const u8 *program, u8 *address, u8 *bump)
SYSCALL(0xa22b9c85, u64, sol_invoke_signed, const struct Instruction *instruction,
        const struct Account *accounts, u64 account_count, const struct Seeds *signers,
        u64 signer_count)

// Zeroed memory, 32 KB of it, and nothing else that uses it.
#define HEAP 0x300000000ULL

#define TRY(call)           \
    do {                    \
        u64 error_ = call;  \
        if (error_)         \
            return error_;  \
    } while (0)

static inline u8 is_equal(const void *a, const void *b, u64 length) {
    int difference = 1;
    sol_memcmp(a, b, length, &difference);
    return difference == 0;
}

static inline u64 little_16(const u8 *at) {
    return (u64)at[0] | (u64)at[1] << 8;
}

static inline u64 little_64(const u8 *at) {
    u64 number = 0;
    for (int index = 7; index >= 0; index--)
        number = number << 8 | at[index];
    return number;
}

static inline void put_little_64(u8 *at, u64 number) {
    for (int index = 0; index < 8; index++)
        at[index] = (u8)(number >> 8 * index);
}

static inline u64 big_32(const u8 *at) {
    return (u64)at[0] << 24 | (u64)at[1] << 16 | (u64)at[2] << 8 | (u64)at[3];
}

#endif
