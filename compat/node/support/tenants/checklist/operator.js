// The operator's side: tenants, their users and their secrets.
//
// A row: what is done, how, the status, and what the title and the details must contain.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

import { admin, configuration, newTenant, tenantBody } from "../admin.js";
import { newUserId, ok, register } from "../people.js";
import { nowhere, origin, transactionBody } from "./world.js";

const ask = (method, path, body, options) => (world) =>
  admin(method, typeof path === "function" ? path(world) : path, body, options);
const under =
  (path = "") =>
  (world) =>
    `/tenants/${world.tenant.id}${path}`;
const other =
  (path = "") =>
  (world) =>
    `/tenants/${world.other.id}${path}`;

/** The same request without the operator's token. */
const outsiders = (method, path, body) => {
  const kept = (token) => async (world) => {
    const answer = await ask(method, path, body, { token: token(world) })(world);
    if (answer.status !== 429) return answer;
    // Whoever guesses tokens has to wait; who has waited is turned away as before.
    await sleep(1000 * Number(answer.headers.get("retry-after")));
    return kept(token)(world);
  };
  return [
    ["without a token", kept(() => null), 401, ""],
    ["with a wrong token", kept(() => "A".repeat(43)), 401, ""],
    ["with a tenant's key for a token", kept((world) => world.tenant.apiKey), 401, ""],
  ];
};

/** The same request for tenants that are not there. */
const elsewhere = (method, path, body) => [
  [
    "of a tenant without an id",
    ask(method, `/tenants/x${path}`, body),
    400,
    "tenant_id must be a valid uuid4",
  ],
  [
    "of a tenant nobody made",
    ask(method, `/tenants/${nowhere}${path}`, body),
    404,
    "tenant not found",
  ],
];

const status = [
  [
    "a sign of life",
    ask("GET", "/health/alive", undefined, { token: null }),
    200,
    ({ json }) => assert.deepEqual(json, { alive: true }),
  ],
  [
    "readiness",
    ask("GET", "/health/ready", undefined, { token: null }),
    200,
    ({ json }) => assert.deepEqual(json, { ready: true }),
  ],
  ["a path nobody serves", ask("GET", "/nothing"), 404, "Not Found"],
];

const list = [
  [
    "all of them",
    ask("GET", "/tenants"),
    200,
    (answer) => {
      assert.ok(answer.json.length >= 3);
      for (const tenant of answer.json)
        assert.deepEqual(Object.keys(tenant).sort(), ["display_name", "id"]);
    },
  ],
  ...outsiders("GET", "/tenants"),
];

const settings = { origins: [origin] };
const make = (change) => () => {
  const body = tenantBody(settings);
  change(body);
  return admin("POST", "/tenants", body);
};
const cannot = "unable to create tenant";
const needs = (...names) =>
  names.map((name) => `${name} is a required field`).join(" and ");

const creation = [
  [
    "one with a key",
    make(() => {}),
    201,
    ({ json }) => {
      assert.match(json.id, /^[0-9a-f]{8}-[0-9a-f]{4}-4/);
      assert.equal(json.api_key.name, "Initial API Key");
      assert.match(json.api_key.secret, /^[A-Za-z0-9_-]{86}==$/);
      assert.ok(json.api_key.id && json.api_key.created_at);
    },
  ],
  [
    "one without a key",
    make((body) => delete body.create_api_key),
    201,
    ({ json }) => assert.deepEqual(Object.keys(json), ["id"]),
  ],
  [
    "nothing",
    ask("POST", "/tenants", {}),
    400,
    cannot,
    needs(
      "display_name",
      "allowed_origins",
      "allow_unsafe_wildcard",
      "id",
      "display_name",
      "origins",
      "timeout",
    ),
  ],
  [
    "one without a name",
    make((body) => delete body.display_name),
    400,
    cannot,
    needs("display_name"),
  ],
  [
    "one without an origin",
    make((body) => (body.config.webauthn.relying_party.origins = [])),
    400,
    cannot,
    "origins must at least have 1 entry",
  ],
  [
    "one without a time",
    make((body) => delete body.config.webauthn.timeout),
    400,
    cannot,
    needs("timeout"),
  ],
  [
    "one that verifies users sometimes",
    make((body) => (body.config.webauthn.user_verification = "sometimes")),
    400,
    cannot,
    "must be one of",
  ],
  [
    "one attached to nothing we know",
    make((body) => (body.config.webauthn.attachment = "string")),
    400,
    cannot,
    "must be one of",
  ],
  [
    "one with an algorithm nobody can verify",
    make((body) => (body.config.zegel = { token_algorithm: "none" })),
    400,
    cannot,
  ],
  [
    "one with a setting nobody knows",
    make((body) => (body.config.zegel = { colour: "green" })),
    400,
    cannot,
  ],
  ["half a body", ask("POST", "/tenants", "{"), 400, cannot, "Syntax error"],
  ...outsiders("POST", "/tenants", {}),
];

