// @ts-check
// Runs the ceremony of a passkey session in a page: reads what the page was opened for, asks the
// device, and answers what is to be submitted. No dependencies; copy the file to your own server.

/** What a page is opened for: `create` makes a passkey and its account, `auth` gives a session key to
 * an account, `find` tells which account a passkey has, `sign` signs for an account of a chain.
 * @typedef {"create" | "auth" | "find" | "sign"} Action
 *
 * The challenge is base64url; `slotNumber` goes back as it came, and the key's lifetime is seconds.
 * @typedef {{ action: Action, challenge: string, tenant: string, slotNumber?: number,
 *   sessionKey?: { key: string, expiration: number }, userId?: string, appName?: string,
 *   chain?: string, account?: string }} Session
 *
 * A passkey that was made: all that is needed to sign with it once more.
 * @typedef {{ id: string, publicKey: string }} Made
 *
 * What to submit, as JSON.
 * @typedef {Pick<Session, "tenant" | "slotNumber" | "sessionKey"> & { ceremonyType: Action,
 *   authenticatorResponse: { id: string, rawId: string, type: string,
 *   response: Record<string, string> } }} Payload */

/** Reads the address a page was opened with. @type {(address?: string | URL) => Session} */
export function sessionOf(address = location.href) {
  const { pathname, searchParams } = new URL(address);
  const action = /** @type {Action} */ (pathname.split("/").pop());
  const told = (/** @type {string} */ name) => searchParams.get(name) ?? undefined;
  const number = (/** @type {string} */ name) => Number(told(name));
  // Some clients of this protocol write `+` without escaping it, which reads as a blank.
  const challenge = told("challenge")?.replaceAll(" ", "+");
  if (!["create", "auth", "find", "sign"].includes(action) || !challenge) {
    throw new TypeError("this address opens no passkey session");
  }
  const key = told("session-key");
  return {
    action,
    challenge,
    tenant: told("tenant") ?? "",
    slotNumber: told("slot-num") === undefined ? undefined : number("slot-num"),
    sessionKey: key ? { key, expiration: number("expiration-in-seconds") } : undefined,
    userId: told("user-id"),
    appName: told("app-name"),
    chain: told("chain"),
    account: told("account"),
  };
}

/** Makes a passkey on this device, for this page's host. Keep what it answers until the session is
 * submitted: should that fail, the same passkey signs the next challenge.
 * @type {(session: Session, signal?: AbortSignal) => Promise<Made>} */
export async function makePasskey({ challenge, userId = "", appName = "" }, signal) {
  mustNotBeFramed();
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
        residentKey: "required", requireResidentKey: true, userVerification: "preferred",
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
 * @type {(session: Session, how?: { made?: Made, signal?: AbortSignal }) => Promise<Payload>} */
export async function sign(session, { made, signal } = {}) {
  mustNotBeFramed();
  const { action, tenant, slotNumber, sessionKey } = session;
  const allowCredentials = made && [{ type: /** @type {const} */ ("public-key"), id: bytes(made.id) }];
  // Contracts may ask for a verified user.
  const userVerification = action === "sign" ? "required" : "preferred";
  const challenge = bytes(session.challenge);
  const rpId = location.hostname;
  const signed = await navigator.credentials.get({
    publicKey: { challenge, rpId, allowCredentials, userVerification, timeout: TIMEOUT_MS },
    signal,
  });
  const { id, rawId, type, response } = /** @type {PublicKeyCredential} */ (signed);
  const { clientDataJSON, authenticatorData, signature } =
    /** @type {AuthenticatorAssertionResponse} */ (response);
  const told = {
    clientDataJSON: base64url(clientDataJSON),
    authenticatorData: base64url(authenticatorData),
    signature: base64url(signature),
    ...(made && { publicKey: made.publicKey }),
  };
  const authenticatorResponse = { id, rawId: base64url(rawId), type, response: told };
  return { ceremonyType: action, tenant, slotNumber, sessionKey, authenticatorResponse };
}

/** Browsers write into what is signed that it was done in a frame, and then it is refused. */
function mustNotBeFramed() {
  if (window.top === window) return;
  const advice = "passkeys are not asked for in a frame: open this page in the whole window or a popup";
  throw new DOMException(advice, "SecurityError");
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
