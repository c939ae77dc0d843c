// What a page without a key may ask, and from where.

import assert from "node:assert/strict";
import { before, describe, it } from "node:test";

import { adminUrl, configuration, newTenant, admin } from "../support/tenants/admin.js";
import { call } from "../support/tenants/http.js";
import { answered, newUser } from "../support/tenants/people.js";

const origin = "http://localhost:3000";

const allowed = ({ headers }) => headers.get("access-control-allow-origin");

describe("a page", () => {
  let tenant;
  before(async () => {
    tenant = await newTenant({
      origins: [origin],
      cors: [origin, "https://*.example.com", "https://exact.example.org"],
    });
  });

  const preflight = (from, path = "/login/initialize", headers = "content-type") =>
    tenant.call("OPTIONS", path, undefined, {
      key: null,
      headers: {
        origin: from,
        "access-control-request-method": "POST",
        "access-control-request-headers": headers,
      },
    });
  const ask = (from) =>
    tenant.call("POST", "/login/initialize", undefined, {
      key: null,
      headers: { origin: from, "content-type": "application/json" },
    });

  it("of an origin the tenant lists may log in without a key", async () => {
    const user = await newUser(tenant);
    for (const from of [origin, "https://app.example.com", "https://exact.example.org"]) {
      const before = await preflight(from);
      assert.equal(before.status, 204, from);
      assert.equal(allowed(before), from);
      assert.match(before.headers.get("access-control-allow-methods"), /POST/);
      assert.match(before.headers.get("access-control-allow-headers"), /content-type/i);
      assert.equal(before.headers.get("access-control-allow-credentials"), "true");
      assert.equal(before.headers.get("access-control-max-age"), "7200");
      assert.match(before.headers.get("vary"), /origin/i);

      const begun = await ask(from);
      assert.equal(begun.status, 200);
      assert.equal(allowed(begun), from);
      const assertion = await answered(tenant, "/login", undefined, user.passkey);
      const done = await tenant.call("POST", "/login/finalize", assertion, {
        key: null,
        headers: { origin: from },
      });
      assert.equal(done.status, 200, done.text);
      assert.equal(allowed(done), from);
      assert.match(done.headers.get("vary"), /origin/i);
    }
  });

  it("may read why it was refused", async () => {
    const refused = await tenant.call(
      "POST",
      "/login/finalize",
      {},
      {
        key: null,
        headers: { origin },
      },
    );
    assert.equal(refused.status, 400);
    assert.equal(allowed(refused), origin);
    const keyless = await tenant.call("GET", "/credentials", undefined, {
      key: null,
      headers: { origin },
    });
    assert.equal(keyless.status, 401);
    assert.equal(allowed(keyless), origin);
  });

  it("of another origin is told nothing it may read", async () => {
    const others = [
      "https://evil.example",
      "http://localhost:3001",
      "https://localhost:3000",
      "https://example.com",
      "https://app.example.com.evil.example",
      "https://evilexample.com",
      "http://app.example.com",
      "null",
    ];
    for (const from of others) {
      const before = await preflight(from);
      assert.equal(before.status, 204, from);
      assert.equal(allowed(before), null, from);
      assert.equal(allowed(await ask(from)), null, from);
    }
  });

  it("of one tenant is not one of another", async () => {
    const other = await newTenant({ origins: ["https://other.example"] });
    const before = await other.call("OPTIONS", "/login/initialize", undefined, {
      key: null,
      headers: { origin, "access-control-request-method": "POST" },
    });
    assert.equal(allowed(before), null);
  });

  it("may be anywhere where the tenant says so, but then without cookies", async () => {
    const cautious = await newTenant({ origins: [origin], cors: ["*"] });
    const headers = { origin: "https://anywhere.example" };
    const begun = await cautious.call("POST", "/login/initialize", undefined, {
      key: null,
      headers,
    });
    assert.equal(allowed(begun), "*");

    const config = configuration({ origins: [origin] });
    config.cors = { allowed_origins: ["*"], allow_unsafe_wildcard: true };
    await admin("PUT", `/tenants/${cautious.id}/config`, config);
    const reflected = await cautious.call("POST", "/login/initialize", undefined, {
      key: null,
      headers,
    });
    assert.equal(allowed(reflected), headers.origin);
  });

  it("never reaches the operator's side", async () => {
    const headers = { origin, "access-control-request-method": "GET" };
    const before = await call("OPTIONS", `${adminUrl}/tenants`, undefined, headers);
    assert.equal(allowed(before), null);
    const listed = await admin("GET", "/tenants", undefined, { headers: { origin } });
    assert.equal(allowed(listed), null);
  });
});
