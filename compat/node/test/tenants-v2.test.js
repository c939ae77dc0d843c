// Transactions as a bank needs them: typed, tried a few times, cancelled, consumed, proven.

import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { newTenant } from "../support/tenants/admin.js";
import { Passkey, forged } from "../support/tenants/authenticator.js";
import { newUser, ok, register } from "../support/tenants/people.js";
import { verified } from "../support/tenants/tokens.js";

const origin = "http://localhost:3000";
const transactions = "/v2/transactions";

const payment = {
  amount: "123.45",
  currency: "EUR",
  payee: { name: "Zoë & Söhne", account: "DE02120300000000202051" },
  reason: "Invoice 7",
};

describe("a transaction", () => {
  let tenant;
  let user;
  let short;
  before(async () => {
    tenant = await newTenant({
      origins: [origin],
      zegel: { return_urls: ["http://localhost:3000/done"] },
    });
    user = await newUser(tenant);
    // Begun first, so that it has run out by the time the last test asks.
    short = await ok(begin({ expires_in_seconds: 30 }), 201);
  });

  const begin = (differences) =>
    tenant.call("POST", transactions, {
      user_id: user.userId,
      transaction_id: `v2/${randomUUID()} ä`,
      payment,
      ...differences,
    });
  const begun = async (differences) => ok(begin(differences), 201);
  const path = (id, verb = "") =>
    `${transactions}/${encodeURIComponent(id)}${verb && `/${verb}`}`;
  const act = ({ transaction_id: id }, verb, body) =>
    tenant.call("POST", path(id, verb), body);
  const state = async ({ transaction_id: id }) => ok(tenant.call("GET", path(id)));
  const answerTo = (options, how) => user.passkey.get(options, { origin, ...how });
  const refused = async (promise, status, code) => {
    const answer = await promise;
    assert.equal(answer.status, status, answer.text);
    assert.equal(answer.json.code, code, answer.text);
    assert.equal(answer.json.status, status);
    assert.equal(typeof answer.json.title, "string");
    assert.equal(typeof answer.json.details, "string");
    return answer.json;
  };

  it("shows what it is", async () => {
    const made = await begun();
    assert.equal(made.state, "pending");
    assert.equal(made.method, "webauthn");
    assert.equal(made.consumed, false);
    assert.equal(made.user_id, user.userId);
    assert.deepEqual(made.payment, payment);
    assert.match(made.digest, /^[0-9a-f]{64}$/);
    assert.equal(made.attempts_left, 5);
    assert.match(made.id, /^[0-9a-f-]{36}$/);
    assert.ok(made.confirm_url.endsWith(`/confirm/${made.id}`));
    const life = Date.parse(made.expires_at) - Date.parse(made.created_at);
    assert.ok(Math.abs(life - 300_000) < 2000, `${life}`);
    assert.equal(made.publicKey.userVerification, "required");
    assert.deepEqual(made.publicKey.allowCredentials, [
      { type: "public-key", id: user.passkey.id },
    ]);
    const { publicKey, ...shown } = made;
    assert.ok(publicKey);
    const got = await state(made);
    for (const name of Object.keys(shown)) assert.deepEqual(got[name], shown[name], name);
  });

  it("puts everything that was agreed into its challenge", async () => {
    const made = await begun();
    const number = (value) => {
      const bytes = Buffer.alloc(8);
      bytes.writeBigUInt64BE(BigInt(value));
      return bytes;
    };
    const canonical = JSON.stringify({
      amount: payment.amount,
      currency: payment.currency,
      payee: { account: payment.payee.account, name: payment.payee.name },
      reason: payment.reason,
    });
    const hash = createHash("sha256").update("zegel transaction v2\n");
    const parts = [
      Buffer.from(tenant.id.replaceAll("-", ""), "hex"),
      user.userId,
      made.transaction_id,
      canonical,
      "localhost",
      "webauthn",
      number(Date.parse(made.expires_at)),
    ];
    for (const part of parts.map((part) => Buffer.from(part)))
      hash.update(number(part.length)).update(part);
    const digest = hash.digest("hex");
    assert.equal(made.digest, digest);
    const challenge = Buffer.from(made.publicKey.challenge, "base64url");
    assert.equal(challenge.length, 64);
    assert.equal(challenge.subarray(32).toString("hex"), digest);
  });

  it("is confirmed once, and tells it again to whoever lost the answer", async () => {
    const made = await begun();
    const assertion = answerTo(made);
    const { transaction, token } = await ok(act(made, "confirm", assertion));
    assert.equal(transaction.state, "confirmed");
    assert.ok(transaction.confirmed_at);
    const { claims } = await verified(tenant, token);
    assert.equal(claims.sub, user.userId);
    assert.equal(claims.use, "transaction");
    assert.equal(claims.trans, made.transaction_id);
    assert.equal(claims.txd, made.digest);
    assert.ok(claims.amr.includes("webauthn") && claims.amr.includes("user"));

    const again = await ok(act(made, "confirm", assertion));
    assert.deepEqual(again.transaction, transaction);
    assert.equal((await verified(tenant, again.token)).claims.jti, claims.jti);
    const other = await act(made, "confirm", answerTo(made));
    assert.ok([401, 409].includes(other.status), other.text);
  });

  it("is the same when it is asked for again, with a fresh challenge", async () => {
    const made = await begun();
    const { transaction_id } = made;
    const again = await ok(begin({ transaction_id }));
    assert.equal(again.id, made.id);
    assert.equal(again.digest, made.digest);
    assert.notEqual(again.publicKey.challenge, made.publicKey.challenge);
    assert.equal((await act(made, "confirm", answerTo(made))).status, 401);
    // What nobody waits for any more is no attempt, and leaves the fresh challenge alone.
    assert.equal((await state(made)).attempts_left, 5);
    await ok(act(made, "confirm", answerTo(again)));
    await refused(begin({ transaction_id }), 409, "transaction_exists");
  });

  it("is not another payment, nor another user's", async () => {
    const { transaction_id } = await begun();
    const more = { ...payment, amount: "123.46" };
    await refused(begin({ transaction_id, payment: more }), 409, "transaction_exists");
    const { userId } = await newUser(tenant);
    await refused(begin({ transaction_id, user_id: userId }), 409, "transaction_exists");
  });

  it("takes a fresh challenge, which voids the one before", async () => {
    const made = await begun();
    const fresh = await ok(act(made, "challenge"));
    assert.notEqual(fresh.publicKey.challenge, made.publicKey.challenge);
    assert.equal((await act(made, "confirm", answerTo(made))).status, 401);
    await ok(act(made, "confirm", answerTo(fresh)));
  });

  it("is blocked after five failures, for good", async () => {
    const made = await begun();
    let options = made;
    for (let left = 4; left >= 0; left -= 1) {
      const failed = await act(made, "confirm", forged(answerTo(options)));
      assert.equal(failed.status, 401, failed.text);
      assert.equal((await state(made)).attempts_left, left);
      if (left > 0) options = await ok(act(made, "challenge"));
    }
    assert.equal((await state(made)).state, "blocked");
    await refused(act(made, "confirm", answerTo(options)), 409, "transaction_blocked");
    const challenge = await act(made, "challenge");
    assert.equal(challenge.status, 409);
  });

  it("is cancelled, and then confirmed by nobody", async () => {
    const made = await begun();
    const assertion = answerTo(made);
    assert.equal((await ok(act(made, "cancel"))).state, "cancelled");
    const late = await act(made, "confirm", assertion);
    assert.ok([401, 409].includes(late.status), late.text);
    assert.equal((await state(made)).state, "cancelled");
    const confirmed = await begun();
    await ok(act(confirmed, "confirm", answerTo(confirmed)));
    assert.equal((await act(confirmed, "cancel")).status, 409);
  });

  it("is consumed once, for what was agreed", async () => {
    const made = await begun();
    await refused(act(made, "consume", { payment }), 409, "not_confirmed");
    await ok(act(made, "confirm", answerTo(made)));
    for (const differences of [
      { amount: "123.40" },
      { currency: "USD" },
      { payee: { name: payment.payee.name } },
      { reason: undefined },
      { reference: "more" },
    ]) {
      const other = { ...payment, ...differences };
      await refused(act(made, "consume", { payment: other }), 409, "payment_mismatch");
    }
    const { transaction } = await ok(act(made, "consume", { payment }));
    assert.equal(transaction.consumed, true);
    await refused(act(made, "consume", { payment }), 409, "already_consumed");
  });

  it("cannot be confirmed by anybody else, nor by anything else", async () => {
    const made = await begun();
    const other = await newUser(tenant);
    const factor = await register(tenant, user.userId, { path: "/mfa/registration" });
    const attempts = [
      (options) => other.passkey.get(options, { origin }),
      (options) => factor.passkey.get(options, { origin }),
      (options) => answerTo(options, { type: "payment.get" }),
      (options) => answerTo(options, { origin: "http://localhost:3001" }),
    ];
    let options = made;
    for (const attempt of attempts) {
      assert.equal((await act(made, "confirm", attempt(options))).status, 401);
      options = await ok(act(made, "challenge"));
    }
    await ok(act(made, "confirm", answerTo(options)));
    await ok(tenant.call("DELETE", `/credentials/${factor.passkey.id}`), 204);
  });

  it("is not confirmed by a login", async () => {
    const made = await begun();
    const login = await ok(tenant.call("POST", "/login/initialize"));
    assert.equal((await act(made, "confirm", answerTo(login))).status, 401);
    const asLogin = await tenant.call("POST", "/login/finalize", answerTo(made));
    assert.equal(asLogin.status, 401);
    assert.equal((await state(made)).state, "pending");
  });

  it("is listed by user and by state", async () => {
    const somebody = await newUser(tenant);
    const ids = [];
    for (let n = 0; n < 3; n += 1)
      ids.push((await begun({ user_id: somebody.userId })).transaction_id);
    await ok(act({ transaction_id: ids[0] }, "cancel"));
    const list = async (query) =>
      (
        await ok(tenant.call("GET", `${transactions}?user_id=${somebody.userId}${query}`))
      ).map(({ transaction_id }) => transaction_id);
    assert.deepEqual((await list("")).sort(), [...ids].sort());
    assert.deepEqual(await list("&state=cancelled"), [ids[0]]);
    assert.equal((await list("&state=pending")).length, 2);
    assert.equal((await list("&page=2&per_page=2")).length, 1);
  });

  const unreadable = {
    "a number for an amount": { amount: 123.45 },
    "an exponent": { amount: "1e3" },
    "a negative amount": { amount: "-1.00" },
    "a leading zero": { amount: "01.00" },
    "a space": { amount: " 1.00" },
    "more decimals than the currency has": { amount: "1.001" },
    "decimals where the currency has none": { amount: "1.5", currency: "JPY" },
    "no such currency": { currency: "ZZZ" },
    "a currency in small letters": { currency: "eur" },
    "nobody to pay": { payee: undefined },
    "a payee without a name": { payee: { name: "" } },
    "a line break in a text": { reason: "one\ntwo" },
    "a text too long": { reason: "x".repeat(141) },
    "a member nobody knows": { colour: "green" },
    "a payee's member nobody knows": { payee: { name: "Shop", iban: "DE02" } },
  };
  for (const [name, differences] of Object.entries(unreadable)) {
    it(`is not begun with ${name}`, async () => {
      const answer = await begin({ payment: { ...payment, ...differences } });
      assert.equal(answer.status, 400, answer.text);
      assert.equal(typeof answer.json.code, "string");
    });
  }

  it("is not begun with one member twice", async () => {
    const body = `{"user_id":"${user.userId}","transaction_id":"twice","payment":
      {"amount":"1.00","amount":"2.00","currency":"EUR","payee":{"name":"Shop"}}}`;
    assert.equal((await tenant.call("POST", transactions, body)).status, 400);
  });

  it("is not begun for a life too short or too long, or a page nobody listed", async () => {
    for (const expires_in_seconds of [0, 29, 3601, -1, 1.5, "60"])
      assert.equal(
        (await begin({ expires_in_seconds })).status,
        400,
        `${expires_in_seconds}`,
      );
    for (const return_url of [
      "https://evil.example/done",
      "http://localhost:3000/other",
      "javascript:alert(1)",
    ])
      assert.equal((await begin({ return_url })).status, 400, return_url);
    await begun({ return_url: "http://localhost:3000/done" });
  });

  it("is begun for known users with a passkey only", async () => {
    const nobody = await begin({ user_id: "nobody" });
    assert.equal(nobody.status, 404, nobody.text);
    const { userId, passkey } = await newUser(tenant);
    await ok(tenant.call("DELETE", `/credentials/${passkey.id}`), 204);
    assert.equal((await begin({ user_id: userId })).status, 400);
  });

  it("is nobody else's to see", async () => {
    const { transaction_id: id } = await begun();
    const other = await newTenant({ origins: [origin] });
    assert.equal((await other.call("GET", path(id))).status, 404);
    assert.equal(
      (await tenant.call("GET", path(id), undefined, { key: null })).status,
      401,
    );
    const stranger = { key: other.apiKey };
    assert.equal((await tenant.call("GET", path(id), undefined, stranger)).status, 401);
    assert.equal((await tenant.call("GET", path(randomUUID()))).status, 404);
  });

  it("gives a receipt once it is confirmed", async () => {
    const made = await begun();
    const receipt = () => tenant.call("GET", path(made.transaction_id, "receipt"));
    assert.ok([404, 409].includes((await receipt()).status));
    await ok(act(made, "confirm", answerTo(made)));
    const document = await ok(receipt());
    assert.equal(document.version, 1);
    assert.match(document.salt, /^[0-9a-f]{64}$/);
    assert.equal(typeof document.receipt, "string");
    const { detail } = JSON.parse(document.record);
    assert.equal(detail.transaction.transactionId, made.transaction_id);
    assert.equal(detail.transaction.digest, made.digest);
    assert.deepEqual(JSON.parse(detail.transaction.payment), payment);
    assert.equal(detail.credential.id, user.passkey.id);
    assert.deepEqual(
      Buffer.from(detail.credential.publicKey, "base64url"),
      user.passkey.publicKey,
    );
  });

  it("tells an authenticator which passkeys there still are", async () => {
    const { userId, passkey } = await newUser(tenant);
    const second = await register(tenant, userId, { passkey: new Passkey() });
    await ok(tenant.call("DELETE", `/credentials/${passkey.id}`), 204);
    const signals = await ok(tenant.call("GET", `/users/${userId}/signals`));
    assert.equal(signals.rpId, "localhost");
    assert.equal(signals.userId, passkey.userHandle);
    assert.deepEqual(signals.allAcceptedCredentialIds, [second.passkey.id]);
  });

  it("expires", async () => {
    const assertion = answerTo(short);
    const left = Date.parse(short.expires_at) - Date.now() + 100;
    if (left > 0) await sleep(left);
    const late = await act(short, "confirm", assertion);
    assert.ok([401, 409].includes(late.status), late.text);
    assert.equal((await state(short)).state, "expired");
    await refused(act(short, "consume", { payment }), 409, "transaction_expired");
  });
});