const reading = [
  [
    "one, with every default",
    ask("GET", under()),
    200,
    ({ json }) => {
      const { webauthn, cors, mfa } = json.config;
      assert.deepEqual(cors, { allowed_origins: [origin], allow_unsafe_wildcard: false });
      assert.equal(webauthn.relying_party.id, "localhost");
      assert.equal(webauthn.timeout, 60_000);
      assert.equal(webauthn.user_verification, "required");
      assert.equal(webauthn.attestation_preference, "direct");
      assert.equal(webauthn.resident_key_requirement, "required");
      assert.equal(mfa.timeout, 60_000);
      assert.equal(mfa.user_verification, "preferred");
      assert.equal(mfa.attachment, "cross-platform");
      assert.equal(mfa.resident_key_requirement, "discouraged");
    },
  ],
  ...elsewhere("GET", ""),
  ...outsiders("GET", under()),
];

const renaming = [
  [
    "one",
    async (world) => {
      const answer = await ask("PUT", other(), { display_name: "renamed" })(world);
      const { json } = await ask("GET", other())(world);
      assert.equal(json.display_name, "renamed");
      return answer;
    },
    204,
  ],
  [
    "one, to nothing",
    ask("PUT", under(), {}),
    400,
    "unable to update tenant",
    needs("display_name"),
  ],
  [
    "one, with half a body",
    ask("PUT", under(), "{"),
    400,
    "unable to update tenant",
    "Syntax error",
  ],
  ...elsewhere("PUT", "", { display_name: "x" }),
  ...outsiders("PUT", under(), { display_name: "x" }),
];

const removal = [
  [
    "one, with everything it had",
    async () => {
      const gone = await newTenant(settings);
      const { passkey } = await register(gone, newUserId());
      const answer = await admin("DELETE", `/tenants/${gone.id}`);
      assert.equal((await gone.call("GET", `/credentials/${passkey.id}`)).status, 404);
      assert.equal((await admin("GET", `/tenants/${gone.id}`)).status, 404);
      return answer;
    },
    204,
  ],
  ...elsewhere("DELETE", ""),
  ...outsiders("DELETE", under()),
];

const put = (change) => async (world) => {
  const config = configuration(settings);
  change(config);
  return ask("PUT", other("/config"), config)(world);
};

const configuring = [
  [
    "new ones, at once",
    async (world) => {
      const answer = await put((config) => (config.webauthn.timeout = 1234))(world);
      const { publicKey } = await ok(world.other.call("POST", "/login/initialize"));
      assert.equal(publicKey.timeout, 1234);
      return answer;
    },
    204,
  ],
  [
    "ones that leave the second factor out, and so take the defaults",
    async (world) => {
      const mfa = { timeout: 5000, user_verification: "discouraged" };
      await put((config) => (config.mfa = mfa))(world);
      const changed = await ask("GET", other())(world);
      assert.equal(changed.json.config.mfa.user_verification, "discouraged");
      const answer = await put(() => {})(world);
      const { json } = await ask("GET", other())(world);
      assert.equal(json.config.mfa.user_verification, "preferred");
      return answer;
    },
    204,
  ],
  [
    "nothing",
    ask("PUT", under("/config"), {}),
    400,
    "unable to update tenant config",
    needs("allowed_origins"),
  ],
  [
    "ones without an origin",
    put((config) => delete config.webauthn.relying_party.origins),
    400,
    "unable to update tenant config",
    "origins",
  ],
  [
    "ones with an icon that is no address",
    put((config) => (config.webauthn.relying_party.icon = "no address")),
    400,
    "unable to update tenant config",
    "icon must be a valid URL",
  ],
  ...elsewhere("PUT", "/config", configuration(settings)),
  ...outsiders("PUT", under("/config"), {}),
];

