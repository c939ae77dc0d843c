// The page of a small app: passkeys and session keys with the published browser clients.
// The tests call these functions; nothing here knows that it is being tested.

import { createActivityPoller, getWebAuthnAttestation, TurnkeyClient } from "@turnkey/http";
import { IndexedDbStamper } from "@turnkey/indexed-db-stamper";
import { createAccount } from "@turnkey/viem";
import { WebauthnStamper } from "@turnkey/webauthn-stamper";

/** Where zegel is: another origin than this page's, so every call is cross-origin. */
const { zegel } = await (await fetch("/configuration")).json();

const rpId = location.hostname;

const base64url = (bytes) =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");

const fromBase64url = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) =>
    c.charCodeAt(0),
  );

async function postToBackend(path, body) {
  const response = await fetch(path, { method: "POST", body: JSON.stringify(body) });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.message);
  return answer;
}

/** What the published clients ask for where an app does not choose: ES256, then RS256. */
const usualAlgorithms = [-7, -257];

/** Creates a passkey: the parameters of an authenticator, as registration wants them. */
export async function createPasskey(authenticatorName, algorithms = usualAlgorithms) {
  const challenge = crypto.getRandomValues(new Uint8Array(32));
  const attestation = await getWebAuthnAttestation({
    publicKey: {
      rp: { id: rpId, name: "An app" },
      user: {
        id: crypto.getRandomValues(new Uint8Array(16)),
        name: authenticatorName,
        displayName: authenticatorName,
      },
      challenge,
      pubKeyCredParams: algorithms.map((alg) => ({ type: "public-key", alg })),
      authenticatorSelection: { residentKey: "required", userVerification: "preferred" },
    },
  });
  return { authenticatorName, challenge: base64url(challenge), attestation };
}

/** A new user: a passkey here, a sub-organisation with a wallet made by the backend. */
export async function signUp(algorithms) {
  const passkey = await createPasskey("First passkey", algorithms);
  return postToBackend("/sign-up", passkey);
}

/** The client a user's passkey stamps for; with `credentialId`, only that passkey. */
function passkeyClient(credentialId) {
  const allowCredentials = credentialId
    ? [{ id: fromBase64url(credentialId), type: "public-key" }]
    : [];
  const stamper = new WebauthnStamper({ rpId, allowCredentials });
  return new TurnkeyClient({ baseUrl: zegel }, stamper);
}

/** The client this browser's own key stamps for; the key cannot be read out of the browser. */
async function sessionClient() {
  const stamper = new IndexedDbStamper();
  await stamper.init();
  return new TurnkeyClient({ baseUrl: zegel }, stamper);
}

const clients = { passkey: passkeyClient, session: sessionClient };

/** What went wrong, in a form that leaves the page. */
const refusal = (error) => ({
  refused: { code: error.code, message: error.message, cause: String(error.cause ?? "") },
});

/** Asks who one is, by passkey or by session key. */
export async function whoami(kind, organizationId, credentialId) {
  const client = await clients[kind](credentialId);
  return client.getWhoami({ organizationId }).catch(refusal);
}

/** Submits an activity and waits for its end with `createActivityPoller`. */
export async function submit(kind, method, type, organizationId, parameters, credentialId) {
  const client = await clients[kind](credentialId);
  const poll = createActivityPoller({ client, requestFn: client[method] });
  const body = { type, timestampMs: String(Date.now()), organizationId, parameters };
  return poll(body).catch(refusal);
}

/** Signs a message as an Ethereum account, through `@turnkey/viem`. */
export async function signMessage(kind, organizationId, signWith, message, credentialId) {
  const client = await clients[kind](credentialId);
  const account = await createAccount({ client, organizationId, signWith });
  return account.signMessage({ message });
}

/** Stamps with the passkey, but lets the backend post it. */
export async function signThroughBackend(organizationId, parameters) {
  const request = await passkeyClient().stampSignRawPayload({
    type: "ACTIVITY_TYPE_SIGN_RAW_PAYLOAD_V2",
    timestampMs: String(Date.now()),
    organizationId,
    parameters,
  });
  return postToBackend("/forward", request);
}

/** Makes this browser's key if there is none yet; its public half. */
export async function sessionPublicKey() {
  const stamper = new IndexedDbStamper();
  await stamper.init();
  return stamper.getPublicKey();
}

globalThis.app = {
  createPasskey,
  sessionPublicKey,
  signMessage,
  signThroughBackend,
  signUp,
  submit,
  whoami,
};
