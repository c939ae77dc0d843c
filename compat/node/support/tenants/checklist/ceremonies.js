// Registrations, logins, second factors and transactions, begun and finished in every way.
//
// A row: what is done, how, the status, and what the title and the details must contain.

import assert from "node:assert/strict";

import { Passkey, forged, handleOf } from "../authenticator.js";
import { answered, newUserId, ok, register } from "../people.js";
import { claimsOf } from "../tokens.js";
import { required } from "./assertions.js";
import { login, mfaLogin } from "./logins.js";
import { transaction } from "./transactions.js";
import { attested, post, strangers, tenantless, userBody, asserted } from "./world.js";

const long = "ä".repeat(129);

/** Beginning a registration, of a passkey or of a second factor. */
const beginning = (path) => [
  [
    "a user",
    post(path, () =>
      userBody(undefined, { display_name: "Ada", icon: "https://a.example/i" }),
    ),
    200,
    ({ json: { publicKey } }) => {
      assert.equal(publicKey.user.displayName, "Ada");
      assert.equal(Buffer.from(publicKey.challenge, "base64url").length, 32);
      assert.deepEqual(
        [-7, -257, -8].map((alg) => publicKey.pubKeyCredParams.some((p) => p.alg === alg)),
        [true, true, true],
      );
    },
  ],
  [
    "a user without a name to show",
    post(path, () => userBody(undefined, { display_name: " " })),
    200,
    ({ json }) => assert.equal(json.publicKey.user.displayName, "ada@example.com"),
  ],
  [
    "a user whose members are in capitals, beside some nobody knows",
    post(path, () => ({ USER_ID: newUserId(), Username: "ada", colour: "green" })),
    200,
  ],
  // The hosted service reads the first value and is silent about the rest.
  [
    "a user, and more after the JSON",
    post(path, () => `${JSON.stringify(userBody())} {"more":1}`),
    400,
    "unable to process request",
  ],
  [
    "no body",
    post(path),
    400,
    "unable to validate request",
    required("user_id", "username"),
  ],
  [
    "nobody",
    post(path, {}),
    400,
    "unable to validate request",
    required("user_id", "username"),
  ],
  [
    "no user id",
    post(path, { username: "a" }),
    400,
    "unable to validate request",
    required("user_id"),
  ],
  [
    "no user name",
    post(path, { user_id: "a" }),
    400,
    "unable to validate request",
    required("username"),
  ],
  [
    "a long user name",
    post(path, userBody("a", { username: long })),
    400,
    "unable to validate request",
    "username cannot have more than 128 entries",
  ],
  [
    "a long name to show",
    post(path, userBody("a", { display_name: long })),
    400,
    "unable to validate request",
    "display_name cannot have more than 128 entries",
  ],
  [
    "an icon that is no address",
    post(path, userBody("a", { icon: "no address" })),
    400,
    "unable to validate request",
    "icon must be a valid URL",
  ],
  ["half a body", post(path, '{"user_id":'), 400, "unable to process request"],
  [
    "a number for a user",
    post(path, userBody(7)),
    400,
    "unable to process request",
    "Unmarshal type error",
  ],
  [
    "a form",
    post(path, "user_id=a", { headers: { "content-type": "text/plain" } }),
    400,
    "unable to process request",
    "Unsupported Media Type",
  ],
  ...strangers("POST", path, userBody("a")),
];

const titles = {
  unreadable: "unable to parse credential creation response",
  unknown: "received challenge does not match with any stored one",
  invalid: "failed to validate attestation",
};

