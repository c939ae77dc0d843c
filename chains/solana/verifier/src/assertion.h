// What a passkey signed: found in instruction 0, and held against what was asked for.

#ifndef ASSERTION_H
#define ASSERTION_H

#include "account.h"
#include "nonce.h"

// Secp256r1SigVerify1111111111111111111111111
static const u8 SECP256R1[32] = {
    0x06, 0x92, 0x0d, 0xec, 0x2f, 0xea, 0x71, 0xb5, 0xb7, 0x23, 0x81, 0x4d, 0x74, 0x2d, 0xa9, 0x03,
    0x1c, 0x83, 0xe7, 0x5f, 0xdb, 0x79, 0x5d, 0x56, 0x8e, 0x75, 0x47, 0x80, 0x20, 0x00, 0x00, 0x00};

// How the client data was written, as far as it is not known anyway.
#define CEREMONY 0xf0
#define CEREMONY_CREATE 0x00
#define CEREMONY_GET 0x10
#define CROSS_ORIGIN 0x01
#define HTTP 0x02
#define REMINDER 0x04

struct Shape {
    u8 flags;
    u8 has_port;
    u64 port;
};

// Who is said to have signed, and the shape.
struct Claim {
    const u8 *key;
    struct Shape shape;
};

// A signature that the native program has checked; the transaction would not have come to us
// otherwise.
struct Signed {
    const u8 *key;
    const u8 *message;
    u64 message_length;
};

#define OFFSETS_AT 2
#define OFFSETS_END 16
#define THIS_INSTRUCTION 0xffff

// Reads what instruction 0 of the transaction had checked.
static u64 find_signed(const struct Account *instructions, struct Signed *signed_) {
    if (!is_equal(instructions->key, INSTRUCTIONS, 32))
        return INSTRUCTIONS_SYSVAR;
    // How many instructions, then where each begins; of these, how many accounts (33 bytes each),
    // the program, and the data behind its length. The machine wrote it: lengths are true.
    const u8 *first = instructions->data + little_16(instructions->data + 2);
    const u8 *program = first + 2 + little_16(first) * 33;
    u64 length = little_16(program + 32);
    const u8 *data = program + 34;

    if (!is_equal(program, SECP256R1, 32))
        return NOT_THE_PRECOMPILE;
    if (length < OFFSETS_END || data[0] != 1)
        return SIGNATURE_COUNT;
    const u8 *offsets = data + OFFSETS_AT;
    u64 signature_at = little_16(offsets), key_at = little_16(offsets + 4);
    u64 message_at = little_16(offsets + 8), message_length = little_16(offsets + 10);
    if (little_16(offsets + 2) != THIS_INSTRUCTION || little_16(offsets + 6) != THIS_INSTRUCTION ||
        little_16(offsets + 12) != THIS_INSTRUCTION)
        return SIGNATURE_INDEX;
    if (signature_at + 64 > length || key_at + KEY_LENGTH > length ||
        message_at + message_length > length)
        return SIGNATURE_OFFSET;

    signed_->key = data + key_at;
    signed_->message = data + message_at;
    signed_->message_length = message_length;
    return 0;
}

// Reads a key and a shape, to the end.
static u64 read_claim(struct Bytes *rest, struct Claim *claim) {
    const u8 *key = take(rest, KEY_LENGTH);
    const u8 *flags = take(rest, 1);
    const u8 *has_port = take(rest, 1);
    if (!key || !flags || !has_port || *has_port > 1)
        return VERIFICATION_ARGUMENTS;
    u8 ceremony = *flags & CEREMONY;
    u8 known = CEREMONY | CROSS_ORIGIN | HTTP | REMINDER;
    if ((ceremony != CEREMONY_CREATE && ceremony != CEREMONY_GET) || (*flags & ~known))
        return VERIFICATION_ARGUMENTS;
    claim->key = key;
    claim->shape.flags = *flags;
    claim->shape.has_port = *has_port;
    if (*has_port) {
        const u8 *port = take(rest, 2);
        if (!port)
            return VERIFICATION_ARGUMENTS;
        claim->shape.port = little_16(port);
    }
    return rest->length == 0 ? 0 : VERIFICATION_ARGUMENTS;
}

struct Text {
    u8 *at;
    u64 length;
};

static void put(struct Text *text, const void *bytes, u64 length) {
    sol_memcpy(text->at + text->length, bytes, length);
    text->length = text->length + length;
}

