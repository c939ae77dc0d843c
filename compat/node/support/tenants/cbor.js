// As much CBOR (RFC 8949) as an authenticator writes: integers, text, bytes and maps.

function head(major, n) {
  if (n < 24) return [(major << 5) | n];
  if (n < 0x100) return [(major << 5) | 24, n];
  return [(major << 5) | 25, n >> 8, n & 0xff];
}

/**
 * Encodes a value; maps keep the order they were given.
 *
 * @param {number | string | Uint8Array | Map} value
 */
export function cbor(value) {
  if (typeof value === "number")
    return Buffer.from(value < 0 ? head(1, -1 - value) : head(0, value));
  if (typeof value === "string") {
    const text = Buffer.from(value, "utf8");
    return Buffer.concat([Buffer.from(head(3, text.length)), text]);
  }
  if (value instanceof Map) {
    const entries = [...value].flatMap(([key, member]) => [cbor(key), cbor(member)]);
    return Buffer.concat([Buffer.from(head(5, value.size)), ...entries]);
  }
  return Buffer.concat([Buffer.from(head(2, value.length)), value]);
}
