// Users of a tenant, with passkeys in software.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";

import { Passkey } from "./authenticator.js";

/** A user id nobody has used before. */
export const newUserId = () => `user-${randomUUID()}`;

/** Awaits success and gives what was answered. */
export async function ok(promise, status = 200) {
  const answer = await promise;
  assert.equal(answer.status, status, `${answer.status} ${answer.text}`);
  return answer.json;
}

/** Registers a passkey for a user: the key, the options it answered and the token. */
export async function register(
  tenant,
  userId,
  { path = "/registration", passkey, ...how } = {},
) {
  const key = passkey ?? new Passkey(how);
  const user = { user_id: userId, username: `${userId}@example.com`, display_name: "Ada" };
  const options = await ok(tenant.call("POST", `${path}/initialize`, user));
  const credential = key.create(options, { origin: tenant.origin, ...how });
  const { token } = await ok(tenant.call("POST", `${path}/finalize`, credential));
  return { userId, passkey: key, options, token };
}

/** A new user with one passkey. */
export const newUser = (tenant, how) => register(tenant, newUserId(), how);

/** Begins something and answers it with a passkey, but does not send the answer yet. */
export async function answered(tenant, path, body, passkey, how) {
  const options = await ok(tenant.call("POST", `${path}/initialize`, body));
  return passkey.get(options, { origin: tenant.origin, ...how });
}

/** Logs in without a name: the token. */
export async function logIn(tenant, { passkey }, how) {
  const assertion = await answered(tenant, "/login", undefined, passkey, how);
  return (await ok(tenant.call("POST", "/login/finalize", assertion))).token;
}
