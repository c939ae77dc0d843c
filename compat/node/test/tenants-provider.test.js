// `@teamhanko/passkeys-next-auth-provider` as it was published: what it accepts as a login, with
// each algorithm, through a change of keys, and inside a real NextAuth.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, describe, it } from "node:test";

import Passkeys, { tenant as sdk } from "@teamhanko/passkeys-next-auth-provider";
import cookieParser from "cookie-parser";
import express from "express";
import { createLocalJWKSet, jwtVerify } from "jose";
import next from "next-auth";

import { url } from "../support/environment.js";
import { admin, newTenant } from "../support/tenants/admin.js";
import { logIn, newUser, ok } from "../support/tenants/people.js";
import { headerOf, verified } from "../support/tenants/tokens.js";

// The package is CommonJS, and says so by a member.
const NextAuth = next.default;

const origins = ["http://localhost:3000"];

/** The provider, as an application sets it up. */
const providerOf = (tenant) => Passkeys({ tenant: sdkOf(tenant) });

const sdkOf = ({ id, apiKey }) => sdk({ baseUrl: `${url}/`, apiKey, tenantId: id });

const tenantWith = (token_algorithm) =>
  newTenant({ origins, ...(token_algorithm && { zegel: { token_algorithm } }) });

describe("the published provider", () => {
  for (const algorithm of ["RS256", "ES256", "EdDSA"]) {
    it(`accepts a login signed with ${algorithm}`, async () => {
      const tenant = await tenantWith(algorithm);
      const user = await newUser(tenant);
      const finalizeJWT = await logIn(tenant, user);
      assert.equal(headerOf(finalizeJWT).alg, algorithm);
      const { claims } = await verified(tenant, finalizeJWT, { algorithms: [algorithm] });
      assert.equal(claims.use, "login");
      const who = await providerOf(tenant).authorize({ finalizeJWT });
      assert.deepEqual(who, { id: user.userId });
    });
  }

  it("refuses a token of another tenant", async () => {
    const [tenant, other] = [await tenantWith(), await tenantWith()];
    const finalizeJWT = await logIn(other, await newUser(other));
    const refused = providerOf(tenant).authorize({ finalizeJWT });
    await assert.rejects(refused, { code: "jwtVerificationFailed" });
  });

  it("refuses a token that was changed", async () => {
    const tenant = await tenantWith();
    const [header, , signature] = (await logIn(tenant, await newUser(tenant))).split(".");
    const claims = { sub: "somebody else", iat: Math.floor(Date.now() / 1000) };
    const payload = Buffer.from(JSON.stringify(claims)).toString("base64url");
    const finalizeJWT = [header, payload, signature].join(".");
    const refused = providerOf(tenant).authorize({ finalizeJWT });
    await assert.rejects(refused, { code: "jwtVerificationFailed" });
  });

  it("can be told a login from everything else, by its claim", async () => {
    const tenant = await tenantWith();
    const user = await newUser(tenant);
    const uses = [user.token, await logIn(tenant, user)].map(
      async (token) => (await verified(tenant, token)).claims.use,
    );
    assert.deepEqual(await Promise.all(uses), ["registration", "login"]);
  });
});

describe("a change of keys", () => {
  it("keeps what the old key signed good, and signs with the new one", async () => {
    const tenant = await tenantWith();
    const user = await newUser(tenant);
    const provider = providerOf(tenant);
    const old = await logIn(tenant, user);
    const keysBefore = await sdkOf(tenant).jwks();
    await ok(admin("POST", `/tenants/${tenant.id}/secrets/jwk`, { name: "next" }), 201);

    const fresh = await logIn(tenant, user);
    assert.notEqual(headerOf(fresh).kid, headerOf(old).kid);
    const keys = await sdkOf(tenant).jwks();
    const kids = keys.keys.map(({ kid }) => kid);
    assert.ok(kids.includes(headerOf(old).kid) && kids.includes(headerOf(fresh).kid));

    // An application that has not looked again since cannot know the new key, but the old token
    // is still good for it; one that looks now reads both.
    await jwtVerify(old, createLocalJWKSet(keysBefore));
    await jwtVerify(old, createLocalJWKSet(keys));
    await jwtVerify(fresh, createLocalJWKSet(keys));
    assert.deepEqual(await provider.authorize({ finalizeJWT: old }), { id: user.userId });
    assert.deepEqual(await provider.authorize({ finalizeJWT: fresh }), { id: user.userId });
  });

  it("lets every algorithm follow every other", async () => {
    const tenant = await tenantWith("RS256");
    const user = await newUser(tenant);
    const tokens = [await logIn(tenant, user)];
    const secrets = `/tenants/${tenant.id}/secrets/jwk`;
    for (const token_algorithm of ["ES256", "EdDSA", "RS256"]) {
      const { json: now } = await admin("GET", `/tenants/${tenant.id}`);
      const config = { ...now.config, zegel: { ...now.config.zegel, token_algorithm } };
      await ok(admin("PUT", `/tenants/${tenant.id}/config`, config), 204);
      await ok(admin("POST", secrets, { name: `to ${token_algorithm}` }), 201);
      tokens.push(await logIn(tenant, user));
    }
    const algorithms = tokens.map((token) => headerOf(token).alg);
    assert.deepEqual(algorithms, ["RS256", "ES256", "EdDSA", "RS256"]);
    for (const token of tokens) await verified(tenant, token);
  });
});

describe("a real NextAuth", () => {
  let tenant;
  let app;
  before(async () => {
    tenant = await tenantWith();
    app = await nextAuth(tenant);
  });
  after(() => app?.stop());

  it("opens a session for whoever logged in", async () => {
    const user = await newUser(tenant);
    const person = app.visitor();
    await person.signIn(await logIn(tenant, user));
    assert.equal((await person.session()).user.name, user.userId);
  });

  it("opens none for a token nobody signed", async () => {
    const person = app.visitor();
    const answer = await person.signIn("e30.e30.AAAA");
    assert.equal(answer.status, 401);
    assert.deepEqual(await person.session(), {});
  });
});

/** NextAuth in Express, with the provider as its only one. */
async function nextAuth(tenant) {
  const web = express();
  web.use(express.json(), express.urlencoded({ extended: false }), cookieParser());
  const options = {
    secret: "of this test",
    logger: { error() {}, warn() {}, debug() {} },
    providers: [
      Passkeys({
        tenant: sdkOf(tenant),
        authorize: async ({ userId }) => ({ id: userId, name: userId }),
      }),
    ],
  };
  web.all("/api/auth/*", (req, res) => {
    req.query.nextauth = req.params[0].split("/");
    return NextAuth(req, res, options);
  });
  const server = createServer(web);
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const base = `http://127.0.0.1:${server.address().port}`;
  process.env.NEXTAUTH_URL = base;
  return { visitor: () => visitor(base), stop: () => server.close() };
}

/** Somebody with a cookie jar. */
function visitor(base) {
  const jar = new Map();
  async function visit(path, init = {}) {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await fetch(`${base}/api/auth${path}`, {
      redirect: "manual",
      ...init,
      headers: { ...init.headers, cookie },
    });
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      jar.set(name, value);
    }
    return answer;
  }
  return {
    async signIn(finalizeJWT) {
      const { csrfToken } = await (await visit("/csrf")).json();
      const body = new URLSearchParams({ csrfToken, finalizeJWT, json: "true" });
      return visit("/callback/passkeys", { method: "POST", body });
    },
    session: async () => (await visit("/session")).json(),
  };
}