#define PUT(text, literal)                               \
    do {                                                 \
        static const u8 bytes_[] = literal;              \
        put(text, bytes_, sizeof bytes_ - 1);            \
    } while (0)

static void put_byte(struct Text *text, u8 byte) {
    text->at[text->length] = byte;
    text->length = text->length + 1;
}

static const u8 BASE64URL[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// 43 digits for 32 bytes; the last digit has two bits of nothing.
static void put_base64url(struct Text *text, const u8 *hash) {
    u64 bits = 0, held = 0;
    for (u64 index = 0; index < 32; index++) {
        bits = bits << 8 | hash[index];
        held = held + 8;
        while (held >= 6) {
            held = held - 6;
            put_byte(text, BASE64URL[bits >> held & 63]);
        }
    }
    put_byte(text, BASE64URL[bits << (6 - held) & 63]);
}

static void put_port(struct Text *text, u64 port) {
    u64 scale = 10000;
    while (scale > 1 && port < scale)
        scale = scale / 10;
    for (; scale > 0; scale = scale / 10)
        put_byte(text, (u8)('0' + port / scale % 10));
}

// Writes what the browser must have written.
static void put_client_data(struct Text *text, const struct Shape *shape, const struct Bytes *rp_id,
                            const u8 *challenge) {
    if ((shape->flags & CEREMONY) == CEREMONY_CREATE)
        PUT(text, "{\"type\":\"webauthn.create\",\"challenge\":\"");
    else
        PUT(text, "{\"type\":\"webauthn.get\",\"challenge\":\"");
    put_base64url(text, challenge);
    if (shape->flags & HTTP)
        PUT(text, "\",\"origin\":\"http://");
    else
        PUT(text, "\",\"origin\":\"https://");
    put(text, rp_id->at, rp_id->length);
    if (shape->has_port) {
        put_byte(text, ':');
        put_port(text, shape->port);
    }
    if (shape->flags & CROSS_ORIGIN)
        PUT(text, "\",\"crossOrigin\":true");
    else
        PUT(text, "\",\"crossOrigin\":false");
    if (shape->flags & REMINDER)
        PUT(text, ",\"other_keys_can_be_added_here\":\"do not compare clientDataJSON against a "
                  "template. See https://goo.gl/yabPex\"");
    put_byte(text, '}');
}

// The longest that can be written takes 285 bytes.
#define CLIENT_DATA_MAX 384

// Everything that one assertion is held against.
struct Expected {
    const struct Claim *claim;
    struct Bytes rp_id;
    const u8 *rp_id_hash;
    const u8 *challenge;
};

#define FLAGS_AT 32
#define COUNTER_AT 33
#define AUTHENTICATOR_DATA_MIN 37
#define USER_PRESENT 0x01

// Checks the assertion of instruction 0, and answers its counter.
static u64 check_assertion(const struct Account *instructions, const struct Expected *expected,
                           u64 *counter) {
    struct Signed found;
    TRY(find_signed(instructions, &found));
    if (!is_equal(found.key, expected->claim->key, KEY_LENGTH))
        return KEY_MISMATCH;
    // No authenticator signs less.
    if (found.message_length < AUTHENTICATOR_DATA_MIN + 32)
        sol_abort();
    if (!(found.message[FLAGS_AT] & USER_PRESENT))
        return USER_PRESENCE;
    if (!is_equal(found.message, expected->rp_id_hash, 32))
        return RP_ID_MISMATCH;

    u8 written[CLIENT_DATA_MAX];
    struct Text text = {written, 0};
    put_client_data(&text, &expected->claim->shape, &expected->rp_id, expected->challenge);
    struct Bytes part = {text.at, text.length};
    u8 hash[32];
    sol_sha256(&part, 1, hash);
    if (!is_equal(found.message + found.message_length - 32, hash, 32))
        return CLIENT_DATA_HASH;

    *counter = big_32(found.message + COUNTER_AT);
    return 0;
}

// Remembers a counter; authenticators that do not count say 0.
static void keep_counter(struct PasskeyAccount *account, u64 counter) {
    if (counter == 0)
        return;
    // A clone of the authenticator, or the same assertion again.
    if (counter <= little_64(account->counter))
        sol_abort();
    put_little_64(account->counter, counter);
}

#endif
