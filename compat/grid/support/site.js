// An app with a domain of its own: its page, and a backend that holds the API key.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";

import { build } from "esbuild";

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

/** Starts the site on a free port of loopback; `serves` says whose backend it is. */
export async function startSite() {
  const html = await readFile(page("index.html"), "utf8");
  const script = await bundle();
  let backend;
  const server = createServer(async (request, response) => {
    const answer = (status, type, text) => {
      response.writeHead(status, { "content-type": type });
      response.end(text);
    };
    if (request.method === "GET")
      return request.url === "/app.js"
        ? answer(200, "text/javascript", script)
        : answer(200, "text/html", html);
    let text = "";
    for await (const chunk of request) text += chunk;
    try {
      const result = await backend[request.url](JSON.parse(text));
      answer(200, "application/json", JSON.stringify(result));
    } catch ({ name, message }) {
      answer(400, "application/json", JSON.stringify({ refused: { name, message } }));
    }
  });
  await new Promise((listening) => server.listen(0, "localhost", listening));
  const { port } = server.address();
  return {
    /** Its origin under a name that means this machine. */
    at: (name) => `http://${name}:${port}`,
    serves: ({ submit, found }) => {
      backend = { "/submit": submit, "/find": found };
    },
    stop: () => server.close(),
  };
}
