// What the tests of pages share: a browser with an authenticator of its own, a server, a tenant,
// and a shop on another origin.

import { spawn } from "node:child_process";
import { readFile, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { createServer as createSocket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../../", import.meta.url));
export const zegel = process.env.ZEGEL ?? join(root, "target/release/zegel");
const { chromium } = createRequire(join(root, "compat/browser/package.json"))("playwright-core");

/** @param {string[]} args */
export function launch(...args) {
  const common = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking"];
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [...common, ...args],
  });
}

/** A program of ours that prints a line of JSON when it is ready, and ends with the test. */
export async function run(t, args) {
  const program = spawn(zegel, args, { stdio: ["ignore", "pipe", "ignore"] });
  const ended = new Promise((resolve) => program.on("exit", resolve));
  t.after(async () => {
    program.kill();
    await ended;
  });
  return new Promise((resolve, reject) => {
    let line = "";
    program.stdout.on("data", (part) => {
      line += part;
      if (line.includes("\n")) resolve(JSON.parse(line));
    });
    ended.then((code) => reject(new Error(`zegel ${args[0]} ended with ${code}`)));
  });
}

/** A port that was free a moment ago. */
export async function freePort() {
  const socket = createSocket();
  await new Promise((resolve) => socket.listen(0, "127.0.0.1", resolve));
  const { port } = socket.address();
  await new Promise((resolve) => socket.close(resolve));
  return port;
}

/** A server that is called http://localhost:port, and its operator. */
export async function serve(t) {
  const directory = await mkdtemp(join(tmpdir(), "zegel-page-"));
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const data = ["--data-dir", join(directory, "data"), "--admin-listen", "127.0.0.1:0"];
  const place = ["--listen", `127.0.0.1:${port}`, "--public-url", origin];
  const greeting = await run(t, ["serve", "--json", ...place, ...data]);
  t.after(() => rm(directory, { recursive: true, force: true }));
  const token = (await readFile(greeting.adminTokenFile, "utf8")).trim();
  const operate = (method, path, body) =>
    call(`${greeting.adminUrl}${path}`, method, { Authorization: `Bearer ${token}` }, body);
  return { origin, port, greeting, operate };
}

/** A page on an origin of its own: `body` is its HTML. */
export async function page(t, body = "") {
  const server = createServer((_, answer) => {
    answer.writeHead(200, { "content-type": "text/html" });
    answer.end(`<!doctype html><title>elsewhere</title>${body}`);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  return `http://localhost:${server.address().port}`;
}

async function call(url, method, headers, body) {
  const answer = await fetch(url, {
    method,
    headers: { "content-type": "application/json", ...headers },
    body: body && JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${text}`);
  return text && JSON.parse(text);
}

/** A tenant for the relying party `localhost`, and its backend. */
export async function tenant({ origin, port, operate }, { shop, name = "Corner Bank" }) {
  const config = (origins) => ({
    cors: { allowed_origins: [origin], allow_unsafe_wildcard: false },
    webauthn: {
      relying_party: { id: "localhost", display_name: name, origins },
      timeout: 60_000,
      user_verification: "required",
      attestation_preference: "none",
    },
    zegel: {
      token_algorithm: "ES256",
      return_urls: [`${shop}/paid`],
      payment_caller_origins: [origin, shop],
    },
  });
  const made = await operate("POST", "/tenants", {
    display_name: "tenant",
    create_api_key: true,
    config: config([origin]),
  });
  const api = (method, path, body) =>
    call(`http://127.0.0.1:${port}/${made.id}${path}`, method, { apiKey: made.api_key.secret }, body);
  let count = 0;
  const begin = (payment = {}, rest = {}) =>
    api("POST", "/v2/transactions", {
      user_id: "alice",
      transaction_id: `order-${++count}`,
      payment: { amount: "12.34", currency: "EUR", payee: { name: "Bakery Ltd" }, ...payment },
      return_url: `${shop}/paid`,
      ...rest,
    });
  const setOrigins = (origins) => operate("PUT", `/tenants/${made.id}/config`, config(origins));
  return { api, begin, setOrigins };
}

/** A context with an authenticator, and what the pages in it complained about. */
export async function context(t, browser, options = {}) {
  const made = await browser.newContext(options);
  t.after(() => made.close());
  const complaints = [];
  made.on("page", (page) => {
    page.on("console", (message) => {
      if (message.type() === "error") complaints.push(`${message.text()} ${message.location().url}`);
    });
    page.on("pageerror", (error) => complaints.push(error.message));
  });
  return { context: made, complaints };
}

/** Gives a page an authenticator that answers at once. */
export async function authenticator(page, { isUserVerified = true } = {}) {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("WebAuthn.enable");
  const { authenticatorId } = await cdp.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified,
      automaticPresenceSimulation: true,
    },
  });
  return {
    cdp,
    verifyUser: (isUserVerified) =>
      cdp.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified }),
    /** Whether its owner is there to touch it. */
    present: (enabled) =>
      cdp.send("WebAuthn.setAutomaticPresenceSimulation", { authenticatorId, enabled }),
    credentials: async () =>
      (await cdp.send("WebAuthn.getCredentials", { authenticatorId })).credentials,
    clear: () => cdp.send("WebAuthn.clearCredentials", { authenticatorId }),
    addCredential: (credential) =>
      cdp.send("WebAuthn.addCredential", { authenticatorId, credential }),
  };
}

/** Registers a passkey of alice's with what the page at hand has: any page of the server's. */
export async function register(page, origin, api, body = {}) {
  await page.goto(`${origin}/healthz`);
  const begun = await api("POST", "/registration/initialize", {
    user_id: "alice",
    username: "alice",
    ...body,
  });
  const made = await page.evaluate(async ({ publicKey }) => {
    const options = PublicKeyCredential.parseCreationOptionsFromJSON(publicKey);
    if (publicKey.extensions) options.extensions = publicKey.extensions;
    return (await navigator.credentials.create({ publicKey: options })).toJSON();
  }, begun);
  await api("POST", "/registration/finalize", made);
}
