// A real Chromium, headless, with the browser's own virtual authenticator: nothing in the page
// is replaced.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { chromium } from "playwright-core";

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** Switches the browser's payment sheet on, which needs a screen where it is on by default. */
export const paymentSheet =
  "--enable-features=SecurePaymentConfirmationBrowser,SecurePaymentConfirmationDebug";

/** Launches a browser with a profile of its own, and with further arguments. */
export async function launch(...args) {
  const profile = await mkdtemp(join(tmpdir(), "zegel-compat-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    args: ["--no-sandbox", "--disable-dev-shm-usage", ...args],
  });
  const browser = context.browser();
  return {
    /** A fresh person: own storage, own authenticator, the app's page open. */
    async person(origin, authenticator = {}) {
      const own = await browser.newContext();
      const page = await own.newPage();
      const device = await addAuthenticator(page, authenticator);
      const visit = async (address) => {
        await page.goto(address);
        await page.waitForFunction(() => globalThis.app);
      };
      await visit(origin);
      return {
        device,
        page,
        visit,
        /** Calls one of the functions of `page/app.js`. */
        call: (name, ...args) =>
          page.evaluate(([name, args]) => globalThis.app[name](...args), [name, args]),
        reload: async () => {
          await page.reload();
          await page.waitForFunction(() => globalThis.app);
        },
      };
    },
    async close() {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}

/** Gives the page an authenticator: present, verifying its user, keeping passkeys by default. */
async function addAuthenticator(page, differences) {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("WebAuthn.enable");
  const { authenticatorId } = await cdp.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
      ...differences,
    },
  });
  return {
    /** Whether its owner is there to touch it. */
    present: (enabled) =>
      cdp.send("WebAuthn.setAutomaticPresenceSimulation", { authenticatorId, enabled }),
    /** Whether whoever touches it is its owner. */
    verifies: (isUserVerified) =>
      cdp.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified }),
    /** The passkeys it keeps. */
    credentials: async () =>
      (await cdp.send("WebAuthn.getCredentials", { authenticatorId })).credentials,
    /** What becomes of a payment sheet: `autoAccept`, `autoReject`, `autoOptOut`, … */
    answersPayments: (mode) => cdp.send("Page.setSPCTransactionMode", { mode }),
  };
}
