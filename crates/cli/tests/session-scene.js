// What the tests of the pages of passkey sessions share: a scene, and what is read of a page.

import assert from "node:assert/strict";
import { after, before } from "node:test";
import * as support from "./page-support.js";
import { app } from "./session-support.js";

export let browser;
before(async () => {
  browser = await support.launch();
});
after(() => browser.close());

/** A server, an app of a tenant's, and somebody at a browser. */
export async function scene(t, { elsewhere, brand, ...options } = {}) {
  const server = await support.serve(t);
  const shop = await support.page(t, elsewhere);
  const wallet = await app(server, { redirects: [`${shop}/back`], brand });
  const { context, complaints } = await support.context(t, browser, options);
  const page = await context.newPage();
  const device = await support.authenticator(page);
  return { server, shop, wallet, context, page, device, complaints };
}

export const ended = (page, name) => page.waitForSelector(`#main[data-state="${name}"]`);
export const problem = (page) => page.textContent("#problem:not([hidden]) #problem-code");
export const overflows = (page) => page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
export const words = async (page, selector) => (await page.textContent(selector)).replace(/\s+/g, " ").trim();

/** Where a redirect leads, and with what. */
export async function back(page, shop) {
  await page.waitForURL((url) => url.origin === shop);
  const url = new URL(page.url());
  assert.equal(url.pathname, "/back");
  return Object.fromEntries(url.searchParams);
}

export const opener = `<script>
  const heard = [];
  addEventListener("message", ({ origin, data }) => heard.push({ origin, data }));
</script>`;

/** Opens a link as a popup of a page, and gives it the device's passkeys. */
export async function popup({ context, page, device }, url) {
  const credentials = await device.credentials();
  const opened = context.waitForEvent("page");
  await page.evaluate((url) => void open(url), url);
  const popup = await opened;
  const own = await support.authenticator(popup);
  for (const credential of credentials) await own.addCredential(credential);
  await popup.waitForSelector("#choices:not([hidden])");
  return popup;
}
