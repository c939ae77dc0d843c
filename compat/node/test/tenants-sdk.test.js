// `@teamhanko/passkeys-sdk` as it was published, every method of it.

import assert from "node:assert/strict";
import { before, describe, it } from "node:test";

import { tenant as sdk } from "@teamhanko/passkeys-sdk";

import { url } from "../support/environment.js";
import { newTenant } from "../support/tenants/admin.js";
import { Passkey, forged, handleOf } from "../support/tenants/authenticator.js";
import { newUserId } from "../support/tenants/people.js";
import { verified } from "../support/tenants/tokens.js";

const origin = "http://localhost:3000";

describe("the published SDK", () => {
  let tenant;
  let api;
  before(async () => {
    tenant = await newTenant({ origins: [origin] });
    api = sdk({ baseUrl: url, apiKey: tenant.apiKey, tenantId: tenant.id });
  });

  /** Registers a user by the SDK alone. */
  async function register(userId = newUserId(), passkey = new Passkey()) {
    const options = await api.registration.initialize({ userId, username: "ada" });
    const finished = await api.registration.finalize(passkey.create(options, { origin }));
    return { userId, passkey, options, token: finished.token };
  }

  it("begins a registration with options a browser can use as they are", async () => {
    const userId = newUserId();
    const { publicKey } = await api.registration.initialize({
      userId,
      username: "ada",
      displayName: "Ada Lovelace",
      icon: "https://example.com/ada.png",
    });
    assert.deepEqual(publicKey.rp, { name: "Compat", id: "localhost" });
    assert.equal(publicKey.user.id, handleOf(userId));
    assert.equal(publicKey.user.name, "ada");
    assert.equal(publicKey.user.displayName, "Ada Lovelace");
    assert.equal(Buffer.from(publicKey.challenge, "base64url").length, 32);
    assert.equal(publicKey.timeout, 60_000);
    assert.ok(publicKey.pubKeyCredParams.some(({ alg }) => alg === -7));
    assert.ok(publicKey.pubKeyCredParams.some(({ alg }) => alg === -257));
    assert.ok(publicKey.pubKeyCredParams.every(({ type }) => type === "public-key"));
    assert.equal(publicKey.authenticatorSelection.userVerification, "required");
    assert.equal(publicKey.authenticatorSelection.residentKey, "required");
    assert.equal(publicKey.authenticatorSelection.requireResidentKey, true);
    assert.equal(publicKey.attestation, "direct");
  });

  it("finishes a registration with a token for the user", async () => {
    const { userId, passkey, token } = await register();
    const { claims, header } = await verified(tenant, token);
    assert.equal(header.alg, "RS256");
    assert.equal(header.typ, "JWT");
    assert.equal(claims.sub, userId);
    assert.deepEqual(claims.aud, ["localhost"]);
    assert.equal(claims.cred, passkey.id);
    assert.equal(claims.exp - claims.iat, 300);
    assert.equal(claims.trans, undefined);
  });

  it("logs in without a name, with the empty body it sends", async () => {
    const { userId, passkey } = await register();
    const options = await api.login.initialize();
    assert.equal(options.publicKey.allowCredentials, undefined);
    assert.equal(options.publicKey.rpId, "localhost");
    const { token } = await api.login.finalize(passkey.get(options, { origin }));
    const { claims } = await verified(tenant, token);
    assert.equal(claims.sub, userId);
    assert.equal(claims.cred, passkey.id);
  });

  it("registers and uses a second factor", async () => {
    const userId = newUserId();
    const { registration, login } = api.user(userId).mfa;
    const factor = new Passkey();
    const creation = await registration.initialize({ username: "ada" });
    assert.equal(
      creation.publicKey.authenticatorSelection.authenticatorAttachment,
      "cross-platform",
    );
    const made = await registration.finalize(factor.create(creation, { origin }));
    assert.equal((await verified(tenant, made.token)).claims.sub, userId);

    const request = await login.initialize();
    assert.deepEqual(
      request.publicKey.allowCredentials.map(({ id, type }) => [id, type]),
      [[factor.id, "public-key"]],
    );
    const assertion = factor.get(request, { origin, userHandle: null });
    const { claims } = await verified(tenant, (await login.finalize(assertion)).token);
    assert.equal(claims.sub, userId);
    assert.equal(claims.cred, factor.id);
  });

  it("lists a user's passkeys, newest first, and removes one", async () => {
    const { userId, passkey } = await register();
    const second = await register(userId);
    const listed = await api.user(userId).credentials();
    assert.deepEqual(
      listed.map(({ id }) => id),
      [second.passkey.id, passkey.id],
    );
    const [{ ...credential }] = listed;
    assert.equal(credential.user_id, userId);
    assert.equal(credential.is_mfa, false);
    assert.equal(credential.attestation_type, "none");
    assert.deepEqual(
      Buffer.from(credential.public_key, "base64url"),
      second.passkey.publicKey,
    );
    assert.ok(Date.parse(credential.created_at) <= Date.now() + 1000);

    assert.deepEqual(await api.credential(passkey.id).remove(), {});
    const left = await api.user(userId).credentials();
    assert.deepEqual(
      left.map(({ id }) => id),
      [second.passkey.id],
    );
  });

  it("encodes a user id with every kind of letter", async () => {
    const { userId } = await register(`${newUserId()} ä/?&+%=中`);
    const [credential] = await api.user(userId).credentials();
    assert.equal(credential.user_id, userId);
  });

  it("reads the tenant's keys", async () => {
    const { keys } = await api.jwks();
    assert.ok(keys.length >= 1);
    for (const key of keys) {
      assert.equal(key.kty, "RSA");
      assert.equal(key.alg, "RS256");
      assert.equal(key.use, "sig");
      assert.ok(key.kid);
      assert.equal(key.d, undefined);
    }
  });

  it("throws the server's own words when it is refused", async () => {
    const { passkey } = await register();
    const options = await api.login.initialize();
    const bad = forged(passkey.get(options, { origin }));
    const error = await api.login.finalize(bad).then(assert.fail, (error) => error);
    assert.match(error.message, /^Request failed: \{/);
    assert.equal(error.originalError.status, 401);
    assert.equal(error.originalError.title, "failed to validate assertion");
    assert.equal(typeof error.originalError.details, "string");
  });

  it("is refused with a wrong key, and never answered with nothing", async () => {
    const stranger = sdk({
      baseUrl: url,
      apiKey: "A".repeat(86) + "==",
      tenantId: tenant.id,
    });
    const calls = {
      credentials: () => stranger.user("u").credentials(),
      registration: () => stranger.registration.initialize({ userId: "u", username: "u" }),
      mfaRegistration: () =>
        stranger.user("u").mfa.registration.initialize({ username: "u" }),
      mfaLogin: () => stranger.user("u").mfa.login.initialize(),
      mfaFinalize: () => stranger.user("u").mfa.login.finalize({}),
      remove: () => stranger.credential("AAAA").remove(),
    };
    for (const [name, refused] of Object.entries(calls)) {
      const error = await refused().then(
        () => assert.fail(name),
        (error) => error,
      );
      assert.equal(error.originalError?.status, 401, `${name}: ${error.message}`);
      assert.equal(error.originalError.title, "The api key is invalid");
    }
  });

  it("throws, whatever goes wrong: nothing is answered with an empty body", async () => {
    const at = (tenantId) => sdk({ baseUrl: url, apiKey: tenant.apiKey, tenantId });
    const calls = [
      [404, () => at("6eb4710c-72df-4941-984d-f2cf3dbe396e").login.initialize()],
      [400, () => at("not-an-id").login.initialize()],
      [400, () => at(`${tenant.id}/nothing`).jwks()],
      [400, () => api.registration.initialize({ username: "ada" })],
      [400, () => api.registration.finalize({})],
      [400, () => api.login.finalize({})],
      [404, () => api.user("nobody").mfa.login.initialize()],
      [404, () => api.credential("AAAA").remove()],
    ];
    for (const [status, wrong] of calls) {
      const error = await wrong().then(
        () => assert.fail(`${wrong}`),
        (thrown) => thrown,
      );
      assert.equal(error.originalError?.status, status, `${wrong} ${error.message}`);
      assert.ok(error.originalError.title);
    }
  });

  it("works under an address with a slash at its end", async () => {
    const slashed = sdk({ baseUrl: `${url}/`, apiKey: tenant.apiKey, tenantId: tenant.id });
    assert.ok((await slashed.jwks()).keys.length >= 1);
  });
});
