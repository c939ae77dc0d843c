// The client in an app's backend: what it asks, what it is answered, and that the base58 it makes
// of the answers is right. Pages are played by a passkey in software.

import assert from "node:assert/strict";
import { before, describe, it } from "node:test";

import { PublicKey } from "@solana/web3.js";

import { url } from "../../node/support/environment.js";
import {
  clientOf,
  environment,
  newApp,
  newKey,
  ownOrigin,
  wordsOf,
} from "../support/clients.js";
import { Owner, compressed, read } from "../support/owner.js";

let app;
before(async () => {
  app = await newApp({ pages: ["https://auth.app.example/passkeys"] });
});

/** Whether a moment, in seconds, is this far away. */
const isIn = (seconds, moment) =>
  Math.abs(moment - Date.now() / 1000 - seconds) < 10 && Number.isInteger(moment);

/** Somebody with an account, and its session. */
async function newOwner(asked) {
  const owner = new Owner();
  const session = await app.submit(owner.answer(app.grid, await app.create(asked)));
  return { owner, session };
}

describe("a link", () => {
  it("leads to our own page unless another is named", async () => {
    const { origin, action } = read(app.grid, await app.create());
    assert.deepEqual({ origin, action }, { origin: ownOrigin, action: "create" });
  });

  it("leads to a page of the tenant's own", async () => {
    for (const [name, ask] of Object.entries({
      create: app.create,
      auth: app.authorize,
      find: app.find,
    })) {
      const link = await ask({ baseUrl: "https://auth.app.example/passkeys" });
      assert.ok(link.startsWith(`https://auth.app.example/passkeys/${name}?`), link);
    }
  });

  it("is read by the client's extractors, whatever the app is called", async () => {
    const appName = "Wällét & Co + 100 % = ? #1";
    const key = newKey();
    const { params } = read(app.grid, await app.create({ key, about: { appName } }));
    assert.equal(params.env, environment);
    assert.equal(params.appName, appName);
    assert.ok(params.userId.length > 0 && params.userId.length <= 64);
    assert.match(params.challenge, /^[\w-]{43}$/);
    assert.match(params.slotNumber, /^[1-9]\d*$/);
    assert.equal(params.sessionKey, key);
    assert.equal(params.expirationInSeconds, "900");
    assert.equal(params.redirectUrl, null);
  });

  it("is another one each time", async () => {
    const key = newKey();
    const links = await Promise.all(
      Array.from({ length: 20 }, () => app.create({ key })),
    );
    const challenges = links.map((link) => read(app.grid, link).params.challenge);
    assert.equal(new Set(challenges).size, links.length);
  });

  it("takes a session key as bytes and as an object as well", async () => {
    const key = newKey();
    const { key: bytes } = app.grid.getSessionKeyObject(key, "900");
    for (const spelled of [bytes, new PublicKey(key)]) {
      const { params } = read(app.grid, await app.create({ key: spelled }));
      assert.equal(params.sessionKey, key);
    }
  });

  it("takes a moment as well as a duration, and says the duration", async () => {
    const expiration = Math.floor(Date.now() / 1000) + 600;
    const { params } = read(app.grid, await app.create({ expiration }));
    assert.ok([598, 599, 600].includes(Number(params.expirationInSeconds)));
  });
});

describe("an account", () => {
  it("is made, and its address and its session key come out as base58", async () => {
    const key = newKey();
    const { owner, session } = await newOwner({ key });
    assert.equal(session.passkey_account, owner.account);
    assert.equal(session.session_key.key, key);
    assert.ok(isIn(900, session.session_key.expiration), session.session_key.expiration);
  });

  it("is bound anew with another session key", async () => {
    const { owner, session: first } = await newOwner();
    const key = newKey();
    const link = await app.authorize({ key, expiration: 3600 });
    const second = await app.submit(owner.answer(app.grid, link));
    assert.equal(second.passkey_account, first.passkey_account);
    assert.equal(second.session_key.key, key);
    assert.ok(isIn(3600, second.session_key.expiration));
    const { sessionKey } = await app.account(owner.account);
    assert.deepEqual(sessionKey, second.session_key);
  });

  it("is found by its passkey alone", async () => {
    const { owner, session } = await newOwner();
    const answer = owner.answer(app.grid, await app.find());
    const sessionKey = app.grid.getSessionKeyObject(newKey(), "900");
    const found = await app.found({ ...answer, sessionKey });
    // The session it has, not the key the client had to send along.
    assert.deepEqual(found, session);
  });

  it("is found with what was signed to bind a key, which is not bound", async () => {
    const { owner, session } = await newOwner();
    const answer = owner.answer(app.grid, await app.authorize({ key: newKey() }));
    assert.deepEqual(await app.found(answer), session);
    const { sessionKey } = await app.account(owner.account);
    assert.deepEqual(sessionKey, session.session_key);
    await assert.rejects(app.submit(answer), { name: "AuthorizationError", message: /is used/ });
  });

  it("is looked up", async () => {
    const key = newKey();
    const { owner, session } = await newOwner({ key });
    const account = await app.account(owner.account);
    assert.equal(account.relyingPartyId, "localhost");
    assert.equal(account.relying_party_id, "localhost");
    assert.equal(account.pubkey, compressed(owner.spki).toString("base64"));
    assert.deepEqual(account.sessionKey, session.session_key);
    assert.deepEqual(account.session_key, session.session_key);
  });

  it("has one passkey", async () => {
    const { owner } = await newOwner();
    const { success, data } = await app.grid.getPasskeys(owner.account);
    assert.equal(success, true);
    assert.equal(data.account_address, owner.account);
    const { added_at, ...passkey } = data.passkey;
    assert.deepEqual(passkey, {
      address: owner.account,
      role: "primary",
      permissions: ["CAN_INITIATE", "CAN_VOTE", "CAN_EXECUTE"],
      provider: "passkey",
    });
    assert.ok(isIn(0, Math.floor(Date.parse(added_at) / 1000)));
    assert.deepEqual(data.passkeys, [data.passkey]);
  });

  it("has no passkey at an address that is nobody's", async () => {
    const address = newKey();
    const { success, data } = await app.grid.getPasskeys(address);
    assert.equal(success, true);
    assert.deepEqual(data, { account_address: address, passkey: null, passkeys: [] });
  });

  it("is made with the passkey that is there already when its first link lapsed", async () => {
    const owner = new Owner();
    const lost = owner.answer(app.grid, await app.create());
    lost.slotNumber = 1;
    await assert.rejects(app.submit(lost), { name: "AuthorizationError" });
    const session = await app.submit(owner.answer(app.grid, await app.create()));
    assert.equal(session.passkey_account, owner.account);
  });

  it("t47 tells a session that is over no more", async () => {
    const { owner } = await newOwner({ expiration: 1 });
    // Expirations are whole seconds: after two, one is over for certain.
    await new Promise((resolve) => setTimeout(resolve, 2000));
    const account = await app.account(owner.account);
    assert.equal(account.sessionKey, undefined);
    const found = await app.found(owner.answer(app.grid, await app.find()));
    assert.deepEqual([found.passkey_account, found.session_key], [owner.account, undefined]);
  });
});

describe("the base URL of a client", () => {
  it("may end in a slash", async () => {
    const { create } = wordsOf(clientOf(app.tenant.apiKey, { baseUrl: `${url}/` }));
    const { action } = read(app.grid, await create());
    assert.equal(action, "create");
  });
});
