// A person who pays with a passkey in a real browser, on the shop's page and on the browser's
// own payment sheet.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, it } from "node:test";

import { newTenant } from "../../node/support/tenants/admin.js";
import { ok } from "../../node/support/tenants/people.js";
import { startApp } from "../support/tenants/app.js";
import { launch, paymentSheet } from "../support/browser.js";
import { verified } from "../support/tenants/tokens.js";

const payment = {
  amount: "123.45",
  currency: "EUR",
  payee: { name: "Zoë & Söhne", account: "DE02120300000000202051" },
};

let browser;
let tenant;
before(async () => {
  browser = await launch(paymentSheet);
});
after(() => browser?.close());

const newUserId = () => `user-${randomUUID()}`;

async function claims(answer) {
  const { refused, token } = await answer;
  assert.equal(refused, undefined, JSON.stringify(refused));
  return (await verified(tenant, token)).claims;
}

async function refused(answer, name) {
  const { refused } = await answer;
  assert.equal(refused?.name, name, JSON.stringify(await answer));
  return refused;
}

const begin = (userId, differences) =>
  tenant.call("POST", "/v2/transactions", {
    user_id: userId,
    transaction_id: `pay-${randomUUID()}`,
    payment,
    ...differences,
  });
const begun = async (userId, differences) => ok(begin(userId, differences), 201);
const act = ({ transaction_id: id }, verb, body) =>
  tenant.call("POST", `/v2/transactions/${id}/${verb}`, body);
const state = async ({ transaction_id: id }) =>
  (await ok(tenant.call("GET", `/v2/transactions/${id}`))).state;

describe("a payment on the shop's page", () => {
  let app;
  let person;
  let userId;
  before(async () => {
    app = await startApp();
    tenant = await newTenant({ origins: [app.origin] });
    app.opens(tenant);
    person = await browser.person(app.origin);
    userId = newUserId();
    await claims(person.call("register", userId));
  });
  after(() => app?.stop());

  const guided = () => ({
    user_id: userId,
    transaction_id: `pay-${randomUUID()}`,
    transaction_data: payment,
  });

  for (const way of ["native", "webauthnJson", "simplewebauthn"]) {
    it(`is confirmed as the published guide says, with ${way}`, async () => {
      const transaction = guided();
      const { trans, sub, use } = await claims(
        person.call("confirm", transaction, { way }),
      );
      assert.equal(trans, transaction.transaction_id);
      assert.equal(sub, userId);
      assert.equal(use, "transaction");
    });

    it(`is confirmed and carried out once, with ${way}`, async () => {
      const made = await begun(userId);
      const { trans, txd } = await claims(person.call("pay", made, { way }));
      assert.equal(trans, made.transaction_id);
      assert.equal(txd, made.digest);
      const { transaction } = await ok(act(made, "consume", { payment }));
      assert.equal(transaction.consumed, true);
      assert.equal((await act(made, "consume", { payment })).status, 409);
    });
  }

  it("is not asked for twice", async () => {
    const transaction = guided();
    await claims(person.call("confirm", transaction));
    const again = await refused(person.call("confirm", transaction), "Refused");
    assert.equal(again.status, 409);
    assert.equal(again.message, "transaction already exists");
  });

  it("is called off while the person hesitates", async () => {
    const made = await begun(userId);
    await person.device.present(false);
    await refused(person.call("pay", made, { patience: 300 }), "TimeoutError");
    await ok(act(made, "cancel"));
    await person.device.present(true);
    await refused(person.call("pay", made), "Refused");
    assert.equal(await state(made), "cancelled");
  });

  it("is confirmed at the second attempt when the first took too long", async () => {
    const made = await begun(userId);
    await person.device.present(false);
    await refused(person.call("pay", made, { patience: 300 }), "TimeoutError");
    await person.device.present(true);
    assert.equal(await state(made), "pending");
    const { publicKey } = await ok(act(made, "challenge"));
    await claims(person.call("pay", { ...made, publicKey }));
    assert.equal(await state(made), "confirmed");
  });

  it("is not confirmed without the person's finger", async () => {
    const made = await begun(userId);
    await person.device.verifies(false);
    await refused(person.call("pay", made), "NotAllowedError");
    await person.device.verifies(true);
    assert.equal(await state(made), "pending");
  });

  it("is not confirmed by another person", async () => {
    const stranger = await browser.person(app.origin);
    await claims(stranger.call("register", newUserId()));
    const made = await begun(userId);
    await refused(stranger.call("pay", made), "NotAllowedError");
  });

  it("is confirmed on a second device", async () => {
    const phone = await browser.person(app.origin);
    await claims(phone.call("register", userId));
    const made = await begun(userId);
    assert.equal(made.publicKey.allowCredentials.length, 2);
    assert.equal((await claims(phone.call("pay", made))).txd, made.digest);
  });
});

