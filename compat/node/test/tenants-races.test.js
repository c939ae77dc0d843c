// The same thing asked for a hundred times at once.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { before, describe, it } from "node:test";

import { newTenant } from "../support/tenants/admin.js";
import { answered, newUser, ok } from "../support/tenants/people.js";
import { claimsOf } from "../support/tenants/tokens.js";

const origin = "http://localhost:3000";
const HUNDRED = 100;

const hundredTimes = (ask) => Promise.all(Array.from({ length: HUNDRED }, ask));

/** How many answers have which status. */
function statuses(answers) {
  const counts = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

describe("a hundred at once", () => {
  let tenant;
  let user;
  before(async () => {
    tenant = await newTenant({ origins: [origin] });
    user = await newUser(tenant);
  });

  const payment = { amount: "123.45", currency: "EUR", payee: { name: "Shop" } };
  const transaction = (id) => ({
    user_id: user.userId,
    transaction_id: id,
    transaction_data: payment,
  });

  it("begin one transaction once", async () => {
    const body = transaction(`race-${randomUUID()}`);
    const answers = await hundredTimes(() =>
      tenant.call("POST", "/transaction/initialize", body),
    );
    assert.deepEqual(statuses(answers), { 200: 1, 409: HUNDRED - 1 });
  });

  it("get one token for one confirmation", async () => {
    const body = transaction(`race-${randomUUID()}`);
    const assertion = await answered(tenant, "/transaction", body, user.passkey);
    const answers = await hundredTimes(() =>
      tenant.call("POST", "/transaction/finalize", assertion),
    );
    assert.deepEqual(statuses(answers), { 200: 1, 401: HUNDRED - 1 });
  });

  it("get one token for one login", async () => {
    const assertion = await answered(tenant, "/login", undefined, user.passkey);
    const answers = await hundredTimes(() =>
      tenant.call("POST", "/login/finalize", assertion, { key: null }),
    );
    assert.deepEqual(statuses(answers), { 200: 1, 401: HUNDRED - 1 });
  });

  it("register one passkey once", async () => {
    const { passkey } = await newUser(tenant);
    const user = { user_id: `race-${randomUUID()}`, username: "race" };
    const options = await ok(tenant.call("POST", "/registration/initialize", user));
    passkey.rawId = Buffer.from(randomUUID());
    const attestation = passkey.create(options, { origin });
    const answers = await hundredTimes(() =>
      tenant.call("POST", "/registration/finalize", attestation, { key: null }),
    );
    assert.deepEqual(statuses(answers), { 200: 1, 400: HUNDRED - 1 });
    const list = await ok(tenant.call("GET", `/credentials?user_id=${user.user_id}`));
    assert.equal(list.length, 1);
  });

  it("begin one payment once, or are asked to ask again", async () => {
    const transaction_id = `race-${randomUUID()}`;
    const body = { user_id: user.userId, transaction_id, payment };
    const answers = await hundredTimes(() => tenant.call("POST", "/v2/transactions", body));
    const { 201: begun, 200: known, 503: busy = 0, ...others } = statuses(answers);
    assert.deepEqual(others, {});
    assert.equal(begun, 1);
    assert.equal(known + busy, HUNDRED - 1);
    const ids = answers.filter(({ status }) => status < 300).map(({ json }) => json.id);
    assert.equal(new Set(ids).size, 1);
    // Each answer renewed the challenge; only the last one is still good.
    const [last, ...rest] = [
      await ok(tenant.call("POST", "/v2/transactions", body)),
      ...answers.filter(({ status }) => status < 300).map(({ json }) => json),
    ];
    const confirm = (options) => {
      const assertion = user.passkey.get(options, { origin });
      return tenant.call("POST", `/v2/transactions/${transaction_id}/confirm`, assertion);
    };
    assert.equal((await confirm(rest[0])).status, 401);
    assert.equal((await confirm(last)).status, 200);
  });

  it("confirm one payment once, and all read the same token", async () => {
    const id = `race-${randomUUID()}`;
    const body = { user_id: user.userId, transaction_id: id, payment };
    const begun = await ok(tenant.call("POST", "/v2/transactions", body), 201);
    const assertion = user.passkey.get(begun, { origin });
    const answers = await hundredTimes(() =>
      tenant.call("POST", `/v2/transactions/${id}/confirm`, assertion),
    );
    assert.deepEqual(statuses(answers), { 200: HUNDRED });
    const tokens = new Set(answers.map(({ json }) => claimsOf(json.token).jti));
    assert.equal(tokens.size, 1);
  });

  it("consume one payment once", async () => {
    const id = `race-${randomUUID()}`;
    const body = { user_id: user.userId, transaction_id: id, payment };
    const begun = await ok(tenant.call("POST", "/v2/transactions", body), 201);
    const assertion = user.passkey.get(begun, { origin });
    await ok(tenant.call("POST", `/v2/transactions/${id}/confirm`, assertion));
    const answers = await hundredTimes(() =>
      tenant.call("POST", `/v2/transactions/${id}/consume`, { payment }),
    );
    assert.deepEqual(statuses(answers), { 200: 1, 409: HUNDRED - 1 });
    const late = answers.filter(({ status }) => status === 409);
    assert.ok(late.every(({ json }) => json.code === "already_consumed"));
  });
});
