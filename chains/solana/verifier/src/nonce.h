// What makes an assertion good for about a minute and for one sender.

#ifndef NONCE_H
#define NONCE_H

#include "call.h"

// Slots are named by their last three digits, and expire long before these repeat.
#define SLOT_MODULUS 1000
#define NONCE_LIFE 150

// Sysvar1nstructions1111111111111111111111111
static const u8 INSTRUCTIONS[32] = {
    0x06, 0xa7, 0xd5, 0x17, 0x18, 0x7b, 0xd1, 0x66, 0x35, 0xda, 0xd4, 0x04, 0x55, 0xfd, 0xc2, 0xc0,
    0xc1, 0x24, 0xc6, 0x8f, 0x21, 0x56, 0x75, 0xa5, 0xdb, 0xba, 0xcb, 0x5f, 0x08, 0x00, 0x00, 0x00};

// SysvarS1otHashes111111111111111111111111111
static const u8 SLOT_HASHES[32] = {
    0x06, 0xa7, 0xd5, 0x17, 0x19, 0x2f, 0x0a, 0xaf, 0xc6, 0xf2, 0x65, 0xe3, 0xfb, 0x77, 0xcc, 0x7a,
    0xda, 0x82, 0xc5, 0x29, 0xd0, 0xbe, 0x3b, 0x13, 0x6e, 0x2d, 0x00, 0x55, 0x20, 0x00, 0x00, 0x00};

// Finds the hash that a truncated slot names: its distance from the newest slot is a position in
// the list. That is wrong wherever a slot was skipped, and it is what the public program does.
static u64 find_nonce(const struct Account *slot_hashes, const struct Account *signer, u64 slot,
                      const u8 **hash) {
    if (slot >= SLOT_MODULUS)
        return TRUNCATED_SLOT;
    if (sol_get_stack_height() != 1)
        return CROSS_PROGRAM_CALL;
    if (!signer->is_signer)
        return NONCE_SIGNATURE;
    if (!is_equal(slot_hashes->key, SLOT_HASHES, 32))
        return UNSUPPORTED_SYSVAR;

    // A count, then slot and hash of each, the newest first.
    u64 count = little_64(slot_hashes->data);
    if (count == 0)
        return SLOT_HASH_INDEX;
    u64 newest = little_64(slot_hashes->data + 8);
    u64 distance = (newest % SLOT_MODULUS + SLOT_MODULUS - slot) % SLOT_MODULUS;
    if (distance >= NONCE_LIFE)
        return SLOT_HASH_EXPIRED;
    if (distance >= count)
        return SLOT_HASH_INDEX;
    *hash = slot_hashes->data + 8 + distance * 40 + 8;
    return 0;
}

// The challenge: a hash of what is asked for, in up to three parts, of the nonce, and of its
// signer.
struct Challenge {
    struct Bytes parts[6];
    u8 hash[32];
};

static void put_part(struct Challenge *challenge, u64 index, const void *at, u64 length) {
    challenge->parts[index].at = at;
    challenge->parts[index].length = length;
}

static void begin_challenge(struct Challenge *challenge, const u8 *nonce, const u8 *signer) {
    put_part(challenge, 0, nonce, 32);
    put_part(challenge, 1, signer, 32);
    for (u64 index = 2; index < 6; index++)
        put_part(challenge, index, nonce, 0);
}

static void finish_challenge(struct Challenge *challenge) {
    sol_sha256(challenge->parts, 6, challenge->hash);
}

#endif
