// The published guide to transactions: a shop's backend in Express, between the browser and the
// Passkey API.

import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { after, before, describe, it } from "node:test";

import express from "express";

import { newTenant } from "../support/tenants/admin.js";
import { forged } from "../support/tenants/authenticator.js";
import { addTransactions } from "../support/tenants/backend.js";
import { call } from "../support/tenants/http.js";
import { newUser, register } from "../support/tenants/people.js";
import { verified } from "../support/tenants/tokens.js";

const origin = "http://localhost:3000";

describe("a shop's backend", () => {
  let tenant;
  let user;
  let shop;
  const tokens = [];
  before(async () => {
    tenant = await newTenant({ origins: [origin] });
    user = await newUser(tenant);
    shop = await open(tenant, async (token) => void tokens.push(token));
  });
  after(() => shop?.stop());

  const payment = (transaction_data = { amount: "123.45", currency: "EUR" }) => ({
    user_id: user.userId,
    transaction_id: `pay-${randomUUID()}`,
    transaction_data,
  });
  const initialize = (body) => shop.post("/transaction/initialize", body);
  const finalize = (body) => shop.post("/transaction/finalize", body);

  it("gets a payment confirmed", async () => {
    const wanted = payment();
    const begun = await initialize(wanted);
    assert.equal(begun.status, 200);
    const { publicKey } = begun.json;
    assert.equal(publicKey.rpId, "localhost");
    assert.equal(publicKey.userVerification, "required");
    assert.deepEqual(publicKey.allowCredentials, [
      { type: "public-key", id: user.passkey.id },
    ]);

    const done = await finalize(user.passkey.get(begun.json, { origin }));
    assert.equal(done.status, 200, done.text);
    assert.equal(tokens.at(-1), done.json.token);
    const { claims } = await verified(tenant, done.json.token);
    assert.equal(claims.trans, wanted.transaction_id);
    assert.equal(claims.sub, user.userId);
    assert.equal(claims.cred, user.passkey.id);
    assert.equal(claims.use, "transaction");
    assert.equal(claims.exp - claims.iat, 300);
    assert.match(claims.txd, /^[0-9a-f]{64}$/);
    assert.ok(claims.jti);
  });

  // The other half of each pair is what Go's encoder makes of the first.
  const texts = [
    ['{"b":1,"a":{"d":1.0,"c":1e21}}', '{"a":{"c":1e+21,"d":1},"b":1}'],
    ['{"n":12345678901234567890}', '{"n":12345678901234567000}'],
    ['{"note":"A&B <x>/\\u2028"}', '{"note":"A\\u0026B \\u003cx\\u003e/\\u2028"}'],
    ['{"tiny":0.0000001,"less":-0.0}', '{"less":-0,"tiny":1e-7}'],
    ['{"Z":1,"é":2,"a":3}', '{"Z":1,"a":3,"é":2}'],
    ["[]", "[]"],
    ["0", "0"],
    ['"str"', '"str"'],
    ["{}", "{}"],
  ];
  for (const [sent, canonical] of texts) {
    it(`binds the challenge to ${sent}`, async () => {
      const { user_id, transaction_id } = payment();
      const body = `{"user_id":"${user_id}","transaction_id":"${transaction_id}","transaction_data":${sent}}`;
      const begun = await tenant.call("POST", "/transaction/initialize", body);
      assert.equal(begun.status, 200, begun.text);
      const challenge = Buffer.from(begun.json.publicKey.challenge, "base64url");
      assert.equal(challenge.length, 64);
      const digest = createHash("sha256")
        .update(transaction_id)
        .update(canonical)
        .digest("hex");
      assert.equal(challenge.subarray(32).toString("hex"), digest);
    });
  }

  it("never asks twice for one transaction, whoever asks", async () => {
    const first = payment();
    assert.equal((await initialize(first)).status, 200);
    const other = await newUser(tenant);
    for (const user_id of [first.user_id, other.userId]) {
      const again = await initialize({ ...first, user_id });
      assert.equal(again.status, 409);
      const { title, details, status } = again.json;
      assert.deepEqual([title, details, status], ["transaction already exists", "", 409]);
    }
  });

  it("lets two tenants use one id", async () => {
    const elsewhere = await newTenant({ origins: [origin] });
    const stranger = await newUser(elsewhere);
    const first = payment();
    assert.equal((await initialize(first)).status, 200);
    const body = { ...first, user_id: stranger.userId };
    assert.equal(
      (await elsewhere.call("POST", "/transaction/initialize", body)).status,
      200,
    );
  });

  it("gets one token for one gesture", async () => {
    const begun = await initialize(payment());
    const assertion = user.passkey.get(begun.json, { origin });
    assert.equal((await finalize(assertion)).status, 200);
    const again = await finalize(assertion);
    assert.equal(again.status, 401);
    assert.equal(again.json.title, "failed to get session data");
  });

  it("offers every passkey but no second factor", async () => {
    const { userId, passkey } = await newUser(tenant);
    const second = await register(tenant, userId);
    const factor = await register(tenant, userId, { path: "/mfa/registration" });
    const begun = await initialize({ ...payment(), user_id: userId });
    const offered = begun.json.publicKey.allowCredentials.map(({ id }) => id);
    assert.deepEqual(offered.sort(), [passkey.id, second.passkey.id].sort());
    const refused = await finalize(factor.passkey.get(begun.json, { origin }));
    assert.equal(refused.status, 401);
  });

  it("is told of every attempt that is not the user's", async () => {
    const other = await newUser(tenant);
    const attempts = {
      "another's passkey": (options) => other.passkey.get(options, { origin }),
      "another page": (options) =>
        user.passkey.get(options, { origin: "https://evil.example" }),
      "another relying party": (options) =>
        user.passkey.get(options, { origin, rpId: "evil.example" }),
      "a registration's client data": (options) =>
        user.passkey.get(options, { origin, type: "webauthn.create" }),
      "a payment's client data": (options) =>
        user.passkey.get(options, { origin, type: "payment.get" }),
      "no verification of the user": (options) =>
        user.passkey.get(options, { origin, verified: false }),
      "no presence of the user": (options) =>
        user.passkey.get(options, { origin, present: false }),
      "a broken signature": (options) => forged(user.passkey.get(options, { origin })),
      "another's handle": (options) =>
        user.passkey.get(options, { origin, userHandle: other.passkey.userHandle }),
    };
    for (const [name, attempt] of Object.entries(attempts)) {
      const begun = await initialize(payment());
      const refused = await finalize(attempt(begun.json));
      assert.equal(refused.status, 401, `${name}: ${refused.text}`);
      assert.match(refused.json.title, /^failed to /, name);
    }
  });

  it("cannot turn a login into a payment, nor a payment into a login", async () => {
    const login = (await tenant.call("POST", "/login/initialize")).json;
    const asPayment = await finalize(user.passkey.get(login, { origin }));
    assert.equal(asPayment.status, 401);
    const begun = await initialize(payment());
    const assertion = user.passkey.get(begun.json, { origin });
    const asLogin = await tenant.call("POST", "/login/finalize", assertion);
    assert.equal(asLogin.status, 401);
  });

  it("lists what a user was asked to confirm", async () => {
    const { userId } = await newUser(tenant);
    const wanted = { ...payment({ b: 1, a: "<&>" }), user_id: userId };
    await initialize(wanted);
    const { status, json } = await tenant.call("GET", `/transaction/${userId}`);
    assert.equal(status, 200);
    assert.equal(json.length, 1);
    assert.equal(json[0].identifier, wanted.transaction_id);
    assert.equal(json[0].data, '{"a":"\\u003c\\u0026\\u003e","b":1}');
    assert.ok(json[0].id && json[0].created_at && json[0].updated_at);
  });
});

/** The backend on a free port. */
async function open(tenant, confirmed) {
  const app = express();
  app.use(express.json());
  addTransactions(app, tenant, confirmed);
  const server = createServer(app);
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const base = `http://127.0.0.1:${server.address().port}`;
  return {
    post: (path, body) => call("POST", `${base}${path}`, body),
    stop: () => server.close(),
  };
}
