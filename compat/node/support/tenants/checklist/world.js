// What the checklists find when they come: tenants, users and passkeys.

import { newTenant } from "../admin.js";
import { Passkey } from "../authenticator.js";
import { answered, newUserId, ok, register } from "../people.js";

/** The page everything happens on. */
export const origin = "http://localhost:3000";

/** A tenant id nobody has. */
export const nowhere = "6eb4710c-72df-4941-984d-f2cf3dbe396e";

/** An API key of the right shape that nobody was given. */
export const wrongKey = `${"A".repeat(86)}==`;

/** Makes the world. */
export async function newWorld() {
  const tenant = await newTenant({ origins: [origin] });
  const other = await newTenant({ origins: [origin] });
  // Whatever is begun here has run out when it is finished.
  const hasty = await newTenant({ origins: [origin], webauthn: { timeout: 1 } });
  const world = { tenant, other, hasty };
  world.user = await register(tenant, newUserId());
  world.stranger = await register(tenant, newUserId());
  world.foreigner = await register(other, newUserId());
  world.factor = await register(tenant, newUserId(), { path: "/mfa/registration" });
  // Somebody who had a passkey once.
  const { userId, passkey } = await register(tenant, newUserId());
  await ok(tenant.call("DELETE", `/credentials/${passkey.id}`), 204);
  world.bare = userId;
  return world;
}

/** A user as registration wants it. */
export const userBody = (user_id = newUserId(), more) => ({
  user_id,
  username: "ada@example.com",
  ...more,
});

/** A transaction nobody has asked for yet. */
export const transactionBody = ({ userId }, more) => ({
  user_id: userId,
  transaction_id: newUserId(),
  transaction_data: { payload: "Lorem Ipsum" },
  ...more,
});

/** Posts as the tenant's backend; `options.key` says otherwise. */
export const post = (path, body, options) => (world) =>
  world.tenant.call("POST", path, typeof body === "function" ? body(world) : body, options);

/** The same request from everybody who must not be heard, and to tenants that are not there. */
export function strangers(method, path, body) {
  const ask = (options) => (world) => world.tenant.call(method, path, body, options);
  const at = (id) => (world) =>
    world.tenant.at(id).call(method, path, body, { key: world.tenant.apiKey });
  const shape = "api keys needs to be an apiKey Header and 32 byte long";
  return [
    ["without a key", ask({ key: null }), 401, "The api key is invalid", shape],
    ["with a wrong key", ask({ key: wrongKey }), 401, "The api key is invalid", shape],
    ["with half a key", ask({ key: "AAAA" }), 401, "The api key is invalid", shape],
    [
      "with the key of another tenant",
      (world) => world.tenant.call(method, path, body, { key: world.other.apiKey }),
      401,
      "The api key is invalid",
      shape,
    ],
    ...tenantless(at),
  ];
}

/** The same request to tenants that are not there. */
export const tenantless = (at) => [
  [
    "of a tenant without an id",
    at("not-a-uuid"),
    400,
    "tenant_id must be a valid uuid4",
    "",
  ],
  ["of a tenant nobody made", at(nowhere), 404, "tenant not found", ""],
];

/** Begins a registration and answers it, but does not send the answer. */
export async function attested(
  tenant,
  { path = "/registration", user, passkey, ...how } = {},
) {
  const key = passkey ?? new Passkey(how);
  const body = userBody(user);
  const options = await ok(tenant.call("POST", `${path}/initialize`, body));
  return key.create(options, { origin, ...how });
}

/** Begins a login and answers it as `user`, but does not send the answer. */
export const asserted = (tenant, { passkey }, how) =>
  answered(tenant, "/login", undefined, passkey, { origin, ...how });
