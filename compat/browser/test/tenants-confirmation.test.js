// A shop that sends its customer to zegel's own page to approve a payment.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, it } from "node:test";

import { url } from "../../node/support/environment.js";
import { newTenant } from "../../node/support/tenants/admin.js";
import { ok } from "../../node/support/tenants/people.js";
import { startApp } from "../support/tenants/app.js";
import { launch, paymentSheet } from "../support/browser.js";

const payment = {
  amount: "123.45",
  currency: "EUR",
  payee: { name: "Zoë & Söhne <shop>", account: "DE02120300000000202051" },
  reason: "Invoice 7",
};

const icon =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

describe("the page that asks for approval", () => {
  let app;
  let browser;
  let tenant;
  let person;
  let userId;
  /** Where browsers reach zegel: a name below that of the relying party. */
  const page = url.replace("127.0.0.1", "pay.bank.localhost");
  before(async () => {
    app = await startApp();
    const bank = app.at("bank.localhost");
    const done = `${bank}/`;
    tenant = await newTenant({
      rpId: "bank.localhost",
      origins: [bank, page],
      zegel: { return_urls: [done] },
    });
    app.opens(tenant);
    browser = await launch(paymentSheet);
    person = await browser.person(bank);
    userId = `user-${randomUUID()}`;
    const { refused } = await person.call("registerForPayments", userId);
    assert.equal(refused, undefined, JSON.stringify(refused));
  });
  after(async () => {
    await browser?.close();
    app?.stop();
  });

  async function begun(differences) {
    const made = await tenant.call("POST", "/v2/transactions", {
      user_id: userId,
      transaction_id: `pay-${randomUUID()}`,
      payment,
      return_url: `${app.at("bank.localhost")}/`,
      ...differences,
    });
    const transaction = await ok(made, 201);
    return { ...transaction, link: `${page}${new URL(transaction.confirm_url).pathname}` };
  }
  const state = async ({ transaction_id: id }) =>
    (await ok(tenant.call("GET", `/v2/transactions/${id}`))).state;

  it("shows what is paid, and leads back once it is approved", async () => {
    const made = await begun();
    await person.page.goto(made.link);
    const shown = await person.page.innerText("main");
    for (const text of [
      "123.45",
      "EUR",
      payment.payee.name,
      payment.payee.account,
      "Invoice 7",
    ])
      assert.ok(shown.includes(text), `${text} is not in ${shown}`);
    await person.page.click("#approve");
    await person.page.waitForURL(`${app.at("bank.localhost")}/?*`);
    const { searchParams } = new URL(person.page.url());
    assert.equal(searchParams.get("transaction_id"), made.transaction_id);
    assert.equal(searchParams.get("state"), "confirmed");
    assert.deepEqual([...searchParams.keys()].sort(), ["state", "transaction_id"]);
    assert.equal(await state(made), "confirmed");
  });

  it("lets the browser show the payment once more, where the shop wants that", async () => {
    await person.device.answersPayments("autoAccept");
    const made = await begun({
      method: "secure_payment_confirmation",
      spc: { caller_origin: page, instrument: { display_name: "Account 2051", icon } },
    });
    await person.page.goto(made.link);
    await person.page.click("#approve");
    await person.page.waitForURL(`${app.at("bank.localhost")}/?*`);
    assert.equal(await state(made), "confirmed");
  });

  it("leads back when it is declined, too", async () => {
    const made = await begun();
    await person.page.goto(made.link);
    await person.page.click("#cancel");
    await person.page.waitForURL(`${app.at("bank.localhost")}/?*`);
    assert.equal(new URL(person.page.url()).searchParams.get("state"), "cancelled");
    assert.equal(await state(made), "cancelled");
  });

  it("approves nothing without the person's finger", async () => {
    const made = await begun();
    await person.device.verifies(false);
    await person.page.goto(made.link);
    await person.page.click("#approve");
    await person.page.waitForSelector("#problem:not([hidden])");
    assert.equal(await state(made), "pending");
    await person.device.verifies(true);
    await person.page.click("#approve");
    await person.page.waitForURL(`${app.at("bank.localhost")}/?*`);
    assert.equal(await state(made), "confirmed");
  });

  it("tells the page that opened it, and no other", async () => {
    const made = await begun();
    await person.visit(app.at("bank.localhost"));
    await person.page.evaluate(() => {
      globalThis.heard = new Promise((resolve) =>
        addEventListener("message", ({ origin, data }) => resolve({ origin, data }), {
          once: true,
        }),
      );
    });
    const opened = person.page.waitForEvent("popup");
    await person.page.evaluate(
      (link) => void open(link, "", "popup"),
      `${made.link}?popup=1`,
    );
    const popup = await opened;
    await popup.waitForSelector("#cancel", { state: "visible" });
    await popup.click("#cancel");
    const { origin, data } = await person.page.evaluate(() => globalThis.heard);
    assert.equal(origin, page);
    assert.deepEqual(data, {
      type: "zegel:transaction",
      transaction_id: made.transaction_id,
      state: "cancelled",
    });
    await popup.close();
  });

  it("is asked by itself only", async () => {
    const made = await begun();
    await person.visit(app.at("bank.localhost"));
    const status = await person.page.evaluate(
      async (address) =>
        fetch(address, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: "{}",
        }).then(
          ({ status }) => status,
          ({ name }) => name,
        ),
      `${made.link}/cancel`,
    );
    assert.ok(status === "TypeError" || status === 403, `${status}`);
    assert.equal(await state(made), "pending");
  });
});
