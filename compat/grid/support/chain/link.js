// What lies between a server and its chain. It passes everything on until it is told otherwise,
// and remembers what it saw.

import { once } from "node:events";
import { createServer } from "node:http";

/** Starts one to a node, on a port of loopback that stays the same when it is broken and mended. */
export async function startLink(node) {
  let server;
  let port = 0;
  let delay = () => 0;
  let swallows = false;
  let watch = () => {};
  /** Requests: the method, how long the chain took, and the packet where there was one. */
  const seen = [];

  async function listen() {
    server = createServer(answer);
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    ({ port } = server.address());
  }

  async function answer(request, response) {
    let text = "";
    for await (const chunk of request) text += chunk;
    const { id, method, params } = JSON.parse(text);
    const isPacket = method === "sendTransaction";
    const isLost = isPacket && swallows;
    const entry = { method, ms: undefined, ...(isPacket && { packet: params[0] }) };
    seen.push(entry);
    // Whoever watches may break the link before this goes on.
    await watch(entry);
    await new Promise((resolve) => setTimeout(resolve, delay(method)));
    // Nobody waits any more.
    if (response.destroyed) return;
    let told;
    if (isLost) {
      // As a node that took it and never saw it in a block.
      const result = base58(Buffer.from(params[0], "base64").subarray(1, 65));
      told = JSON.stringify({ jsonrpc: "2.0", id, result });
    } else {
      const began = performance.now();
      const answered = await fetch(node.url, { method: "POST", body: text });
      told = await answered.text();
      entry.ms = performance.now() - began;
    }
    response.writeHead(200, { "content-type": "application/json" });
    response.end(told);
  }

  await listen();
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    /** The packets that were to be sent, in base64. */
    packets: () => seen.filter(({ packet }) => packet).map(({ packet }) => packet),
    /** Nobody listens any more. */
    async cut() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
    mend: listen,
    /** How long each call of a method takes longer, in milliseconds. */
    slow: (wait) => {
      delay = typeof wait === "function" ? wait : () => wait;
    },
    /** Whether transactions are taken and lost. */
    swallow: (whether) => {
      swallows = whether;
    },
    /** Resolves when a transaction is about to be sent, and keeps it until `go`. */
    nextPacket: () =>
      new Promise((came) => {
        watch = (entry) => {
          if (!entry.packet) return undefined;
          watch = () => {};
          return new Promise((go) => came({ packet: entry.packet, go }));
        };
      }),
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/** A signature as nodes spell it. */
export function base58(bytes) {
  let text = "";
  for (let rest = BigInt(`0x${bytes.toString("hex")}`); rest > 0n; rest /= 58n)
    text = ALPHABET[Number(rest % 58n)] + text;
  const zeros = bytes.findIndex((byte) => byte !== 0);
  return ALPHABET[0].repeat(zeros < 0 ? bytes.length : zeros) + text;
}
