// What the tests of passkey sessions share: an app that opens them, and pages of its own.

import { spawn } from "node:child_process";
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, root } from "./page-support.js";

/** The session key of the tests: 32 bytes in base58. */
export const KEY = "4vJ9JU1bJJE96FWSJKvHsmmFADCg4gpZQff4P3bkLKi";

/** Addresses that are, or may be taken for, those of a tenant whose pages are at `origin`. */
export async function addresses(origin) {
  const rows = JSON.parse(await readFile(join(root, "vectors/tenants/addresses.json"), "utf8"));
  const { host, hostname } = new URL(origin);
  const said = { "{origin}": origin, "{host}": host, "{name}": hostname };
  const spell = (text) => text.replace(/\{(origin|host|name)\}/g, (place) => said[place]);
  return rows.map((row) => ({ ...row, address: spell(row.address) }));
}

/** A tenant, and its app, which opens sessions. */
export async function app(
  { origin, port, operate },
  { redirects = [], bases = [], brand = {}, name = "Corner Bank", cors = [origin] },
) {
  const made = await operate("POST", "/tenants", {
    display_name: "tenant",
    create_api_key: true,
    config: {
      cors: { allowed_origins: cors, allow_unsafe_wildcard: false },
      webauthn: {
        relying_party: { id: "localhost", display_name: name, origins: [origin] },
        timeout: 60_000,
      },
      zegel: { sessions: { base_urls: bases, redirect_urls: redirects, brand } },
    },
  });
  const api = async (method, path, body) => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/grid/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${made.api_key.secret}`,
        "content-type": "application/json",
      },
      body: body && JSON.stringify(body),
    });
    const read = await answer.json();
    if (!answer.ok) throw new Error(`${read.code}: ${read.message}`);
    return read;
  };
  const open = async (action, { appName = "Wallet", baseUrl, ...rest } = {}) => {
    const metaInfo = { appName, redirectUrl: redirects[0], ...rest };
    const sessionKey = { key: KEY, expiration: 900 };
    return (await api("POST", "/passkeys", { action, sessionKey, metaInfo, baseUrl })).url;
  };
  return {
    key: made.api_key.secret,
    create: (rest) => open("create", rest),
    auth: (rest) => open("auth", rest),
    find: (rest) => open("get", rest),
    /** A link to sign for an account of a chain. */
    sign: async (evm, { appName = "Wallet", ...rest } = {}) => {
      const metaInfo = { appName, redirectUrl: redirects[0], ...rest };
      return (await api("POST", "/passkeys/sign", { evm, metaInfo })).url;
    },
    account: (address) => api("GET", `/passkeys/account/${address}`),
  };
}

/** Page and backend on `app.localhost`, with the code of docs/custom-domain.md. The page submits
 * `through` its backend, or as a page of another origin. */
export async function ownPages(t, server, { through }) {
  const directory = await mkdtemp(join(tmpdir(), "zegel-own-"));
  const port = await freePort();
  const origin = `http://app.localhost:${port}`;
  const cors = through === "page" ? [origin] : [server.origin];
  const { key } = await app(server, { bases: [origin], cors });
  const [html, page, backend] = await blocks();
  const api = `${server.origin}/api/grid/v1/passkeys`;
  const aimed = through === "page" ? page.replace('"/passkeys"', JSON.stringify(api)) : page;
  await writeFile(join(directory, "page.html"), html);
  await writeFile(join(directory, "page.js"), aimed);
  await writeFile(join(directory, "server.mjs"), backend);
  await copyFile(join(root, "sdk/passkey-session.js"), join(directory, "passkey-session.js"));
  const environment = { ZEGEL: server.origin, API_KEY: key, ORIGIN: origin };
  const program = spawn(process.execPath, [join(directory, "server.mjs")], {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const ended = new Promise((resolve) => program.on("exit", resolve));
  t.after(async () => {
    program.kill();
    await ended;
    await rm(directory, { recursive: true, force: true });
  });
  await answers(`http://127.0.0.1:${port}/page.js`);
  const open = async (action) => {
    const sessionKey = { key: KEY, expiration: 900 };
    const answer = await fetch(`http://127.0.0.1:${port}/open`, {
      method: "POST",
      body: JSON.stringify({ action: action === "find" ? "get" : action, sessionKey }),
    });
    const read = await answer.json();
    if (!read.url) throw new Error(JSON.stringify(read));
    return read.url;
  };
  return { origin, open };
}

/** Page, script and backend of the documentation. */
async function blocks() {
  const text = await readFile(join(root, "docs/custom-domain.md"), "utf8");
  const found = [...text.matchAll(/^```(html|js)\n(.*?)^```$/gms)].map(([, , code]) => code);
  return found.slice(0, 3);
}

/** Waits until something answers there. */
async function answers(url) {
  for (let tries = 0; ; tries += 1) {
    try {
      return await fetch(url);
    } catch (error) {
      if (tries > 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
