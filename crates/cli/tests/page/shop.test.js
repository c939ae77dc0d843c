// The demonstration shop, clicked through in a real Chromium: see `confirm.test.js` for how to run.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import * as support from "../page-support.js";

let browser;
before(async () => {
  browser = await support.launch();
});
after(() => browser.close());

/** An open shop, with a customer in it who has made a passkey. */
async function scene(t) {
  const facts = await support.run(t, ["demo", "shop", "--json"]);
  const { context, complaints } = await support.context(t, browser);
  const page = await context.newPage();
  const device = await support.authenticator(page);
  await page.goto(facts.shop);
  assert.equal(await page.isDisabled("#popup"), true);
  await page.click("#make");
  await page.waitForSelector("#made:not([hidden])");
  return { facts, context, page, device, complaints };
}

/** The receipt the page offers verifies offline; with another amount it does not. */
async function checkReceipt(t, page, logKey) {
  const words = await page.locator("#words li").allTextContents();
  const downloading = page.waitForEvent("download");
  await page.click("#receipt");
  const download = await downloading;
  const folder = await mkdtemp(join(tmpdir(), "zegel-shop-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, download.suggestedFilename());
  await download.saveAs(file);
  assert.match(await page.textContent("#verify"), /^zegel receipt verify order-[0-9a-f]{8}\.receipt/);
  const verify = () =>
    promisify(execFile)(support.zegel, ["receipt", "verify", file, "--log-key", logKey, "--json"]);
  const { stdout } = await verify();
  const told = JSON.parse(stdout);
  assert.equal(told.verified, true);
  assert.equal(told.words, words.join(" "));
  const text = await readFile(file, "utf8");
  assert.ok(text.includes("12.34"));
  await writeFile(file, text.replace("12.34", "92.34"));
  await assert.rejects(verify());
}

test("in a window: register, buy, approve, and verify the receipt", async (t) => {
  const { facts, context, page, device, complaints } = await scene(t);
  const opened = context.waitForEvent("page");
  await page.click("#popup");
  const popup = await opened;
  // Each page has an authenticator of its own here; the passkey is the same.
  const [credential] = await device.credentials();
  await popup.waitForURL(`${facts.server}/confirm/**`);
  await (await support.authenticator(popup)).addCredential(credential);
  assert.equal(await popup.textContent(".amount dd"), "12.34 EUR");
  const words = await popup.locator(".words li").allTextContents();
  await popup.click("#approve");
  await popup.waitForSelector('#main[data-state="confirmed"]');
  await popup.click("#close");
  await page.waitForSelector("#paid:not([hidden])");
  assert.deepEqual(await page.locator("#words li").allTextContents(), words);
  await checkReceipt(t, page, facts.logKey);
  assert.deepEqual(complaints, []);
});

test("on the page: there and back again, once", async (t) => {
  const { facts, page, complaints } = await scene(t);
  await page.click("#redirect");
  await page.waitForURL(`${facts.server}/confirm/**`);
  await page.click("#approve");
  await page.waitForURL(`${facts.shop}/paid**`);
  await page.waitForSelector("#paid:not([hidden])");
  assert.equal(new URL(page.url()).search, "", "nothing of it stays in the address");
  await checkReceipt(t, page, facts.logKey);
  assert.deepEqual(complaints, []);
});

test("who cancels pays nothing, whatever the address says", async (t) => {
  const { facts, page } = await scene(t);
  await page.click("#redirect");
  await page.waitForURL(`${facts.server}/confirm/**`);
  await page.click("#cancel");
  await page.waitForURL(`${facts.shop}/paid**`);
  await page.waitForSelector("#waiting:not([hidden])");
  assert.match(await page.textContent("#waiting"), /the payment is cancelled/);
  assert.equal(await page.isVisible("#paid"), false);

  await page.goto(`${facts.shop}/paid?transaction_id=order-00000000&state=confirmed`);
  await page.waitForSelector("#problem:not([hidden])");
  assert.equal(await page.isVisible("#paid"), false);
});

test("the shop looks as it should", { skip: !process.env.SHOTS }, async (t) => {
  const { facts, page } = await scene(t);
  const shoot = async (name) => {
    for (const [device, viewport] of [
      ["desktop", { width: 1100, height: 800 }],
      ["phone", { width: 390, height: 844 }],
    ]) {
      for (const colorScheme of ["light", "dark"]) {
        await page.setViewportSize(viewport);
        await page.emulateMedia({ colorScheme });
        const path = join(process.env.SHOTS, `shop-${name}-${device}-${colorScheme}.png`);
        await page.screenshot({ path, fullPage: true });
      }
    }
  };
  await shoot("open");
  await page.click("#redirect");
  await page.waitForURL(`${facts.server}/confirm/**`);
  await page.click("#approve");
  await page.waitForSelector("#paid:not([hidden])");
  await shoot("paid");
});
