// The operator's side: tenants, their settings and their secrets.

import { randomUUID } from "node:crypto";

import { required, url } from "../environment.js";
import { call } from "./http.js";

/** Base URL of the admin listener, without a slash at the end. */
export const adminUrl = required("ZEGEL_ADMIN_URL").replace(/\/+$/, "");

const adminToken = required("ZEGEL_ADMIN_TOKEN");

/** One request of the operator. `token: null` sends none. */
export function admin(method, path, body, { token = adminToken, headers } = {}) {
  const authorization = token === null ? {} : { authorization: `Bearer ${token}` };
  return call(method, `${adminUrl}${path}`, body, { ...authorization, ...headers });
}

/** Settings of a relying party at these origins; further members win. */
export function configuration({
  rpId = "localhost",
  origins,
  cors = origins,
  webauthn,
  ...rest
}) {
  return {
    cors: { allowed_origins: cors, allow_unsafe_wildcard: false },
    webauthn: {
      relying_party: { id: rpId, display_name: "Compat", origins },
      timeout: 60_000,
      ...webauthn,
    },
    ...rest,
  };
}

/** A tenant as an operator makes it: its id, its API key and where it is reached. */
export async function newTenant(settings) {
  const made = await admin("POST", "/tenants", tenantBody(settings));
  if (made.status !== 201) throw new Error(`no tenant: ${made.status} ${made.text}`);
  return tenant(made.json.id, made.json.api_key.secret, settings);
}

/** What makes a tenant with these settings and an API key. */
export const tenantBody = (settings) => ({
  display_name: `tenant ${randomUUID()}`,
  config: configuration(settings),
  create_api_key: true,
});

function tenant(id, apiKey, settings) {
  const { rpId = "localhost", origins } = settings;
  return {
    id,
    apiKey,
    rpId,
    origin: origins[0],
    url: `${url}/${id}`,
    /** The same people at another tenant, which need not exist. */
    at: (elsewhere) => tenant(elsewhere, apiKey, settings),
    /** One request under the tenant. `key: null` sends no key. */
    call(method, path, body, { key = apiKey, headers } = {}) {
      const keyed = key === null ? {} : { apiKey: key };
      return call(method, `${url}/${id}${path}`, body, { ...keyed, ...headers });
    },
  };
}
