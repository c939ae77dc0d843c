// Tokens, verified by `jose` as an application would.

import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from "jose";

/** Verifies a token with the keys the tenant publishes now: its header and its claims. */
export async function verified(tenant, token, options) {
  const keys = createRemoteJWKSet(new URL(`${tenant.url}/.well-known/jwks.json`));
  const { payload, protectedHeader } = await jwtVerify(token, keys, {
    audience: tenant.rpId,
    ...options,
  });
  return { header: protectedHeader, claims: payload };
}

export { decodeJwt as claimsOf, decodeProtectedHeader as headerOf };
