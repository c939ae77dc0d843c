// The app's own server: its page, its bundle and a backend that holds the API key of the
// root organisation. It runs on another origin than zegel.

import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";

import { Turnkey } from "@turnkey/sdk-server";
import { build } from "esbuild";

import { organizationId, rootKey, url } from "../../node/support/environment.js";

const page = (name) => new URL(`../page/${name}`, import.meta.url);

async function bundle() {
  const { outputFiles } = await build({
    entryPoints: [page("app.js").pathname],
    bundle: true,
    format: "esm",
    platform: "browser",
    target: "chrome120",
    write: false,
    logLevel: "error",
  });
  return outputFiles[0].text;
}

/** The root organisation's client, in the backend's hands. */
export const root = new Turnkey({
  apiBaseUrl: url,
  apiPublicKey: rootKey.publicKey,
  apiPrivateKey: rootKey.privateKey,
  defaultOrganizationId: organizationId,
}).apiClient();

/** Makes a sub-organisation that only this passkey owns, with one Ethereum account. */
async function signUp(passkey) {
  const made = await root.createSubOrganization({
    subOrganizationName: `user ${randomUUID()}`,
    rootUsers: [
      { userName: "user", apiKeys: [], authenticators: [passkey], oauthProviders: [] },
    ],
    rootQuorumThreshold: 1,
    wallet: {
      walletName: "wallet",
      accounts: [
        {
          curve: "CURVE_SECP256K1",
          pathFormat: "PATH_FORMAT_BIP32",
          path: "m/44'/60'/0'/0/0",
          addressFormat: "ADDRESS_FORMAT_ETHEREUM",
        },
      ],
    },
  });
  return {
    organizationId: made.subOrganizationId,
    userId: made.rootUserIds[0],
    walletId: made.wallet.walletId,
    address: made.wallet.addresses[0],
    credentialId: passkey.attestation.credentialId,
  };
}

/** Posts a request that the page has stamped, byte for byte. */
async function forward({ body, stamp, url }) {
  const response = await fetch(url, {
    method: "POST",
    body,
    headers: { [stamp.stampHeaderName]: stamp.stampHeaderValue },
  });
  return response.json();
}

const routes = {
  "/configuration": async () => ({ zegel: url }),
  "/sign-up": signUp,
  "/forward": forward,
};

/** Starts the app on a free port of `localhost`; its origin and a way to stop it. */
export async function startApp() {
  const files = {
    "/": ["text/html", await readFile(page("index.html"), "utf8")],
    "/app.js": ["text/javascript", await bundle()],
  };
  const server = createServer(async (request, response) => {
    const answer = (status, type, text) => {
      response.writeHead(status, { "content-type": type });
      response.end(text);
    };
    try {
      if (request.url in files) return answer(200, ...files[request.url]);
      if (!(request.url in routes)) return answer(404, "text/plain", "");
      let text = "";
      for await (const chunk of request) text += chunk;
      const result = await routes[request.url](text && JSON.parse(text));
      answer(200, "application/json", JSON.stringify(result));
    } catch (error) {
      answer(500, "application/json", JSON.stringify({ message: error.message }));
    }
  });
  await new Promise((listening) => server.listen(0, "localhost", listening));
  return {
    origin: `http://localhost:${server.address().port}`,
    stop: () => server.close(),
  };
}
