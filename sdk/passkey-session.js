// @ts-check
// Runs the ceremony of a passkey session in a page: reads what the page was opened for, asks the
// device, and answers what is to be submitted. No dependencies; copy the file to your own server.

/**
 * @typedef {"create" | "auth" | "find"} Action
 *
 * What a page is opened for.
 * @typedef {object} Session
 * @property {Action} action `create` makes a passkey and its account, `auth` gives a session key
 *   to an account, `find` tells which account a passkey has.
 * @property {string} challenge What is signed: base64url of 32 bytes.
 * @property {string} tenant Whose session it is.
 * @property {number} slotNumber Sent back as it came.
 * @property {{ key: string, expiration: number }} [sessionKey] The key and its lifetime in seconds.
 * @property {string} [userId] The user handle of a passkey to be made.
 * @property {string} [appName] What the passkey is called in lists of passkeys.
 *
 * A passkey that was made: all that is needed to sign with it once more.
 * @typedef {{ id: string, publicKey: string }} Made
 *
 * What to submit, as JSON.
 * @typedef {object} Payload
 * @property {Action} ceremonyType
 * @property {string} tenant
 * @property {number} slotNumber
 * @property {{ key: string, expiration: number }} [sessionKey]
 * @property {{ id: string, rawId: string, type: string, response: Record<string, string> }}
 *   authenticatorResponse
 */

/** Reads the address a page was opened with.
 * @param {string | URL} [address]
 * @returns {Session} */
export function sessionOf(address = location.href) {
  const { pathname, searchParams } = new URL(address);
  const action = /** @type {Action} */ (pathname.split("/").pop());
  const told = (/** @type {string} */ name) => searchParams.get(name) ?? undefined;
  // Some clients of this protocol write `+` without escaping it, which reads as a blank.
  const challenge = told("challenge")?.replaceAll(" ", "+");
  if (!["create", "auth", "find"].includes(action) || !challenge) {
    throw new TypeError("this address opens no passkey session");
  }
  const key = told("session-key");
  return {
    action,
    challenge,
    tenant: told("tenant") ?? "",
    slotNumber: Number(told("slot-num")),
    sessionKey: key ? { key, expiration: Number(told("expiration-in-seconds")) } : undefined,
    userId: told("user-id"),
    appName: told("app-name"),
  };
}

/** Makes a passkey on this device, for this page's host. Keep what it answers until the session is
 * submitted: should that fail, the same passkey signs the next challenge.
 * @param {Session} session
 * @param {AbortSignal} [signal]
 * @returns {Promise<Made>} */
export async function makePasskey({ challenge, userId = "", appName = "" }, signal) {
  const shown = appName || location.hostname;
  const made = await navigator.credentials.create({
    publicKey: {
      challenge: bytes(challenge),
      rp: { id: location.hostname, name: shown },
      // The handle's end tells two passkeys of one app apart.
      user: {
        id: new TextEncoder().encode(userId),
        name: `${shown} · ${userId.slice(-4)}`,
        displayName: shown,
      },
      pubKeyCredParams: [{ type: "public-key", alg: ES256 }],
      authenticatorSelection: {
        residentKey: "required",
        requireResidentKey: true,
        userVerification: "preferred",
      },
      timeout: TIMEOUT_MS,
    },
    signal,
  });
  const { id, response } = /** @type {PublicKeyCredential} */ (made);
  const key = /** @type {AuthenticatorAttestationResponse} */ (response).getPublicKey();
  if (!key) throw new DOMException("the passkey's key cannot be read", "NotSupportedError");
  return { id, publicKey: base64url(key) };
}

/** Signs the challenge: with the passkey that was made, or with one the person picks.
 * @param {Session} session
 * @param {{ made?: Made, signal?: AbortSignal }} [options]
 * @returns {Promise<Payload>} */
export async function sign(session, { made, signal } = {}) {
  const allowCredentials = made && [{ type: /** @type {const} */ ("public-key"), id: bytes(made.id) }];
  const signed = await navigator.credentials.get({
    publicKey: {
      challenge: bytes(session.challenge),
      rpId: location.hostname,
      allowCredentials,
      userVerification: "preferred",
      timeout: TIMEOUT_MS,
    },
    signal,
  });
  const { id, rawId, type, response } = /** @type {PublicKeyCredential} */ (signed);
  const { clientDataJSON, authenticatorData, signature } =
    /** @type {AuthenticatorAssertionResponse} */ (response);
  return {
    ceremonyType: session.action,
    tenant: session.tenant,
    slotNumber: session.slotNumber,
    sessionKey: session.sessionKey,
    authenticatorResponse: {
      id,
      rawId: base64url(rawId),
      type,
      response: {
        clientDataJSON: base64url(clientDataJSON),
        authenticatorData: base64url(authenticatorData),
        signature: base64url(signature),
        ...(made && { publicKey: made.publicKey }),
      },
    },
  };
}

/** The COSE number of ECDSA on P-256 with SHA-256: what sessions are signed with, and nothing else. */
const ES256 = -7;

/** As long as a challenge lives. */
const TIMEOUT_MS = 60_000;

/** Base64 of either alphabet, decoded once: the challenge is these bytes, not its text's.
 * @type {(text: string) => Uint8Array<ArrayBuffer>} */
function bytes(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (char) => char.charCodeAt(0));
}

/** @type {(buffer: ArrayBuffer) => string} */
function base64url(buffer) {
  const text = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
