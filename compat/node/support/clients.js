// The published clients, pointed at the server under test, and people to use them.

import { randomUUID } from "node:crypto";

import { p256 } from "@noble/curves/nist.js";
import { ApiKeyStamper } from "@turnkey/api-key-stamper";
import { createActivityPoller, TurnkeyClient } from "@turnkey/http";
import { Turnkey } from "@turnkey/sdk-server";

import { organizationId, rootKey, url } from "./environment.js";

/** A name nobody has used before: names are unique within an organisation. */
export const unique = (name) => `${name} ${randomUUID()}`;

/** A fresh P-256 API key, both halves in hexadecimal. */
export function newApiKey() {
  const secret = p256.utils.randomPrivateKey();
  return {
    publicKey: Buffer.from(p256.getPublicKey(secret, true)).toString("hex"),
    privateKey: Buffer.from(secret).toString("hex"),
  };
}

/** `@turnkey/http` with an API key. */
export function httpClient(key = rootKey) {
  const stamper = new ApiKeyStamper({
    apiPublicKey: key.publicKey,
    apiPrivateKey: key.privateKey,
  });
  return new TurnkeyClient({ baseUrl: url }, stamper);
}

/** `@turnkey/sdk-server` with an API key. It polls once, quickly, where it polls at all. */
export function sdkClient(key = rootKey, organization = organizationId) {
  return new Turnkey({
    apiBaseUrl: url,
    apiPublicKey: key.publicKey,
    apiPrivateKey: key.privateKey,
    defaultOrganizationId: organization,
    activityPoller: { intervalMs: 10, numRetries: 1 },
  }).apiClient();
}

/** The envelope of an activity, as users of `@turnkey/http` write it by hand. */
export function activity(type, organization, parameters) {
  return {
    type,
    timestampMs: String(Date.now()),
    organizationId: organization,
    parameters,
  };
}

/** Submits through `createActivityPoller`, as the documentation of the client recommends. */
export async function complete(client, method, body) {
  const poll = createActivityPoller({
    client,
    requestFn: client[method],
    refreshIntervalMs: 10,
  });
  return poll(body);
}

/** A root user who holds this API key and nothing else. */
export function rootUser(key, curveType = "API_KEY_CURVE_P256") {
  return {
    userName: unique("owner"),
    apiKeys: [{ apiKeyName: "first", publicKey: key.publicKey, curveType }],
    authenticators: [],
    oauthProviders: [],
  };
}

/** A sub-organisation with these root users, made by the root organisation. */
export async function newSubOrganization(rootUsers, { threshold = 1, wallet } = {}) {
  return sdkClient().createSubOrganization({
    subOrganizationName: unique("child"),
    rootUsers,
    rootQuorumThreshold: threshold,
    ...(wallet && { wallet }),
  });
}

/** A sub-organisation owned by one fresh API key, with both clients in the owner's hands. */
export async function newOwner() {
  const key = newApiKey();
  const { subOrganizationId, rootUserIds } = await newSubOrganization([rootUser(key)]);
  return {
    key,
    organizationId: subOrganizationId,
    userId: rootUserIds[0],
    http: httpClient(key),
    sdk: sdkClient(key, subOrganizationId),
  };
}