/** Finishing one. `other` is the other kind of registration. */
const finishing = (path, other) => {
  const send = (body, options) => (world) =>
    world.tenant.call("POST", `${path}/finalize`, body, options);
  const sent = (how) => async (world) =>
    send(await attested(world.tenant, { path, ...how }))(world);
  const changed = (change) => async (world) => {
    const attestation = await attested(world.tenant, { path });
    change(attestation);
    return send(attestation)(world);
  };
  return [
    [
      "a new credential",
      sent({ user: "new-" + path }),
      200,
      ({ json }) => {
        assert.deepEqual(Object.keys(json), ["token"]);
        assert.equal(claimsOf(json.token).sub, "new-" + path);
      },
    ],
    [
      "one of a make we know, by its name",
      async (world) => {
        const aaguid = "adce0002-35bc-c60a-648b-0b25f1f05503";
        const passkey = new Passkey({ aaguid });
        const answer = await sent({ passkey, format: "packed" })(world);
        const stored = await ok(world.tenant.call("GET", `/credentials/${passkey.id}`));
        assert.equal(stored.name, "Chrome on Mac");
        assert.equal(stored.aaguid, aaguid);
        assert.equal(stored.attestation_type, "packed");
        return answer;
      },
      200,
    ],
    [
      "one of a make nobody knows, by its id",
      async (world) => {
        const passkey = new Passkey();
        const answer = await sent({ passkey })(world);
        const stored = await ok(world.tenant.call("GET", `/credentials/${passkey.id}`));
        assert.equal(stored.name, `cred-${passkey.id}`);
        return answer;
      },
      200,
    ],
    [
      "one that is kept in a cloud",
      async (world) => {
        const passkey = new Passkey();
        const answer = await sent({ passkey, backedUp: true })(world);
        const stored = await ok(world.tenant.call("GET", `/credentials/${passkey.id}`));
        assert.deepEqual([stored.backup_eligible, stored.backup_state], [true, true]);
        return answer;
      },
      200,
    ],
    [
      "the same again",
      async (world) => {
        const attestation = await attested(world.tenant, { path });
        await ok(send(attestation)(world));
        return send(attestation)(world);
      },
      400,
      titles.unknown,
    ],
    ["nothing", send(), 400, titles.unreadable],
    ["an empty object", send({}), 400, titles.unreadable],
    ["half a body", send('{"id":'), 400, titles.unreadable],
    ["one without an id", changed((it) => delete it.id), 400, titles.unreadable],
    [
      "one whose attestation is no CBOR",
      changed((it) => (it.response.attestationObject = "AAAA")),
      400,
      titles.unreadable,
    ],
    ["a challenge nobody set", sent({ challenge: "A".repeat(43) }), 400, titles.unknown],
    [
      "a challenge of another tenant",
      async (world) => send(await attested(world.other, { path }))(world),
      400,
      titles.unknown,
    ],
    [
      "a challenge of a login",
      async (world) => {
        const { publicKey } = await ok(world.tenant.call("POST", "/login/initialize"));
        return sent({ challenge: publicKey.challenge })(world);
      },
      400,
      titles.unknown,
    ],
    [
      "a challenge of the other kind of registration",
      async (world) => send(await attested(world.tenant, { path: other }))(world),
      400,
      titles.unknown,
    ],
    [
      "one from another page",
      sent({ origin: "http://localhost:3001" }),
      400,
      titles.invalid,
      "Error validating origin",
    ],
    ["one for another relying party", sent({ rpId: "example.com" }), 400, titles.invalid],
    ["one that is a login", sent({ type: "webauthn.get" }), 400, titles.invalid],
    ["one without its user", sent({ present: false }), 400, titles.invalid],
    [
      "one whose statement is not signed by it",
      async (world) => {
        const passkey = new Passkey();
        passkey.privateKey = new Passkey().privateKey;
        return sent({ passkey, format: "packed" })(world);
      },
      400,
      titles.invalid,
    ],
    [
      "one with an id that is taken",
      async (world) => {
        const passkey = new Passkey({ id: world.user.passkey.rawId });
        return sent({ passkey })(world);
      },
      409,
      titles.invalid,
    ],
  ];
};

const path = "/registration";
const mfa = "/mfa/registration";

