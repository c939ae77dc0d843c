// Links of the client answered on the server's own pages, and the outcome checked with the client.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { addAuthenticator, launch } from "../support/browser.js";
import { environment, newApp, newKey, ownOrigin } from "../support/clients.js";
import { compressed } from "../support/owner.js";
import { startSite } from "../support/site.js";

let site;
let back;
let app;
let browser;
before(async () => {
  site = await startSite();
  back = `${site.at("app.localhost")}/back`;
  app = await newApp({ returns: [back] });
  browser = await launch();
});
after(async () => {
  await browser?.close();
  site?.stop();
});

const about = () => ({ redirectUrl: back });

/** Answers the page that is open, which leads back: with what. */
async function answered(page, choice = "#go") {
  await page.click(choice);
  await page.waitForURL((url) => url.href.startsWith(back));
  return Object.fromEntries(new URL(page.url()).searchParams);
}

/** What a person is sent back with after a session was bound. */
const bound = ({ passkey_account, session_key }) => ({
  "passkey-account": passkey_account,
  "session-key": session_key.key,
  expiration: String(session_key.expiration),
  state: "ok",
});

/** Somebody who made an account. */
async function newPerson(key = newKey()) {
  const person = await browser.person();
  await person.page.goto(await app.create({ key, about: about() }));
  const told = await answered(person.page);
  return { ...person, key, told, account: await person.device.account() };
}

// Each at once: who is led back has a moment to read how it ended.
describe("our own page", { concurrency: true }, () => {
  it("makes an account", async () => {
    const { key, told, account, device } = await newPerson();
    const { relyingPartyId, pubkey, sessionKey } = await app.account(account);
    assert.equal(relyingPartyId, new URL(ownOrigin).hostname);
    assert.equal(pubkey, compressed(await device.spki()).toString("base64"));
    assert.equal(sessionKey.key, key);
    assert.deepEqual(told, bound({ passkey_account: account, session_key: sessionKey }));
  });

  it("binds a session key to the account", async () => {
    const { page, account } = await newPerson();
    const key = newKey();
    await page.goto(await app.authorize({ key, expiration: 60, about: about() }));
    const told = await answered(page);
    const { sessionKey } = await app.account(account);
    assert.equal(sessionKey.key, key);
    assert.deepEqual(told, bound({ passkey_account: account, session_key: sessionKey }));
  });

  it("finds the account", async () => {
    const { page, told } = await newPerson();
    await page.goto(await app.find({ about: about() }));
    assert.deepEqual(await answered(page), told);
  });

  it("makes an account without a session", async () => {
    const { page, device } = await browser.person();
    const asked = { env: environment, metaInfo: { appName: "Wallet", ...about() } };
    const { url } = await app.grid.createPasskeySession(asked, environment);
    await page.goto(url);
    const told = await answered(page);
    assert.deepEqual(told, { "passkey-account": await device.account(), state: "ok" });
    assert.equal((await app.account(told["passkey-account"])).sessionKey, undefined);
  });

  it("sends back with an error whom the account is not for", async () => {
    const { page } = await browser.person();
    await page.goto(await app.authorize({ about: about() }));
    const { error, "error-description": description } = await answered(page, "#cancel");
    assert.equal(error, "Cancelled");
    assert.ok(description);
  });

  it("answers a link, which the client cannot answer again", async () => {
    const { page } = await browser.person();
    await page.goto(await app.create({ about: about() }));
    const [request] = await Promise.all([
      page.waitForRequest(/\/passkeys\/submit$/),
      answered(page),
    ]);
    await assert.rejects(app.submit(request.postDataJSON()), {
      name: "AuthorizationError",
      message: /^the challenge was never issued, is used/,
    });
  });

  it("tells the page that opened it as a popup", async () => {
    const { context, page } = await browser.person();
    await page.goto(back);
    await page.evaluate(() => {
      globalThis.heard = [];
      addEventListener("message", ({ origin, data }) => heard.push({ origin, data }));
    });
    const key = newKey();
    const link = `${await app.create({ key, about: about() })}&popup=1`;
    const [popup] = await Promise.all([
      context.waitForEvent("page"),
      page.evaluate((link) => void open(link, "passkey", "popup"), link),
    ]);
    const device = await addAuthenticator(popup);
    await popup.click("#go");
    await page.waitForFunction(() => heard.length > 1);
    const passkeyAccount = await device.account();
    const { sessionKey } = await app.account(passkeyAccount);
    assert.equal(sessionKey.key, key);
    const data = { passkeyAccount, sessionKey: key, expiration: sessionKey.expiration };
    assert.deepEqual(await page.evaluate(() => heard), [
      { origin: ownOrigin, data: { type: "zegel:session", ...data } },
      { origin: ownOrigin, data: { type: "authz_complete", ...data } },
    ]);
  });
});
