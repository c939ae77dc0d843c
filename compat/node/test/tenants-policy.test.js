// What a tenant may decide about the passkeys it takes.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { admin, configuration, newTenant } from "../support/tenants/admin.js";
import { Passkey } from "../support/tenants/authenticator.js";
import { attested } from "../support/tenants/checklist/world.js";
import { logIn, newUser, ok } from "../support/tenants/people.js";
import { headerOf, verified } from "../support/tenants/tokens.js";

const origins = ["http://localhost:3000"];
const known = "adce0002-35bc-c60a-648b-0b25f1f05503";
const other = "fbfc3007-154e-4ecc-8c0b-6e020557d7bd";

const tenantWith = (zegel) => newTenant({ origins, zegel });

/** Registers a passkey of this make: the answer. */
async function registering(tenant, aaguid, format = "packed") {
  const attestation = await attested(tenant, { passkey: new Passkey({ aaguid }), format });
  return tenant.call("POST", "/registration/finalize", attestation);
}

describe("a tenant", () => {
  it("takes every make of authenticator unless it says otherwise", async () => {
    const tenant = await tenantWith({});
    await ok(registering(tenant, known));
    await ok(registering(tenant, other, "none"));
  });

  it("turns away makes it denies, however they are attested", async () => {
    const tenant = await tenantWith({ attestation: { deny_aaguids: [known] } });
    for (const format of ["packed", "none"]) {
      const refused = await registering(tenant, known, format);
      assert.equal(refused.status, 400, refused.text);
      assert.equal(refused.json.title, "failed to validate attestation");
    }
    await ok(registering(tenant, other));
  });

  it("does not believe what nobody vouches for where it asks for trust", async () => {
    for (const more of [{}, { allow_aaguids: [known] }]) {
      const attestation = { require_trusted: true, ...more };
      const tenant = await tenantWith({ attestation });
      for (const format of ["packed", "none"]) {
        const refused = await registering(tenant, known, format);
        assert.equal(refused.status, 400, `${JSON.stringify(attestation)} ${refused.text}`);
      }
    }
  });

  it("cannot ask for makes without asking for trust, since anybody can claim one", async () => {
    const config = configuration({
      origins,
      zegel: { attestation: { allow_aaguids: [known] } },
    });
    const body = { display_name: "trusting", config };
    assert.equal((await admin("POST", "/tenants", body)).status, 400);
  });

  it("says who it is in its tokens", async () => {
    const issuer = "https://passkeys.example.com";
    const tenant = await tenantWith({ issuer });
    const token = await logIn(tenant, await newUser(tenant));
    assert.equal((await verified(tenant, token, { issuer })).claims.iss, issuer);
  });

  it("takes a key back, and with it what the key signed", async () => {
    const tenant = await tenantWith({});
    const user = await newUser(tenant);
    const token = await logIn(tenant, user);
    const path = `/tenants/${tenant.id}/secrets/jwk`;
    await ok(admin("POST", path, { name: "next" }), 201);
    const { kid } = headerOf(token);
    const { keys } = await ok(tenant.call("GET", "/.well-known/jwks.json"));
    assert.equal(keys.length, 2);
    const secrets = await ok(admin("GET", path));
    const old = secrets.find(({ is_signing }) => !is_signing);
    await ok(admin("DELETE", `${path}/${old.id}`), 204);
    const left = await ok(tenant.call("GET", "/.well-known/jwks.json"));
    assert.ok(left.keys.every((key) => key.kid !== kid));
    await assert.rejects(verified(tenant, token), { code: "ERR_JWKS_NO_MATCHING_KEY" });
    await verified(tenant, await logIn(tenant, user));
  });
});
