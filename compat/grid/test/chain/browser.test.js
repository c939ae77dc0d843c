// From a real browser to the chain: pages of ours, of an app with the client, and of an app with our
// module. What the page bound acts afterwards.
//
// With SHOTS a folder, pictures of our page while the chain is slow or fails are put there.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import { Keypair } from "@solana/web3.js";

import { launch } from "../../support/browser.js";
import {
  SOL,
  act,
  newApp,
  purseOf,
  readAccount,
  startWorld,
  transfer,
} from "../../support/chain/app.js";
import { startModuleSite } from "../../support/chain/site.js";
import { compressed } from "../../support/owner.js";
import { startSite } from "../../support/site.js";

/** The app's own domain, which is its relying party. */
const host = "app.localhost";

let world;
let node;
let link;
let sites;
let back;
let app;
let browser;
before(async () => {
  world = await startWorld();
  ({ node, link } = world);
  sites = { client: await startSite(), module: await startModuleSite(world.place) };
  back = `${sites.client.at(host)}/back`;
  const pages = Object.values(sites).map((site) => `${site.at(host)}/passkeys`);
  // The module's page is at the root of its site.
  app = await newApp(world, { pages: [...pages, sites.module.at(host)], returns: [back] });
  sites.client.serves(app);
  sites.module.serves(app);
  browser = await launch();
});
after(async () => {
  await browser?.close();
  for (const site of Object.values(sites ?? {})) site.stop();
  await world?.stop();
});

/** That the chain has the browser's passkey under this host, with this session key, which acts. */
async function reaches(device, session, rpId) {
  const account = await device.account();
  const found = readAccount(await node.account(account));
  assert.equal(found.rpId, rpId);
  assert.deepEqual(found.pubkey, compressed(await device.spki()));
  assert.equal(found.session, session.publicKey.toBase58());
  const purse = purseOf(account);
  await node.fund(purse, SOL);
  const to = Keypair.generate().publicKey;
  const before = await node.balance(purse);
  const transaction = transfer(purse, to, SOL / 4);
  const { sent } = await act(app, { owner: { account }, session }, { transaction });
  assert.equal((await node.status(sent.transaction_signature)).err, null);
  assert.equal(await node.balance(to), SOL / 4);
  assert.equal(before - (await node.balance(purse)), SOL / 4);
  return found;
}

const newSession = () => {
  const session = Keypair.generate();
  return { session, key: session.publicKey.toBase58() };
};

describe("our own page", () => {
  const about = () => ({ redirectUrl: back });
  const answered = async (page) => {
    await page.click("#go");
    await page.waitForURL((url) => url.href.startsWith(back));
    return Object.fromEntries(new URL(page.url()).searchParams);
  };

  it("makes an account on the chain, and binds another key to it", async () => {
    const { page, device } = await browser.person();
    for (const open of [app.create, app.authorize]) {
      const { session, key } = newSession();
      await page.goto(await open({ key, about: about() }));
      const told = await answered(page);
      const { expiration } = await reaches(device, session, "localhost");
      assert.deepEqual(told, {
        "passkey-account": await device.account(),
        "session-key": key,
        expiration: String(expiration),
        state: "ok",
      });
    }
  });
});

describe("a page of the app's own", () => {
  it("with the client makes an account on the chain, and binds another key", async () => {
    const { visit, call, device } = await browser.person();
    const baseUrl = `${sites.client.at(host)}/passkeys`;
    const made = newSession();
    await visit(await app.create({ baseUrl, key: made.key }));
    const session = await call("answer");
    assert.equal(session.passkey_account, await device.account());
    await reaches(device, made.session, host);

    await device.discloses(host);
    const bound = newSession();
    await visit(await app.authorize({ baseUrl, key: bound.key, expiration: 60 }));
    assert.equal((await call("answer")).session_key.key, bound.key);
    await reaches(device, bound.session, host);
  });

  it("with our module makes an account on the chain, and binds another key", async () => {
    const { page, device } = await browser.person();
    const baseUrl = sites.module.at(host);
    for (const open of [app.create, app.authorize]) {
      const { session, key } = newSession();
      await page.goto(await open({ baseUrl, key }));
      await page.click("#go");
      await page.waitForSelector('#said[data-state="done"]');
      const told = JSON.parse(await page.textContent("#said"));
      assert.equal(told.passkeyAccount, await device.account());
      assert.equal(told.sessionKey.key, key);
      const { expiration } = await reaches(device, session, host);
      assert.equal(told.sessionKey.expiration, expiration);
    }
  });
});