const auditing = [
  [
    "of a tenant",
    ask("GET", under("/audit_logs")),
    200,
    ({ json, headers }) => {
      assert.ok(json.length > 0);
      assert.ok(Number(headers.get("x-total-count")) >= json.length);
    },
  ],
  [
    "of one type",
    ask("GET", under("/audit_logs?type=webauthn_registration_init_succeeded&per_page=1")),
    200,
    ({ json }) =>
      assert.deepEqual(
        json.map(({ type }) => type),
        ["webauthn_registration_init_succeeded"],
      ),
  ],
  [
    "of a time that is none",
    ask("GET", under("/audit_logs?end_time=later")),
    400,
    "unable to list audit logs",
  ],
  ...elsewhere("GET", "/audit_logs"),
  ...outsiders("GET", under("/audit_logs")),
];

/** A user as the operator sees them, found by the caller's id. */
async function found(world, userId) {
  const users = await ok(admin("GET", `/tenants/${world.tenant.id}/users?per_page=1000`));
  return users.find(({ user_id }) => user_id === userId);
}

const users = [
  [
    "all of them",
    ask("GET", under("/users")),
    200,
    ({ json, headers }) => {
      assert.ok(json.length >= 3);
      assert.ok(Number(headers.get("x-total-count")) >= 3);
      for (const { id, user_id, name } of json) assert.ok(id && user_id && name);
    },
  ],
  [
    "one to a page",
    ask("GET", under("/users?page=2&per_page=1&sort_direction=asc")),
    200,
    ({ json, headers }) => {
      assert.equal(json.length, 1);
      assert.match(headers.get("link"), /rel="first"/);
    },
  ],
  [
    "one, with credentials and transactions",
    async (world) => {
      const user = await register(world.tenant, newUserId());
      await ok(world.tenant.call("POST", "/transaction/initialize", transactionBody(user)));
      const { id } = await found(world, user.userId);
      const answer = await ask("GET", under(`/users/${id}`))(world);
      assert.equal(answer.json.user_id, user.userId);
      assert.deepEqual(
        answer.json.credentials.map((it) => it.id),
        [user.passkey.id],
      );
      assert.equal(answer.json.transactions.length, 1);
      const listed = await ok(world.tenant.call("GET", `/transaction/${id}`));
      assert.equal(listed.length, 1);
      return answer;
    },
    200,
  ],
  [
    "one of another tenant",
    async (world) => {
      const { id } = await found(world, world.user.userId);
      return ask("GET", other(`/users/${id}`))(world);
    },
    404,
    "user not found",
  ],
  ["one without an id", ask("GET", under("/users/x")), 400, "invalid user_id"],
  ["one nobody made", ask("GET", under(`/users/${nowhere}`)), 404, "user not found"],
  [
    "no more of one",
    async (world) => {
      const user = await register(world.tenant, newUserId());
      const { id } = await found(world, user.userId);
      const answer = await ask("DELETE", under(`/users/${id}`))(world);
      const left = await ok(
        world.tenant.call("GET", `/credentials?user_id=${user.userId}`),
      );
      assert.deepEqual(left, []);
      assert.equal(await found(world, user.userId), undefined);
      return answer;
    },
    204,
  ],
  [
    "no more of one nobody made",
    ask("DELETE", under(`/users/${nowhere}`)),
    404,
    "user not found",
  ],
  [
    "no more of one without an id",
    ask("DELETE", under("/users/x")),
    400,
    "invalid user_id",
  ],
  ...elsewhere("GET", "/users"),
  ...outsiders("GET", under("/users")),
];

