// The programs under test, started, killed and started again.
//
// ZEGEL is the server's binary, ZEGEL_SOLANA_RPC the chain's: a variable that is missing is an
// error, never a reason to skip.

import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

function required(name) {
  const value = process.env[name];
  if (!value)
    throw new Error(`${name} is not set; compat/README.md says how to run this suite`);
  return value;
}

/** What is running; it ends with the tests, however they end. */
const running = new Set();
process.on("exit", () => running.forEach((program) => program.kill("SIGKILL")));

/** Starts a program, and waits for its first line of output. With LOG set, its log is shown. */
async function start(binary, args, env = {}) {
  const program = spawn(binary, args, {
    env: { PATH: process.env.PATH, ...env },
    stdio: ["ignore", "pipe", process.env.LOG ? "inherit" : "ignore"],
  });
  running.add(program);
  const ended = new Promise((resolve) => program.on("exit", resolve));
  ended.then(() => running.delete(program));
  const end = async (signal) => {
    program.kill(signal);
    await ended;
  };
  const line = await new Promise((resolve, reject) => {
    let text = "";
    program.stdout.on("data", (part) => {
      text += part;
      if (text.includes("\n")) resolve(text.slice(0, text.indexOf("\n")));
    });
    program.on("error", reject);
    ended.then((code) => reject(new Error(`${binary} ended with ${code}`)));
  });
  return { line, end };
}

/** A port that was free a moment ago. */
async function freePort() {
  const socket = createServer();
  await new Promise((resolve) => socket.listen(0, "127.0.0.1", resolve));
  const { port } = socket.address();
  await new Promise((resolve) => socket.close(resolve));
  return port;
}

/**
 * A chain of our own behind JSON-RPC. Its slots stand still until it is told to `advance`, or
 * follow each other as on the network if it is `ticking`.
 */
export async function startNode({ ticking = false } = {}) {
  const args = ["--listen", "127.0.0.1:0", ...(ticking ? ["--ticking"] : [])];
  const { line: url, end } = await start(required("ZEGEL_SOLANA_RPC"), args);
  const call = async (method, ...params) => {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
    const response = await fetch(url, { method: "POST", body });
    const { result, error } = await response.json();
    if (error) throw new Error(`${method}: ${error.message}`);
    return result;
  };
  return {
    url,
    stop: () => end("SIGTERM"),
    /** Ends so many slots: some without a block, then some with one. */
    advance: (pace) => call("zegel_advance", pace),
    /** Gives lamports that nobody had. */
    fund: (address, lamports) => call("requestAirdrop", String(address), lamports),
    balance: async (address) => (await call("getBalance", String(address))).value,
    /** The owner and the data of an account; `null` where there is none. */
    async account(address) {
      const asked = await call("getAccountInfo", String(address), { encoding: "base64" });
      if (!asked.value) return null;
      const { owner, data } = asked.value;
      return { owner, data: Buffer.from(data[0], "base64") };
    },
    /** What became of a transaction; `null` if it never arrived. */
    async status(signature) {
      const search = { searchTransactionHistory: true };
      return (await call("getSignatureStatuses", [signature], search)).value[0];
    },
  };
}

/** A suite asks from one address what a thousand people ask from theirs. */
const LIMITS = "[rate-limits]\nper-ip-per-second = 100000\nper-ip-burst = 100000\n";

/**
 * A place for a server: its data, its address and the chains it knows, by environment. It is empty
 * until it is served.
 */
export async function newPlace({ chains, database }) {
  const directory = await mkdtemp(join(tmpdir(), "zegel-chain-"));
  const config = join(directory, "zegel.toml");
  const sections = Object.entries(chains).map(
    ([name, url]) => `[sessions.solana.${name}]\nrpc-url = "${url}"\n`,
  );
  await writeFile(config, LIMITS + sections.join(""));
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const env = {
    ZEGEL_CONFIG: config,
    ZEGEL_DATA_DIR: join(directory, "data"),
    ...(database && { ZEGEL_DATABASE: database }),
  };
  const listen = ["--listen", `127.0.0.1:${port}`, "--admin-listen", "127.0.0.1:0"];
  return {
    /** Its origin, under a name that browsers have passkeys for. */
    origin,
    /** Its address for whoever is no browser. */
    url: `http://127.0.0.1:${port}`,
    async serve() {
      const args = ["serve", "--json", "--public-url", origin, ...listen];
      const { line, end } = await start(required("ZEGEL"), args, env);
      const { payers, adminUrl, adminTokenFile } = JSON.parse(line);
      const token = (await readFile(adminTokenFile, "utf8")).trim();
      return {
        payers,
        stop: () => end("SIGTERM"),
        /** SIGKILL, and nothing before it. */
        kill: () => end("SIGKILL"),
        /** One request of the operator's. */
        async operate(method, path, body) {
          const response = await fetch(`${adminUrl}${path}`, {
            method,
            headers: {
              authorization: `Bearer ${token}`,
              "content-type": "application/json",
            },
            body: body && JSON.stringify(body),
          });
          const text = await response.text();
          if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
          return text && JSON.parse(text);
        },
      };
    },
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}