const registrationFinish = [
  ...finishing(path, mfa),
  [
    "one without a key, as a page may",
    async (world) => {
      const attestation = await attested(world.tenant);
      return world.tenant.call("POST", "/registration/finalize", attestation, {
        key: null,
      });
    },
    200,
  ],
  [
    "one whose user was not verified",
    async (world) => {
      const attestation = await attested(world.tenant, { verified: false });
      return world.tenant.call("POST", "/registration/finalize", attestation);
    },
    422,
    "User verification required but flag not set by authenticator",
  ],
  [
    "one too late",
    async (world) => {
      const attestation = await attested(world.hasty);
      return world.hasty.call("POST", "/registration/finalize", attestation);
    },
    400,
    titles.invalid,
    "Session has Expired",
  ],
  ...tenantless(
    (id) => (world) => world.tenant.at(id).call("POST", "/registration/finalize", {}),
  ),
];

const mfaFinish = [
  ...finishing(mfa, path),
  [
    "one whose user was not verified, which was only preferred",
    async (world) => {
      const attestation = await attested(world.tenant, { path: mfa, verified: false });
      return world.tenant.call("POST", `${mfa}/finalize`, attestation);
    },
    200,
  ],
  [
    "one that is marked as a second factor",
    async (world) => {
      const passkey = new Passkey();
      const attestation = await attested(world.tenant, { path: mfa, passkey });
      await ok(world.tenant.call("POST", `${mfa}/finalize`, attestation));
      return world.tenant.call("GET", `/credentials/${passkey.id}`);
    },
    200,
    ({ json }) => assert.equal(json.is_mfa, true),
  ],
  ...strangers("POST", `${mfa}/finalize`, {}),
];

const excluded = [
  [
    "leaves out what the user already has",
    async (world) => post("/registration/initialize", userBody(world.user.userId))(world),
    200,
    // Not in the hosted service, where a second registration replaces the first in silence.
    ({ json }) => assert.equal(json.publicKey.excludeCredentials.length, 1),
  ],
  [
    "does not rename a user before it is finished",
    async (world) => {
      const { userId } = await register(world.tenant, newUserId());
      const renamed = userBody(userId, { username: "mallory", display_name: "Mallory" });
      await ok(world.tenant.call("POST", "/registration/initialize", renamed));
      return world.tenant.call("GET", `/users/${userId}/signals`);
    },
    200,
    ({ json }) => assert.notEqual(json.displayName, "Mallory"),
  ],
];

/** Sixteen bytes, which once were read as a UUID. */
const sixteen = "exactly-16-bytes";

const userHandles = [
  [
    "of sixteen bytes",
    async (world) => {
      const user = await register(world.tenant, sixteen);
      const assertion = await asserted(world.tenant, user, {
        userHandle: handleOf(sixteen),
      });
      return world.tenant.call("POST", "/login/finalize", assertion);
    },
    200,
    ({ json }) => assert.equal(claimsOf(json.token).sub, sixteen),
  ],
  [
    "left out where the user was named",
    async (world) => {
      const body = { user_id: world.user.userId };
      const { passkey } = world.user;
      const how = { userHandle: null };
      const assertion = await answered(world.tenant, "/login", body, passkey, how);
      return world.tenant.call("POST", "/login/finalize", assertion);
    },
    200,
  ],
];

const burnt = [
  [
    "a login that failed once",
    async (world) => {
      const assertion = await asserted(world.tenant, world.user);
      const failed = await world.tenant.call("POST", "/login/finalize", forged(assertion));
      assert.equal(failed.status, 401);
      return world.tenant.call("POST", "/login/finalize", assertion);
    },
    401,
    "failed to get session data",
  ],
];

/** The areas, each with its rows. */
export const ceremonies = {
  "beginning a registration": beginning("/registration/initialize"),
  "finishing a registration": registrationFinish,
  "a registration": excluded,
  ...login,
  "user handles": userHandles,
  "a challenge, spent on": burnt,
  "beginning a registration of a second factor": beginning("/mfa/registration/initialize"),
  "finishing a registration of a second factor": mfaFinish,
  ...mfaLogin,
  ...transaction,
};
