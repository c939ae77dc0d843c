// Names with TLS and without DNS: one listener on loopback that stands for all of them.

import { X509Certificate, createHash } from "node:crypto";
import { createServer } from "node:https";

import selfsigned from "selfsigned";

/**
 * Starts a listener for names that end in `.test`, each of which leads to a handler, and says
 * with which arguments a browser believes it.
 */
export async function startNames() {
  const { private: key, cert } = await selfsigned.generate(
    [{ name: "commonName", value: "names of this test" }],
    { days: 2 },
  );
  const places = {};
  const server = createServer({ key, cert }, (request, response) => {
    const handler = places[request.headers.host];
    if (handler) return handler(request, response);
    response.writeHead(404).end();
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const { publicKey } = new X509Certificate(cert);
  const pin = createHash("sha256")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest("base64");
  return {
    places,
    browserArguments: [
      `--host-resolver-rules=MAP *.test:443 127.0.0.1:${server.address().port}`,
      `--ignore-certificate-errors-spki-list=${pin}`,
    ],
    stop: () => server.close(),
  };
}

/** Leads one path to another server, and every other path nowhere. */
export const onlyLeads = (path, target) => async (request, response) => {
  if (request.url !== path) return response.writeHead(404).end();
  const answer = await fetch(target, { redirect: "manual" });
  response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") });
  response.end(await answer.text());
};
