// The page of an app that has a domain of its own for passkeys, written as the client's README
// has it. The tests call these functions; nothing here knows that it is being tested.

import { Buffer } from "buffer";

import { GridClient } from "@sqds/grid";

// The client asks for it by its global name, which apps give it.
globalThis.Buffer = Buffer;

const grid = new GridClient({ environment: "sandbox" });

/** What the page was opened for, from an address like its own. */
function read(address) {
  const { pathname, searchParams } = new URL(address);
  const action = pathname.split("/").at(-1);
  const isNew = action === "create";
  const params = isNew
    ? grid.extractPasskeyCreateParams(searchParams)
    : grid.extractPasskeyAuthParams(searchParams);
  return { action, params };
}

/** The app's backend, which holds the API key. */
async function backend(path, body) {
  const response = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return response.json();
}

/** The passkey that was made on this page. */
let made;

globalThis.app = {
  /** Makes the passkey the page was opened for, and no more. */
  async make() {
    made = await grid.createPasskeyCredentials(read(location.href).params);
    const { publicKey, credentialId } = made;
    return { publicKey, credentialId };
  },

  /** Signs with the passkey that was made, or with any, and leaves the rest to the backend. */
  async sign(address = location.href) {
    const { action, params } = read(address);
    const authenticatorResponse = await grid.getPasskeyCredentials(params, made);
    const { sessionKey, expirationInSeconds } = params;
    return backend(action === "find" ? "/find" : "/submit", {
      ceremonyType: action,
      sessionKey: sessionKey && grid.getSessionKeyObject(sessionKey, expirationInSeconds),
      slotNumber: params.slotNumber,
      authenticatorResponse,
    });
  },

  /** All that the page was opened for. */
  async answer() {
    if (read(location.href).action === "create") await this.make();
    return this.sign();
  },

  /** What an app does that has no backend: it asks with its API key from the page. */
  async ask(baseUrl, apiKey, sessionKey) {
    const direct = new GridClient({ environment: "sandbox", baseUrl, apiKey });
    try {
      return await direct.createPasskeySession(
        { sessionKey, env: "sandbox", metaInfo: { appName: "Wallet" } },
        "sandbox",
      );
    } catch ({ name, message }) {
      return { refused: { name, message } };
    }
  },
};
