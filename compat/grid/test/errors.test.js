// What the client tells an app when something is refused: the server's own words. Its methods for
// passkeys throw them, those for accounts give them with the code and the details.

import assert from "node:assert/strict";
import { before, describe, it } from "node:test";

import { forged } from "../../node/support/tenants/authenticator.js";
import { clientOf, environment, newApp, newKey, wordsOf } from "../support/clients.js";
import { Owner } from "../support/owner.js";

let app;
let owner;
before(async () => {
  app = await newApp();
  owner = new Owner();
  await app.submit(owner.answer(app.grid, await app.create()));
});

const refused = (asked, message) =>
  assert.rejects(asked, { name: "AuthorizationError", code: "API_ERROR", message });

const used =
  "the challenge was never issued, is used, or was issued for something else; ask for a new URL";
const none = "no account belongs to this passkey";
const keyWanted = "send Authorization: Bearer <API key of the tenant>";

describe("opening a session is refused", () => {
  it("without the right API key", async () => {
    for (const key of ["wrong", `${app.tenant.apiKey}x`, newKey()]) {
      const { create, account } = wordsOf(clientOf(key));
      await refused(create(), keyWanted);
      await refused(account(owner.account), keyWanted);
    }
  });

  it("by the client itself without any", async () => {
    await refused(wordsOf(clientOf(undefined)).create(), /^API key is required/);
  });

  it("on the main network, which has none", async () => {
    for (const name of ["production", "mainnet"])
      await refused(
        app.grid.createPasskeySession({ env: name, metaInfo: {} }, name),
        "this server keeps no passkey sessions for mainnet",
      );
  });

  it("without a session key where one is to be bound", async () => {
    await refused(
      app.authorize({ sessionKey: undefined }),
      "sessionKey is needed: a session binds a key",
    );
  });

  it("with a session key that is none", async () => {
    for (const key of [
      "",
      "0OIl",
      newKey().slice(1, 20),
      [1, 2, 3],
      Array(32).fill(256),
      7,
    ])
      await refused(
        app.create({ key }),
        "sessionKey.key must be 32 bytes, in base58 or as an array",
      );
  });

  it("for too long, or for no time", async () => {
    const now = Math.floor(Date.now() / 1000);
    for (const expiration of [0, 7_776_001, now - 10, now + 7_776_100])
      await refused(
        app.create({ expiration }),
        "sessionKey.expiration must be 1 to 7776000 seconds, or a moment that soon",
      );
    for (const expiration of [-1, 1.5, "soon"])
      await refused(app.create({ expiration }), "expiration must be a whole number");
  });

  it("on a page the tenant does not list", async () => {
    for (const baseUrl of [
      "https://evil.example",
      "http://localhost:1",
      "javascript:alert(1)",
      "https://auth.app.example/passkeys/../elsewhere",
    ]) {
      const message = /is not among the tenant's config\.zegel\.sessions\.base_urls$/;
      await refused(app.create({ baseUrl }), message);
      await refused(app.authorize({ baseUrl }), message);
    }
  });

  it("for a way back the tenant does not list", async () => {
    await refused(
      app.create({ about: { redirectUrl: "https://evil.example/" } }),
      /is not among the tenant's config\.zegel\.sessions\.redirect_urls$/,
    );
  });
});

