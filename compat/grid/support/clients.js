// A tenant, and an unmodified client that holds its API key, as an app's backend would.

import { GridClient } from "@sqds/grid";

import { url } from "../../node/support/environment.js";
import { newTenant } from "../../node/support/tenants/admin.js";
import * as words from "./words.js";

export { newKey } from "./words.js";

/** The network of every call; there are no passkeys on the main one. */
export const environment = "sandbox";

/** The server under its name: browsers have no passkeys for bare IP addresses. */
export const ownOrigin = url.replace("//127.0.0.1", "//localhost");

/** A client of the server under test. */
export const clientOf = (apiKey, more = {}) =>
  new GridClient({ environment, apiKey, baseUrl: url, ...more });

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
export const wordsOf = (grid) => words.wordsOf(grid, environment);
