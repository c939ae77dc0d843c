// A tenant, and an unmodified client that holds its API key, as an app's backend would.

import { GridClient } from "@sqds/grid";
import { Keypair } from "@solana/web3.js";

import { url } from "../../node/support/environment.js";
import { newTenant } from "../../node/support/tenants/admin.js";

/** The network of every call; there are no passkeys on the main one. */
export const environment = "sandbox";

/** The server under its name: browsers have no passkeys for bare IP addresses. */
export const ownOrigin = url.replace("//127.0.0.1", "//localhost");

/** A client of the server under test. */
export const clientOf = (apiKey, more = {}) =>
  new GridClient({ environment, apiKey, baseUrl: url, ...more });

/** A session key nobody has used before. */
export const newKey = () => Keypair.generate().publicKey.toBase58();

/**
 * An app: its tenant, whose pages may be at `pages` and lead back to `returns`, and a few words
 * for what its backend asks the client.
 */
export async function newApp({ pages = [], returns = [], brand } = {}) {
  const sessions = { base_urls: pages, redirect_urls: returns, ...(brand && { brand }) };
  const tenant = await newTenant({ origins: [ownOrigin], zegel: { sessions } });
  return { tenant, ...wordsOf(clientOf(tenant.apiKey)) };
}

/** Calls of a client, with what every app must say anyway. */
export function wordsOf(grid) {
  const metaInfo = { appName: "Wallet" };
  const link = async (asked) => (await asked).url;
  return {
    grid,
    /** A link to make an account. */
    create: ({ key = newKey(), expiration = 900, about, ...more } = {}) =>
      link(
        grid.createPasskeySession(
          {
            sessionKey: { key, expiration },
            env: environment,
            metaInfo: { ...metaInfo, ...about },
            ...more,
          },
          environment,
        ),
      ),
    /** A link to bind a session key to an account. */
    authorize: ({ key = newKey(), expiration = 900, about, ...more } = {}) =>
      link(
        grid.authorizePasskeySession(
          {
            sessionKey: { key, expiration },
            metaInfo: { ...metaInfo, ...about },
            ...more,
          },
          environment,
        ),
      ),
    /** A link to find an account. */
    find: ({ about, ...more } = {}) =>
      link(
        grid.createPasskeySession(
          { action: "get", metaInfo: { ...metaInfo, ...about }, ...more },
          environment,
        ),
      ),
    submit: (answer) => grid.submitPasskeySession(answer, environment),
    found: ({ authenticatorResponse, sessionKey }) =>
      grid.findPasskeyAccount({ authenticatorResponse, sessionKey }, environment),
    account: (address) => grid.getPasskeyAccount(address, environment),
  };
}
