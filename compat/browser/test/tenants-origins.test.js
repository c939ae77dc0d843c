// One relying party, several sites: a browser asks `/.well-known/webauthn` of the relying party
// whether a page of another name may use its passkeys.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, it } from "node:test";

import { newTenant } from "../../node/support/tenants/admin.js";
import { ok } from "../../node/support/tenants/people.js";
import { startApp } from "../support/tenants/app.js";
import { launch } from "../support/browser.js";
import { onlyLeads, startNames } from "../support/tenants/names.js";
import { verified } from "../support/tenants/tokens.js";

const main = "https://bank.test";
const related = "https://shop.test";
const stranger = "https://evil.test";
const wellKnown = "/.well-known/webauthn";

describe("a page of another site", () => {
  let names;
  let app;
  let tenant;
  let browser;
  before(async () => {
    names = await startNames();
    app = await startApp();
    tenant = await newTenant({
      rpId: "bank.test",
      origins: [main],
      zegel: { related_origins: [related] },
    });
    app.opens(tenant);
    names.places["shop.test"] = app.answer;
    names.places["evil.test"] = app.answer;
    // The relying party's own site serves the list, which it has from zegel.
    names.places["bank.test"] = onlyLeads(wellKnown, `${tenant.url}${wellKnown}`);
    browser = await launch(...names.browserArguments);
  });
  after(async () => {
    await browser?.close();
    app?.stop();
    names?.stop();
  });

  it("finds itself in the list, without any key", async () => {
    const list = await ok(tenant.call("GET", wellKnown, undefined, { key: null }));
    assert.deepEqual(list, { origins: [related] });
  });

  it("makes and uses passkeys if it is listed", async () => {
    const person = await browser.person(related);
    const userId = `user-${randomUUID()}`;
    const { refused, token } = await person.call("register", userId);
    assert.equal(refused, undefined, JSON.stringify(refused));
    const { claims } = await verified(tenant, token);
    assert.deepEqual([claims.sub, claims.aud], [userId, ["bank.test"]]);
    const login = await person.call("logIn");
    assert.equal((await verified(tenant, login.token)).claims.sub, userId);
  });

  it("is refused by the browser if it is not", async () => {
    const person = await browser.person(stranger);
    const { refused } = await person.call("register", `user-${randomUUID()}`);
    assert.equal(refused?.name, "SecurityError", JSON.stringify(refused));
  });
});
