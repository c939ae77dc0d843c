// Logins, with a passkey and with a second factor.
//
// A row: what is done, how, the status, and what the title and the details must contain.

import assert from "node:assert/strict";

import { handleOf } from "../authenticator.js";
import { answered, newUserId, ok, register } from "../people.js";
import { claimsOf } from "../tokens.js";
import {
  bare,
  failed,
  finished,
  named,
  never,
  required,
  unknownChallenge,
} from "./assertions.js";
import { streamed } from "../http.js";
import { origin, post, strangers, tenantless, wrongKey } from "./world.js";

const loginBegin = (() => {
  const path = "/login/initialize";
  const anonymous = { key: null };
  const discoverable = ({ json: { publicKey } }) => {
    assert.equal(publicKey.allowCredentials, undefined);
    assert.equal(publicKey.rpId, "localhost");
    assert.equal(publicKey.userVerification, "required");
    assert.equal(publicKey.timeout, 60_000);
    assert.equal(Buffer.from(publicKey.challenge, "base64url").length, 32);
  };
  return [
    [
      "of whoever comes, without a body",
      post(path, undefined, anonymous),
      200,
      discoverable,
    ],
    [
      "of whoever comes, with an empty object",
      post(path, {}, anonymous),
      200,
      discoverable,
    ],
    [
      "of whoever comes, with an empty body and the type of JSON",
      post(path, "", { key: null, headers: { "content-type": "application/json" } }),
      200,
      discoverable,
    ],
    [
      "of whoever comes, with an empty body whose length is not told",
      (world) => streamed(`${world.tenant.url}${path}`, []),
      200,
      discoverable,
    ],
    [
      "of whoever comes, with a key nobody looks at",
      post(path, {}, { key: wrongKey }),
      200,
      discoverable,
    ],
    [
      "of a user",
      post(path, named),
      200,
      ({ json: { publicKey } }) => {
        assert.equal(publicKey.allowCredentials.length, 1);
        assert.deepEqual(Object.keys(publicKey.allowCredentials[0]).sort(), ["id", "type"]);
      },
    ],
    ["of a user, without a key", post(path, named, anonymous), 401, "api key is missing"],
    [
      "of a user, with a wrong key",
      post(path, named, { key: wrongKey }),
      401,
      "The api key is invalid",
    ],
    [
      "of a user without a name",
      post(path, { user_id: "" }),
      400,
      "unable to validate request",
      "user_id must at least have 1 entry",
    ],
    ["of a user nobody knows", post(path, { user_id: "nobody" }), 404, "user not found"],
    [
      "of a user of another tenant",
      (world) => post(path, { user_id: world.foreigner.userId })(world),
      404,
      "user not found",
    ],
    [
      "of a user without a passkey",
      (world) => post(path, { user_id: world.bare })(world),
      400,
      `failed to create webauthn assertion options for login: ${bare}`,
      "",
    ],
    [
      "of a user with nothing but a second factor",
      (world) => post(path, { user_id: world.factor.userId })(world),
      400,
      `failed to create webauthn assertion options for login: ${bare}`,
      "",
    ],
    ["of a number", post(path, { user_id: 7 }), 400, "unable to process request"],
    ["of half a body", post(path, "{", anonymous), 400, "unable to process request"],
    ...tenantless((id) => (world) => world.tenant.at(id).call("POST", path)),
  ];
})();

const anybody = finished("/login");
const byName = (who, how) => finished("/login", named, who, how);