describe("an answer is refused", () => {
  it("to a challenge that was answered", async () => {
    const answer = owner.answer(app.grid, await app.authorize());
    await app.submit(answer);
    await refused(app.submit(answer), used);
  });

  it("to a challenge that was never issued", async () => {
    const link = await app.authorize();
    const challenge = Buffer.alloc(32, 7).toString("base64url");
    await refused(app.submit(owner.answer(app.grid, link, { challenge })), used);
  });

  it("to a challenge that was issued for something else", async () => {
    const link = await app.authorize();
    const answer = owner.answer(app.grid, link);
    await refused(app.submit({ ...answer, ceremonyType: "create" }), used);
  });

  it("t49 with another session key than was opened", async () => {
    const answer = owner.answer(app.grid, await app.authorize());
    const sessionKey = app.grid.getSessionKeyObject(newKey(), "900");
    await refused(
      app.submit({ ...answer, sessionKey }),
      "sessionKey is not the one the session was opened with",
    );
    // It is burnt: a mix-up is not to be tried out.
    await refused(app.submit(answer), used);
  });

  it("with another slot than was opened", async () => {
    const answer = owner.answer(app.grid, await app.authorize());
    await refused(
      app.submit({ ...answer, slotNumber: answer.slotNumber - 1 }),
      "slotNumber is not the one the session was opened with",
    );
  });

  it("with a forged signature", async () => {
    const answer = owner.answer(app.grid, await app.create());
    answer.authenticatorResponse = forged(answer.authenticatorResponse);
    await refused(app.submit(answer), "the signature does not verify");
  });

  it("with another key than signed it", async () => {
    const answer = owner.answer(app.grid, await app.create());
    const key = new Owner().spki.toString("base64url");
    answer.authenticatorResponse.response.publicKey = key;
    await refused(app.submit(answer), "the signature does not verify");
  });

  it("from another page", async () => {
    for (const [how, message] of [
      [{ origin: "https://evil.example" }, "the origin is not accepted"],
      [{ origin: "http://localhost:1" }, "the origin is not accepted"],
      [{ rpId: "evil.example" }, "the credential belongs to another RP ID"],
    ]) {
      const answer = owner.answer(app.grid, await app.create(), how);
      await refused(app.submit(answer), message);
    }
  });

  it("without its owner's touch", async () => {
    const answer = owner.answer(app.grid, await app.create(), { present: false });
    await refused(app.submit(answer), "no user was present");
  });

  it("of another ceremony", async () => {
    const answer = owner.answer(app.grid, await app.create(), { type: "payment.get" });
    await refused(app.submit(answer), "the client data is of another ceremony");
  });

  it("of a passkey without an account", async () => {
    const stranger = new Owner();
    await refused(app.submit(stranger.answer(app.grid, await app.authorize())), none);
    await refused(app.found(stranger.answer(app.grid, await app.find())), none);
    await refused(app.account(stranger.account), none);
  });

  it("at another tenant, which does not burn it", async () => {
    const elsewhere = await newApp();
    const answer = owner.answer(app.grid, await app.authorize());
    await refused(elsewhere.submit(answer), used);
    await refused(elsewhere.account(owner.account), none);
    await app.submit(answer);
  });

  it("with members that are missing or of the wrong kind", async () => {
    const answer = owner.answer(app.grid, await app.authorize());
    const { response } = answer.authenticatorResponse;
    for (const [broken, message] of [
      [{ ceremonyType: "get" }, "ceremonyType must be create, auth or sign"],
      [{ authenticatorResponse: undefined }, "authenticatorResponse is missing"],
      [{ authenticatorResponse: {} }, "authenticatorResponse.response is missing"],
      [
        { authenticatorResponse: { response: { ...response, signature: undefined } } },
        "signature is missing",
      ],
      [
        { authenticatorResponse: { response: { ...response, clientDataJSON: "?" } } },
        "clientDataJSON must be base64url",
      ],
    ])
      await refused(app.submit({ ...answer, ...broken }), message);
    // What could not be read burnt nothing.
    await app.submit(answer);
  });
});

describe("a change to an account's passkeys", () => {
  it("is refused by name, with everything the client can carry", async () => {
    const passkey = { address: newKey() };
    const { grid } = app;
    for (const [asked, words] of [
      [grid.addPasskey(owner.account, { passkey }, { admin: true }), none],
      [
        grid.removePasskey(owner.account, passkey.address, [newKey()], { admin: true }),
        "the account has no such passkey",
      ],
    ]) {
      const { success, error, code, details, timestamp, requestId } = await asked;
      assert.equal(success, false);
      assert.equal(error, words);
      assert.equal(code, "404");
      assert.ok(Array.isArray(details));
      assert.ok(Math.abs(Date.parse(timestamp) - Date.now()) < 10_000, timestamp);
      assert.match(requestId, /^[0-9a-f]{32}$/);
    }
  });

  it("says which member is wrong", async () => {
    const { success, code, error, details } = await app.grid.getPasskeys("nowhere");
    assert.deepEqual({ success, code }, { success: false, code: "400" });
    assert.equal(error, "address must be 32 bytes in base58");
    assert.equal(details[0].field, "address");
  });

  it("is not even asked of the client's other parts", async () => {
    const { success, error } = await app.grid.initAuth({
      provider: "passkey",
      passkeyId: "x",
    });
    assert.equal(success, false);
    assert.match(error, /not yet implemented/);
  });
});
