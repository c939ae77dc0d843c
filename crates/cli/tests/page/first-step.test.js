// The page of the first step in a real Chromium with the browser's own virtual authenticator.
//
// `node --test crates/cli/tests/page/` after `npm ci` in compat/browser, whose driver it borrows.
// ZEGEL is the binary (default: target/release/zegel), CHROMIUM the browser.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../../", import.meta.url));
const { chromium } = createRequire(join(root, "compat/browser/package.json"))("playwright-core");
const zegel = process.env.ZEGEL ?? join(root, "target/release/zegel");

let browser;
before(async () => {
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking"],
  });
});
after(() => browser.close());

/** A new server, its greeting, and a page with an authenticator; all of it goes with the test. */
async function scene(t, { isUserVerified = true } = {}) {
  const directory = await mkdtemp(join(tmpdir(), "zegel-page-"));
  const data = join(directory, "data");
  const server = spawn(zegel, ["serve", "--json", "--listen", "127.0.0.1:0", "--data-dir", data], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const ended = new Promise((resolve) => server.on("exit", resolve));
  const greeting = await new Promise((resolve, reject) => {
    let line = "";
    server.stdout.on("data", (part) => {
      line += part;
      if (line.includes("\n")) resolve(JSON.parse(line));
    });
    ended.then((code) => reject(new Error(`zegel serve ended with ${code}`)));
  });
  const context = await browser.newContext();
  t.after(async () => {
    await context.close();
    server.kill();
    await ended;
    await rm(directory, { recursive: true, force: true });
  });
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  const cdp = await context.newCDPSession(page);
  await cdp.send("WebAuthn.enable");
  const { authenticatorId } = await cdp.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified,
      automaticPresenceSimulation: true,
    },
  });
  const verifyUser = (isUserVerified) =>
    cdp.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified });
  return { page, greeting, complaints, verifyUser };
}

const problem = (page) => page.textContent("#problem:not([hidden]) #problem-code");

test("a passkey is registered by keyboard alone, and proves itself", async (t) => {
  const { page, greeting, complaints } = await scene(t);
  await page.goto(greeting.firstStep);
  assert.ok(!page.url().includes("#"), "the token does not stay in the address bar");
  await page.keyboard.type("Acme <b>Payments</b>");
  await page.keyboard.press("Tab");
  await page.keyboard.type("Ada");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.waitForSelector('#proof[data-state="good"]');
  assert.match(await page.textContent("#proof"), /the answer was Ada\.$/);
  assert.equal(await page.textContent("#organisation-name"), "Acme <b>Payments</b>");
  assert.match(await page.textContent("#organisation-id"), /^[0-9a-f-]{36}$/);
  assert.equal(await page.evaluate(() => document.activeElement.tagName), "H1");
  assert.deepEqual(complaints, []);
});

test("a refused prompt leaves everything as it was, and the next try succeeds", async (t) => {
  const { page, greeting, verifyUser } = await scene(t, { isUserVerified: false });
  await page.goto(greeting.firstStep);
  await page.fill("#organisation", "Acme");
  await page.fill("#user", "Ada");
  await page.click("#register");
  assert.equal(await problem(page), "FIRST_STEP_CANCELLED");
  await verifyUser(true);
  await page.click("#register");
  await page.waitForSelector('#proof[data-state="good"]');
});

test("an address without its token, on a bare IP, or used before says what to do", async (t) => {
  const { page, greeting } = await scene(t);
  await page.goto(greeting.firstStep.split("#")[0]);
  assert.equal(await problem(page), "FIRST_STEP_NO_TOKEN");
  await page.goto(greeting.firstStep.replace("localhost", "127.0.0.1"));
  assert.equal(await problem(page), "FIRST_STEP_INSECURE");
  assert.equal(await page.isVisible("#form"), false);

  await page.goto(greeting.firstStep);
  await page.fill("#organisation", "Acme");
  await page.fill("#user", "Ada");
  await page.click("#register");
  await page.waitForSelector('#proof[data-state="good"]');
  const again = await page.goto(greeting.firstStep.replace("/first-step", "/first-step?again"));
  assert.equal(again.status(), 410);
  assert.match(await page.textContent("main"), /FIRST_STEP_TAKEN/);
});

test("a token the server does not know is told so", async (t) => {
  const { page, greeting } = await scene(t);
  await page.goto(greeting.firstStep.replace(/.$/, (last) => (last === "A" ? "E" : "A")));
  await page.fill("#organisation", "Acme");
  await page.fill("#user", "Ada");
  await page.click("#register");
  assert.equal(await problem(page), "FIRST_STEP_TOKEN");
});

test("the page fits a telephone", async (t) => {
  const { page, greeting } = await scene(t);
  await page.setViewportSize({ width: 320, height: 640 });
  await page.goto(greeting.firstStep);
  const overflows = () => document.documentElement.scrollWidth > innerWidth;
  assert.equal(await page.evaluate(overflows), false);
});
