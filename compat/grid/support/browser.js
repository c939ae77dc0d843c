// A real Chromium, headless, with the browser's own virtual authenticator: nothing in the page
// is replaced.

import { createPrivateKey, createPublicKey } from "node:crypto";

import { chromium } from "playwright-core";

import { accountOf } from "./owner.js";

/** Longer than anything of ours takes on a busy machine. */
const PATIENCE_MS = 20_000;

/** Launches a browser. */
export async function launch() {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-dev-shm-usage"],
  });
  return {
    /** A fresh person: own storage, own authenticator, an empty page open. */
    async person() {
      const context = await browser.newContext();
      context.setDefaultTimeout(PATIENCE_MS);
      const page = await context.newPage();
      const device = await addAuthenticator(page);
      return {
        context,
        page,
        device,
        visit: async (address) => {
          await page.goto(address);
          await page.waitForFunction(() => globalThis.app);
        },
        /** Calls one of the functions of `page/app.js`. */
        call: (name, ...args) =>
          page.evaluate(([name, args]) => globalThis.app[name](...args), [name, args]),
      };
    },
    close: () => browser.close(),
  };
}

const options = {
  protocol: "ctap2",
  transport: "internal",
  hasResidentKey: true,
  hasUserVerification: true,
  isUserVerified: true,
  automaticPresenceSimulation: true,
};

/** Gives a page an authenticator: present, verifying its user. */
export async function addAuthenticator(page) {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("WebAuthn.enable");
  const { authenticatorId } = await cdp.send("WebAuthn.addVirtualAuthenticator", {
    options,
  });
  const one = async () => {
    const kept = await cdp.send("WebAuthn.getCredentials", { authenticatorId });
    if (kept.credentials.length !== 1)
      throw new Error(`there are ${kept.credentials.length} passkeys`);
    return kept.credentials[0];
  };
  return {
    /** Whether its owner is there to touch it. */
    present: (enabled) =>
      cdp.send("WebAuthn.setAutomaticPresenceSimulation", { authenticatorId, enabled }),
    /** How many passkeys it has. */
    count: async () =>
      (await cdp.send("WebAuthn.getCredentials", { authenticatorId })).credentials.length,
    /** The public key of its one passkey, as SubjectPublicKeyInfo. */
    spki: async () => publicKeyOf(await one()),
    /** The address of the account of its one passkey. */
    account: async () => accountOf(publicKeyOf(await one())),
    /**
     * Makes its one passkey discoverable. The client does not ask for that; devices in people's
     * hands do it unasked, the browser's own does not.
     */
    async discloses(rpId) {
      const credential = { ...(await one()), isResidentCredential: true, rpId };
      const { credentialId } = credential;
      credential.userHandle ??= Buffer.from("user").toString("base64");
      await cdp.send("WebAuthn.removeCredential", { authenticatorId, credentialId });
      await cdp.send("WebAuthn.addCredential", { authenticatorId, credential });
    },
    /** Another device with the same passkey, as a synced one is on every device of its owner. */
    async copyTo(other) {
      await other.keep(await one());
    },
    keep: (credential) =>
      cdp.send("WebAuthn.addCredential", { authenticatorId, credential }),
  };
}

function publicKeyOf({ privateKey }) {
  const key = createPrivateKey({
    key: Buffer.from(privateKey, "base64"),
    format: "der",
    type: "pkcs8",
  });
  return createPublicKey(key).export({ type: "spki", format: "der" });
}
