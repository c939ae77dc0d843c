// Tokens, verified by `jose` as an application would.

import { createRemoteJWKSet, jwtVerify } from "jose";

/** Verifies a token with the keys the tenant publishes now: its header and its claims. */
export async function verified(tenant, token) {
  const keys = createRemoteJWKSet(new URL(`${tenant.url}/.well-known/jwks.json`));
  const { payload, protectedHeader } = await jwtVerify(token, keys, {
    audience: tenant.rpId,
  });
  return { header: protectedHeader, claims: payload };
}
