// An app whose users have passkeys: its page, its backend in Express with the published SDK, and
// its sessions in NextAuth. It answers under every name it is called by.

import { createServer } from "node:http";
import { readFile } from "node:fs/promises";

import Passkeys, { tenant as sdk } from "@teamhanko/passkeys-next-auth-provider";
import cookieParser from "cookie-parser";
import { build } from "esbuild";
import express from "express";
import next from "next-auth";

import { url } from "../../../node/support/environment.js";
import { addTransactions } from "../../../node/support/tenants/backend.js";

// The package is CommonJS, and says so by a member.
const NextAuth = next.default;

const page = (name) => new URL(`../../page/${name}`, import.meta.url);

async function bundle() {
  const { outputFiles } = await build({
    entryPoints: [page("tenants.js").pathname],
    bundle: true,
    format: "esm",
    platform: "browser",
    target: "chrome120",
    // As Next.js does for pages; nothing of the packages is replaced.
    define: { "process.env": "{}" },
    write: false,
    logLevel: "error",
  });
  return outputFiles[0].text;
}

/** Starts the app on a free port of loopback; `opens` says whose passkeys it asks for. */
export async function startApp() {
  const web = express();
  const server = createServer(web);
  await new Promise((listening) => server.listen(0, "localhost", listening));
  const { port } = server.address();
  const html = await readFile(page("tenants.html"), "utf8");
  const script = await bundle();
  web.get("/", (_, res) => res.type("html").send(html));
  web.get("/app.js", (_, res) => res.type("js").send(script));
  return {
    /** Where it is reached under a name that means this machine. */
    at: (name) => `http://${name}:${port}`,
    origin: `http://localhost:${port}`,
    /** Answers a request that came in elsewhere. */
    answer: web,
    opens: (tenant) => addRoutes(web, tenant, `http://localhost:${port}`),
    stop: () => server.close(),
  };
}

function addRoutes(web, tenant, origin) {
  const api = sdk({ baseUrl: `${url}/`, apiKey: tenant.apiKey, tenantId: tenant.id });
  web.use(express.json(), express.urlencoded({ extended: false }), cookieParser());
  addSessions(web, api, origin);
  addTransactions(web, tenant, async () => {});

  web.get("/configuration", (_, res) =>
    res.json({ zegel: `${url}/`, tenantId: tenant.id }),
  );

  const route = (path, answer) =>
    web.post(path, async (req, res) => {
      try {
        res.json(await answer(req.body));
      } catch (error) {
        const { status, title } = error.originalError ?? {};
        res.status(status ?? 500).json({ message: title ?? error.message });
      }
    });
  route("/register/start", (user) => api.registration.initialize(user));
  route("/register/finish", (credential) => api.registration.finalize(credential));
  route("/login/start", () => api.login.initialize());
  route("/login/finish", (credential) => api.login.finalize(credential));
  route("/mfa/register/start", ({ userId, username }) =>
    api.user(userId).mfa.registration.initialize({ username }),
  );
  route("/mfa/register/finish", (credential) =>
    api.user("").mfa.registration.finalize(credential),
  );
  route("/mfa/login/start", ({ userId }) => api.user(userId).mfa.login.initialize());
  route("/mfa/login/finish", (credential) => api.user("").mfa.login.finalize(credential));

  // What the SDK has no method for, with the key and otherwise as it came.
  web.post("/as-backend/*", async (req, res) => {
    const { status, json } = await tenant.call("POST", `/${req.params[0]}`, req.body);
    res.status(status).json(json);
  });
}

function addSessions(web, tenant, origin) {
  const options = {
    secret: "of this test",
    logger: { error() {}, warn() {}, debug() {} },
    providers: [
      Passkeys({ tenant, authorize: async ({ userId }) => ({ id: userId, name: userId }) }),
    ],
  };
  web.all("/api/auth/*", (req, res) => {
    // Read at each request, and there may be more than one app.
    process.env.NEXTAUTH_URL = origin;
    req.query.nextauth = req.params[0].split("/");
    return NextAuth(req, res, options);
  });
}
