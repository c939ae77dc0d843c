// A passkey in software, for what no browser would do: answer from a wrong origin, without its
// user, for somebody else. The honest ceremonies are tried in a real browser as well.

import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";

import { cbor } from "./cbor.js";

const sha256 = (...parts) =>
  parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest();
const base64url = (bytes) => Buffer.from(bytes).toString("base64url");

/** W3C WebAuthn L3 §6.1, flags. */
const flag = {
  present: 0x01,
  verified: 0x04,
  eligible: 0x08,
  backedUp: 0x10,
  attested: 0x40,
};

/** A credential that has not been registered anywhere yet: ES256, 32 random bytes as its id. */
export class Passkey {
  constructor({
    aaguid = "00000000-0000-0000-0000-000000000000",
    id = randomBytes(32),
  } = {}) {
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const { x, y } = publicKey.export({ format: "jwk" });
    this.privateKey = privateKey;
    this.publicKey = cbor(
      new Map([
        [1, 2],
        [3, -7],
        [-1, 1],
        [-2, Buffer.from(x, "base64url")],
        [-3, Buffer.from(y, "base64url")],
      ]),
    );
    this.rawId = Buffer.from(id);
    this.aaguid = Buffer.from(aaguid.replaceAll("-", ""), "hex");
    this.counter = 0;
  }

  /** The credential id, as every message spells it. */
  get id() {
    return base64url(this.rawId);
  }

  /**
   * Answers creation options, as `PublicKeyCredential.toJSON()` would.
   *
   * @param {{ publicKey: object }} options as the server sent them
   * @param {object} how the origin, and what to do otherwise than a browser would
   */
  create({ publicKey: options }, { origin, format = "none", ...how }) {
    this.userHandle = options.user.id;
    const clientData = clientDataJson("webauthn.create", options.challenge, origin, how);
    const credential = Buffer.concat([
      this.aaguid,
      Buffer.from([this.rawId.length >> 8, this.rawId.length & 0xff]),
      this.rawId,
      this.publicKey,
    ]);
    const rpId = how.rpId ?? options.rp.id;
    const authData = Buffer.concat([this.#data(rpId, flag.attested, how), credential]);
    const statement = new Map();
    if (format === "packed") {
      statement.set("alg", -7);
      statement.set("sig", this.#signature(authData, clientData));
    }
    const attestation = new Map([
      ["fmt", format],
      ["attStmt", statement],
      ["authData", authData],
    ]);
    return this.#credential({
      clientDataJSON: base64url(clientData),
      attestationObject: base64url(cbor(attestation)),
      transports: ["internal"],
    });
  }

  /** Answers request options. `userHandle: null` leaves the handle out. */
  get({ publicKey: options }, { origin, userHandle = this.userHandle, ...how }) {
    const clientData = clientDataJson("webauthn.get", options.challenge, origin, how);
    this.counter += 1;
    const authData = this.#data(how.rpId ?? options.rpId, 0, how);
    return this.#credential({
      clientDataJSON: base64url(clientData),
      authenticatorData: base64url(authData),
      signature: base64url(this.#signature(authData, clientData)),
      ...(userHandle && { userHandle }),
    });
  }

  #data(
    rpId,
    flags,
    { present = true, verified = true, backedUp = false, counter = this.counter },
  ) {
    if (present) flags |= flag.present;
    if (verified) flags |= flag.verified;
    if (backedUp) flags |= flag.eligible | flag.backedUp;
    const rest = Buffer.alloc(5);
    rest.writeUInt8(flags, 0);
    rest.writeUInt32BE(counter, 1);
    return Buffer.concat([sha256(rpId), rest]);
  }

  #signature(authData, clientData) {
    return sign("sha256", Buffer.concat([authData, sha256(clientData)]), this.privateKey);
  }

  #credential(response) {
    return {
      id: this.id,
      rawId: this.id,
      type: "public-key",
      authenticatorAttachment: "platform",
      clientExtensionResults: {},
      response,
    };
  }
}

const clientDataJson = (type, challenge, origin, how) =>
  Buffer.from(
    JSON.stringify({
      type: how.type ?? type,
      challenge: how.challenge ?? challenge,
      origin,
      crossOrigin: how.topOrigin !== undefined,
      ...(how.topOrigin && { topOrigin: how.topOrigin }),
    }),
  );

/** The same message with one bit of its signature turned over. */
export function forged(credential) {
  const copy = structuredClone(credential);
  const signature = Buffer.from(copy.response.signature, "base64url");
  signature[signature.length - 1] ^= 1;
  copy.response.signature = base64url(signature);
  return copy;
}

/** A user id as WebAuthn carries it. */
export const handleOf = (userId) => base64url(Buffer.from(userId, "utf8"));