describe("a payment on the browser's own sheet", () => {
  const bank = () => app.at("bank.localhost");
  const shop = () => app.at("shop.merchant.localhost");
  const icon =
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
  const instrument = { display_name: "Account 2051", icon };
  const payee_origin = "https://merchant.example";

  let app;
  let person;
  let userId;
  before(async () => {
    app = await startApp();
    tenant = await newTenant({
      rpId: "bank.localhost",
      origins: [bank()],
      cors: [bank(), shop()],
      zegel: { payment_caller_origins: [bank(), shop()], top_origins: [bank(), shop()] },
    });
    app.opens(tenant);
    person = await browser.person(bank());
    userId = newUserId();
    const { use } = await claims(person.call("registerForPayments", userId));
    assert.equal(use, "registration");
  });
  after(() => app?.stop());

  const onSheet = (caller_origin, differences) => ({
    method: "secure_payment_confirmation",
    spc: { caller_origin, payee_origin, instrument },
    ...differences,
  });

  for (const [name, page] of [
    ["of the bank", bank],
    ["of a shop", shop],
  ]) {
    it(`is confirmed from a page ${name}`, async () => {
      await person.visit(page());
      await person.device.answersPayments("autoAccept");
      const made = await begun(userId, onSheet(page()));
      assert.equal(made.method, "secure_payment_confirmation");
      assert.equal(made.publicKey, undefined);
      const { payment_request: request } = made;
      assert.equal(request.rpId, "bank.localhost");
      assert.deepEqual(request.total.amount, { currency: "EUR", value: "123.45" });
      assert.equal(request.payeeName, payment.payee.name);
      assert.equal(request.payeeOrigin, payee_origin);
      assert.equal(request.instrument.displayName, instrument.display_name);
      assert.equal(request.instrument.icon, icon);

      const { trans, txd } = await claims(person.call("payOnSheet", made));
      assert.equal(trans, made.transaction_id);
      assert.equal(txd, made.digest);
      assert.equal(await state(made), "confirmed");
      const receipt = await ok(
        tenant.call("GET", `/v2/transactions/${made.transaction_id}/receipt`),
      );
      assert.equal(JSON.parse(receipt.record).detail.transaction.digest, made.digest);
    });
  }

  const lies = {
    "another amount": {
      total: { label: "Total", amount: { currency: "EUR", value: "1.00" } },
    },
    "another currency": {
      total: { label: "Total", amount: { currency: "USD", value: "123.45" } },
    },
    "another payee": { payeeName: "Somebody nice" },
    "another payee's origin": { payeeOrigin: "https://nice.example" },
    "another account": { instrument: { displayName: "Account 1", icon } },
  };
  for (const [name, changes] of Object.entries(lies)) {
    it(`is not confirmed when the page showed ${name}`, async () => {
      await person.visit(shop());
      await person.device.answersPayments("autoAccept");
      const made = await begun(userId, onSheet(shop()));
      const answer = await refused(person.call("payOnSheet", made, changes), "Refused");
      assert.equal(answer.status, 401);
      assert.equal(await state(made), "pending");
    });
  }

  it("is not confirmed from a page other than was agreed", async () => {
    await person.visit(shop());
    await person.device.answersPayments("autoAccept");
    const made = await begun(userId, onSheet(bank()));
    assert.equal((await refused(person.call("payOnSheet", made), "Refused")).status, 401);
  });

  it("is not begun for a page the tenant does not list", async () => {
    const elsewhere = onSheet("http://evil.localhost");
    assert.equal((await begin(userId, elsewhere)).status, 400);
  });

  for (const [mode, name] of [
    ["autoReject", "AbortError"],
    ["autoOptOut", "OptOutError"],
    ["autoChooseToAuthAnotherWay", "NotAllowedError"],
  ]) {
    it(`stays pending when the person answers ${mode}`, async () => {
      await person.visit(shop());
      await person.device.answersPayments(mode);
      const made = await begun(userId, onSheet(shop()));
      await refused(person.call("payOnSheet", made), name);
      assert.equal(await state(made), "pending");
      assert.equal((await ok(act(made, "cancel"))).state, "cancelled");
    });
  }

  it("is never a login, nor a plain confirmation, nor the other way round", async () => {
    await person.visit(bank());
    await person.device.answersPayments("autoAccept");
    const made = await begun(userId, onSheet(bank()));
    const signed = await person.call("showSheet", made);
    assert.equal(signed.refused, undefined, JSON.stringify(signed.refused));
    const clientData = JSON.parse(Buffer.from(signed.response.clientDataJSON, "base64url"));
    assert.equal(clientData.type, "payment.get");
    const login = await tenant.call("POST", "/login/finalize", signed);
    assert.equal(login.status, 401);

    const plain = await begun(userId);
    const other = await act(plain, "confirm", signed);
    assert.equal(other.status, 401);
    assert.equal(await state(plain), "pending");
    await claims(person.call("logIn"));
  });

  it("needs a passkey that was made for it", async () => {
    const other = await browser.person(bank());
    const plainUser = newUserId();
    await claims(other.call("register", plainUser));
    await other.device.answersPayments("autoAccept");
    const made = await begin(plainUser, onSheet(bank()));
    assert.equal(made.status, 400, made.text);
  });
});