const loginFinish = [
  [
    "of whoever came",
    anybody,
    200,
    ({ json }) => {
      assert.deepEqual(Object.keys(json), ["token"]);
      const claims = claimsOf(json.token);
      assert.equal(claims.trans, undefined);
      assert.equal(claims.use, "login");
    },
  ],
  [
    "of whoever came, without a key",
    finished("/login", undefined, undefined, {}, { key: null }),
    200,
  ],
  ["of a user who was named", byName(), 200],
  [
    "the same again",
    async (world) => {
      const assertion = await answered(
        world.tenant,
        "/login",
        undefined,
        world.user.passkey,
        { origin },
      );
      await ok(world.tenant.call("POST", "/login/finalize", assertion));
      return world.tenant.call("POST", "/login/finalize", assertion);
    },
    401,
    failed.session,
    unknownChallenge,
  ],
  [
    "with a challenge of another tenant",
    async (world) => {
      const assertion = await answered(
        world.other,
        "/login",
        undefined,
        world.user.passkey,
        { origin },
      );
      return world.tenant.call("POST", "/login/finalize", assertion);
    },
    401,
    failed.session,
    unknownChallenge,
  ],
  [
    "with a challenge of a registration",
    async (world) => {
      const user = { user_id: newUserId(), username: "ada" };
      const options = await ok(world.tenant.call("POST", "/registration/initialize", user));
      return finished("/login", undefined, undefined, {
        challenge: options.publicKey.challenge,
      })(world);
    },
    401,
    failed.session,
    unknownChallenge,
  ],
  [
    "too late",
    async (world) => {
      const assertion = await answered(
        world.hasty,
        "/login",
        undefined,
        world.user.passkey,
        { origin },
      );
      return world.hasty.call("POST", "/login/finalize", assertion);
    },
    401,
    "failed to",
  ],
  [
    // The hosted service says that it does not know the user.
    "by a user nobody knows",
    finished("/login", undefined, undefined, { userHandle: handleOf("nobody") }),
    401,
    failed.assertion,
    "userHandle and User ID do not match",
  ],
  [
    "by nobody",
    finished("/login", undefined, undefined, { userHandle: null }),
    401,
    "failed to",
  ],
  [
    "by another user",
    finished("/login", undefined, undefined, (world) => ({
      userHandle: world.stranger.passkey.userHandle,
    })),
    401,
    failed.assertion,
  ],
  [
    "by a passkey of another user than was named",
    byName((world) => world.stranger),
    401,
    failed.assertion,
  ],
  [
    "without verifying its user",
    finished("/login", undefined, undefined, { verified: false }),
    401,
    failed.assertion,
  ],
  [
    "with a second factor",
    finished("/login", undefined, (world) => world.factor),
    401,
    failed.assertion,
    "Unable to find the credential",
  ],
  [
    "with a second factor's challenge",
    async (world) => {
      const body = { user_id: world.user.userId };
      const assertion = await answered(
        world.tenant,
        "/mfa/login",
        body,
        world.user.passkey,
        { origin },
      );
      return world.tenant.call("POST", "/login/finalize", assertion);
    },
    401,
    failed.session,
  ],
  [
    "with a counter that went back",
    async (world) => {
      const user = await register(world.tenant, newUserId());
      user.passkey.counter = 10;
      await ok(finished("/login", undefined, () => user)(world));
      user.passkey.counter = 4;
      return finished("/login", undefined, () => user)(world);
    },
    401,
    failed.assertion,
  ],
  ...never("/login", undefined, "unable to finish login"),
  ...tenantless((id) => (world) => world.tenant.at(id).call("POST", "/login/finalize", {})),
];

const factorOf = (world) => ({ user_id: world.factor.userId });

const mfaBegin = (() => {
  const path = "/mfa/login/initialize";
  return [
    [
      "of a user, with every credential there is",
      async (world) => {
        await register(world.tenant, world.stranger.userId, { path: "/mfa/registration" });
        return post(path, { user_id: world.stranger.userId })(world);
      },
      200,
      ({ json: { publicKey } }) => {
        assert.equal(publicKey.allowCredentials.length, 2);
        assert.equal(publicKey.userVerification, "preferred");
      },
    ],
    ["of nobody", post(path, {}), 400, "unable to validate request", required("user_id")],
    ["without a body", post(path), 400, "unable to validate request", required("user_id")],
    ["of a user nobody knows", post(path, { user_id: "nobody" }), 404, "user not found"],
    [
      "of a user without any credential",
      (world) => post(path, { user_id: world.bare })(world),
      400,
      `failed to create webauthn assertion options for login: ${bare}`,
      "",
    ],
    ["of half a body", post(path, "{"), 400, "unable to process request"],
    ...strangers("POST", path, { user_id: "nobody" }),
  ];
})();

const factor = (who = (world) => world.factor, how) =>
  finished("/mfa/login", factorOf, who, how);

const mfaFinish = [
  [
    "of a second factor",
    factor(),
    200,
    ({ json }) => assert.equal(claimsOf(json.token).use, "mfa_login"),
  ],
  ["of a second factor, without a handle", factor(undefined, { userHandle: null }), 200],
  // The hosted service does not look at it.
  [
    "of a second factor, with another's handle",
    factor(undefined, { userHandle: handleOf("nobody") }),
    401,
    failed.assertion,
    "userHandle and User ID do not match",
  ],
  [
    "of a second factor, without verifying its user",
    factor(undefined, { verified: false }),
    200,
  ],
  ["of a passkey, which is more than was asked", finished("/mfa/login", named), 200],
  ["of another's second factor", factor((world) => world.user), 401, failed.assertion],
  [
    "with a login's challenge",
    async (world) => {
      const assertion = await answered(
        world.tenant,
        "/login",
        undefined,
        world.user.passkey,
        { origin },
      );
      return world.tenant.call("POST", "/mfa/login/finalize", assertion);
    },
    401,
    failed.session,
  ],
  ...never("/mfa/login", named, "unable to finish login"),
  ...strangers("POST", "/mfa/login/finalize", {}),
];

/** Logging in. */
export const login = { "beginning a login": loginBegin, "finishing a login": loginFinish };

/** Logging in with a second factor. */
export const mfaLogin = {
  "beginning a login with a second factor": mfaBegin,
  "finishing a login with a second factor": mfaFinish,
};
