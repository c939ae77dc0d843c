// A bank's page inside a shop's: who frames a ceremony is signed, and the tenant decides.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, it } from "node:test";

import { admin, configuration, newTenant } from "../../node/support/tenants/admin.js";
import { ok } from "../../node/support/tenants/people.js";
import { startApp } from "../support/tenants/app.js";
import { launch } from "../support/browser.js";
import { verified } from "../support/tenants/tokens.js";

describe("a page inside another site's", () => {
  let app;
  let browser;
  let tenant;
  let person;
  let frame;
  const userId = `user-${randomUUID()}`;
  before(async () => {
    app = await startApp();
    const bank = app.at("bank.localhost");
    tenant = await newTenant({ rpId: "bank.localhost", origins: [bank] });
    app.opens(tenant);
    browser = await launch();
    person = await browser.person(bank);
    const { refused } = await person.call("register", userId);
    assert.equal(refused, undefined, JSON.stringify(refused));

    await person.visit(app.at("shop.merchant.localhost"));
    await person.page.evaluate((src) => {
      const allow = "publickey-credentials-get; publickey-credentials-create";
      document.body.append(Object.assign(document.createElement("iframe"), { src, allow }));
    }, bank);
    const element = await person.page.waitForSelector("iframe");
    frame = await element.contentFrame();
    await frame.waitForFunction(() => globalThis.app);
  });
  after(async () => {
    await browser?.close();
    app?.stop();
  });

  /** Lets these sites frame the tenant's ceremonies. */
  const framedBy = (top_origins) => {
    const settings = { rpId: "bank.localhost", origins: [app.at("bank.localhost")] };
    const config = configuration({ ...settings, zegel: { top_origins } });
    return ok(admin("PUT", `/tenants/${tenant.id}/config`, config), 204);
  };
  const logIn = () => frame.evaluate(() => globalThis.app.logIn());

  it("logs nobody in unless the tenant lists that site", async () => {
    for (const others of [[], ["https://elsewhere.example"]]) {
      await framedBy(others);
      assert.equal((await logIn()).refused?.status, 401);
    }
  });

  it("logs in where the tenant lists it", async () => {
    await framedBy([app.at("shop.merchant.localhost")]);
    const { refused, token } = await logIn();
    assert.equal(refused, undefined, JSON.stringify(refused));
    assert.equal((await verified(tenant, token)).claims.sub, userId);
  });
});