/** API keys, or the secrets that stand for signing keys. */
const secrets = (kind) => {
  const path = under(`/secrets/${kind}`);
  const created = async (world) =>
    ok(ask("POST", path, { name: randomUUID() })(world), 201);
  return [
    [
      "a new one",
      ask("POST", path, { name: `new ${kind}` }),
      201,
      ({ json }) => {
        assert.equal(json.name, `new ${kind}`);
        assert.ok(json.id && json.created_at);
        // What stands for a signing key is not a secret here, and never shown.
        assert.match(json.secret, kind === "api" ? /^[A-Za-z0-9_-]{86}==$/ : /^$/);
      },
    ],
    [
      "a second of one name",
      async (world) => {
        const { name } = await created(world);
        return ask("POST", path, { name })(world);
      },
      409,
      "Secret with this name already exists",
    ],
    [
      "one without a name",
      ask("POST", path, {}),
      400,
      "unable to create key",
      needs("name"),
    ],
    ["half a body", ask("POST", path, "{"), 400, "unable to create key", "Syntax error"],
    [
      "all of them, without what they are",
      async (world) => {
        const made = await created(world);
        const answer = await ask("GET", path)(world);
        assert.ok(answer.json.some(({ id }) => id === made.id));
        if (made.secret) assert.ok(!answer.text.includes(made.secret));
        return answer;
      },
      200,
    ],
    [
      "one less",
      async (world) => {
        const { id } = await created(world);
        const answer = await ask("DELETE", under(`/secrets/${kind}/${id}`))(world);
        const left = await ok(ask("GET", path)(world));
        assert.ok(left.every((secret) => secret.id !== id));
        return answer;
      },
      204,
    ],
    [
      "one less that is not there",
      ask("DELETE", under(`/secrets/${kind}/${nowhere}`)),
      404,
      `secret with ID '${nowhere}' not found`,
    ],
    [
      "one less of another tenant",
      async (world) => {
        const { id } = await created(world);
        return ask("DELETE", other(`/secrets/${kind}/${id}`))(world);
      },
      404,
      "not found",
    ],
    [
      "one less without an id",
      ask("DELETE", under(`/secrets/${kind}/x`)),
      400,
      "unable to remove key",
      "SecretId must be a valid uuid4",
    ],
    ...elsewhere("GET", `/secrets/${kind}`),
    ...outsiders("GET", path),
    ...outsiders("POST", path, { name: "x" }),
  ];
};

const keys = [
  ...secrets("api"),
  [
    "a new one that opens, and does not once it is gone",
    async (world) => {
      const { secret: key, id } = await ok(
        ask("POST", under("/secrets/api"), { name: randomUUID() })(world),
        201,
      );
      await ok(world.tenant.call("GET", "/credentials", undefined, { key }));
      await ask("DELETE", under(`/secrets/api/${id}`))(world);
      return world.tenant.call("GET", "/credentials", undefined, { key });
    },
    401,
    "The api key is invalid",
  ],
];

const signingKeys = [
  ...secrets("jwk"),
  [
    "the last one, without which nothing could be signed",
    async () => {
      const alone = await newTenant(settings);
      const path = `/tenants/${alone.id}/secrets/jwk`;
      const all = await ok(admin("GET", path));
      assert.equal(all.length, 1);
      return admin("DELETE", `${path}/${all[0].id}`);
    },
    409,
    "",
  ],
];

/** The areas, each with its rows. */
export const operator = {
  "the operator's listener": status,
  "the list of tenants": list,
  "making a tenant": creation,
  "reading a tenant": reading,
  "renaming a tenant": renaming,
  "removing a tenant": removal,
  "a tenant's settings": configuring,
  "the operator's audit log": auditing,
  "a tenant's users": users,
  "a tenant's API keys": keys,
  "a tenant's signing keys": signingKeys,
};
