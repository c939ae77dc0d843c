// What an app's backend says to a client of passkey sessions.

import { Keypair } from "@solana/web3.js";

/** A session key nobody has used before. */
export const newKey = () => Keypair.generate().publicKey.toBase58();

/** Calls of a client on a network, with what every app must say anyway. */
export function wordsOf(grid, environment) {
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
