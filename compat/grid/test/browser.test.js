// The client in a page on a domain of the app's own, in a real browser, and in its backend.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { admin, configuration } from "../../node/support/tenants/admin.js";
import { launch } from "../support/browser.js";
import { newApp, newKey, ownOrigin } from "../support/clients.js";
import { compressed } from "../support/owner.js";
import { startSite } from "../support/site.js";

/** The app's own domain, which is its relying party. */
const host = "app.localhost";

let site;
let pages;
let app;
let browser;
before(async () => {
  site = await startSite();
  pages = `${site.at(host)}/passkeys`;
  app = await newApp({ pages: [pages] });
  site.serves(app);
  browser = await launch();
});
after(async () => {
  await browser?.close();
  site?.stop();
});

const used =
  "the challenge was never issued, is used, or was issued for something else; ask for a new URL";

/** Somebody who made an account on the page. */
async function newPerson(asked) {
  const person = await browser.person();
  await person.visit(await app.create({ baseUrl: pages, ...asked }));
  const session = await person.call("answer");
  return { ...person, session };
}

describe("a page of the app's own", () => {
  it("makes an account", async () => {
    const key = newKey();
    const { device, session } = await newPerson({ key });
    assert.equal(session.passkey_account, await device.account());
    assert.equal(session.session_key.key, key);
    const account = await app.account(session.passkey_account);
    assert.equal(account.relyingPartyId, host);
    assert.equal(account.pubkey, compressed(await device.spki()).toString("base64"));
  });

  it("binds a session key to the account", async () => {
    const { visit, call, device, session } = await newPerson();
    await device.discloses(host);
    const key = newKey();
    await visit(await app.authorize({ baseUrl: pages, key, expiration: 60 }));
    const bound = await call("answer");
    assert.equal(bound.passkey_account, session.passkey_account);
    assert.equal(bound.session_key.key, key);
    assert.deepEqual(
      (await app.account(bound.passkey_account)).sessionKey,
      bound.session_key,
    );
  });

  it("finds the account", async () => {
    const { visit, call, device, session } = await newPerson();
    await device.discloses(host);
    await visit(await app.find({ baseUrl: pages }));
    assert.deepEqual(await call("answer"), session);
  });

  it("makes the account with a passkey whose first link was lost", async () => {
    const { visit, call, device } = await browser.person();
    await visit(await app.create({ baseUrl: pages }));
    const { publicKey } = await call("make");
    assert.equal(publicKey, (await device.spki()).toString("base64url"));
    const key = newKey();
    const session = await call("sign", await app.create({ baseUrl: pages, key }));
    assert.equal(session.passkey_account, await device.account());
    assert.equal(session.session_key.key, key);
    assert.equal(await device.count(), 1);
  });

  it("answers a link once", async () => {
    const { call } = await newPerson();
    const { refused } = await call("sign");
    assert.deepEqual(refused, { name: "AuthorizationError", message: used });
  });

  it("t49 binds no key that took another's place on the way", async () => {
    const { visit, call } = await browser.person();
    const link = new URL(await app.create({ baseUrl: pages }));
    link.searchParams.set("session-key", newKey());
    await visit(link.href);
    const { refused } = await call("answer");
    assert.equal(
      refused.message,
      "sessionKey is not the one the session was opened with",
    );
  });

  it("cannot answer a link for a page elsewhere", async () => {
    const elsewhere = await app.create({ baseUrl: ownOrigin });
    const { visit, call } = await browser.person();
    await visit(`${pages}/create${new URL(elsewhere).search}`);
    const { refused } = await call("answer");
    assert.deepEqual(refused, {
      name: "AuthorizationError",
      message: "the origin is not accepted",
    });
  });

  it("cannot bind an account whose passkey it has not", async () => {
    const { device, visit, call } = await newPerson();
    await device.discloses(host);
    const elsewhere = await newApp({ pages: [pages] });
    site.serves(elsewhere);
    try {
      await visit(await elsewhere.authorize({ baseUrl: pages }));
      const { refused } = await call("answer");
      assert.equal(refused.message, "no account belongs to this passkey");
    } finally {
      site.serves(app);
    }
  });
});

describe("a page that holds the API key itself", () => {
  const sessionKey = { key: newKey(), expiration: 900 };

  it("may ask where the tenant lets its origin", async () => {
    const { tenant } = app;
    const { visit, call } = await browser.person();
    await visit(pages);
    const message = "Failed to fetch";
    const ask = () => call("ask", ownOrigin, tenant.apiKey, sessionKey);
    assert.deepEqual(await ask(), { refused: { name: "AuthorizationError", message } });

    const settings = configuration({ origins: [ownOrigin], cors: [site.at(host)] });
    const put = await admin("PUT", `/tenants/${tenant.id}/config`, settings);
    assert.ok(put.status < 300, put.text);
    const { url } = await ask();
    assert.ok(url.startsWith(`${ownOrigin}/create?`), url);
    // Refusals are read like answers.
    const { refused } = await call("ask", ownOrigin, tenant.apiKey, {
      key: "x",
      expiration: 1,
    });
    assert.equal(
      refused.message,
      "sessionKey.key must be 32 bytes, in base58 or as an array",
    );
  });
});