describe("our own page, while the chain", () => {
  const shot = async (page, name) => {
    const { SHOTS } = process.env;
    if (!SHOTS) return;
    for (const [screen, width] of Object.entries({ desktop: 1100, phone: 390 })) {
      await page.setViewportSize({ width, height: 844 });
      await page.screenshot({ path: join(SHOTS, `chain-${name}-${screen}.png`) });
    }
  };
  const opened = async (open) => {
    const person = await browser.person();
    const { session, key } = newSession();
    await person.page.goto(await open({ key, about: { redirectUrl: back } }));
    return { ...person, session, key };
  };
  const ended = (page, name) => page.waitForSelector(`#main[data-state="${name}"]`);
  const problem = (page) => page.textContent("#problem:not([hidden]) #problem-code");

  it("is slow, says that it is sending, and cannot be cancelled", async () => {
    const { page, device, session } = await opened(app.create);
    const held = link.nextPacket();
    await page.click("#go");
    const { go } = await held;
    assert.match(await page.textContent("#step"), /^Sending it/);
    assert.equal(await page.textContent("#go"), "Waiting…");
    await shot(page, "slow");
    await page.click("#cancel");
    assert.equal(await page.getAttribute("#main", "data-state"), "pending");
    go();
    await ended(page, "confirmed");
    await shot(page, "confirmed");
    await reaches(device, session, "localhost");
  });

  it("is not reached, keeps what was signed and sends it again", async () => {
    const { page, device, session } = await opened(app.create);
    await link.cut();
    await page.click("#go");
    assert.equal(await problem(page), "SESSION_UNAVAILABLE");
    await shot(page, "unreachable");
    await link.mend();
    assert.equal(await page.textContent("#go"), "Send it again");
    // Nobody asks a node in trouble again at once.
    await new Promise((resolve) => setTimeout(resolve, 500));
    await page.click("#go");
    await ended(page, "confirmed");
    assert.equal(await device.count(), 1);
    await reaches(device, session, "localhost");
  });

  it("goes on without the transaction, says so, and the passkey is used again", async () => {
    const { page, device } = await opened(app.create);
    link.swallow(true);
    const held = link.nextPacket();
    await page.click("#go");
    const { go } = await held;
    go();
    // As long as its blockhash lives, and as long as nodes may lag behind each other.
    await node.advance({ blocks: 200 });
    assert.equal(await problem(page), "SESSION_ON_CHAIN");
    await shot(page, "lapsed");
    link.swallow(false);
    const address = new URL(await page.getAttribute("#return", "href"));
    assert.equal(address.searchParams.get("error"), "OnChainFailure");
    assert.equal(await node.account(await device.account()), null);

    const { session, key } = newSession();
    await page.goto(await app.create({ key, about: { redirectUrl: back } }));
    assert.equal(await page.textContent("#go"), "Use the passkey I just made");
    await page.click("#go");
    await ended(page, "confirmed");
    assert.equal(await device.count(), 1);
    await reaches(device, session, "localhost");
  });

  it("has forgotten the slot, says that time is up", async () => {
    const { page, device } = await opened(app.create);
    await node.advance({ blocks: 150 });
    await new Promise((resolve) => setTimeout(resolve, 500));
    await page.click("#go");
    await ended(page, "expired");
    assert.ok(await page.isVisible("#kept"));
    await shot(page, "slot-expired");
    assert.equal(await node.account(await device.account()), null);
  });
});
