// An app's own domain whose page is the one of docs/custom-domain.md, with the module of `sdk`, and
// whose backend says which network it means.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";

const file = (path) => readFile(new URL(`../../../../${path}`, import.meta.url), "utf8");

/** Starts it on a free port of loopback, in front of a server's API. */
export async function startModuleSite(place) {
  const [, html] = /^```html\n(.*?)^```$/ms.exec(await file("docs/custom-domain.md"));
  const [, script] = /^```js\n(.*?)^```$/ms.exec(await file("docs/custom-domain.md"));
  const scripts = {
    "/page.js": script,
    "/passkey-session.js": await file("sdk/passkey-session.js"),
  };
  let apiKey;
  const server = createServer(async (request, response) => {
    const answer = (status, type, text) => {
      response.writeHead(status, { "content-type": type });
      response.end(text);
    };
    const { pathname } = new URL(request.url, "http://localhost");
    if (request.method === "GET")
      return pathname in scripts
        ? answer(200, "text/javascript", scripts[pathname])
        : answer(200, "text/html", html);
    let body = "";
    for await (const chunk of request) body += chunk;
    const told = await fetch(`${place.url}/api/grid/v1${pathname}`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${apiKey}`,
        "content-type": "application/json",
        "x-grid-environment": "devnet",
      },
      body,
    });
    answer(told.status, "application/json", await told.text());
  });
  await new Promise((listening) => server.listen(0, "localhost", listening));
  const { port } = server.address();
  return {
    /** Its origin under a name that means this machine. */
    at: (name) => `http://${name}:${port}`,
    serves: (app) => {
      ({ apiKey } = app);
    },
    stop: () => server.close(),
  };
}
