// The module that pages use for passkey sessions, without a browser: what it reads from addresses.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { root } from "../page-support.js";

const file = join(root, "sdk/passkey-session.js");
const { sessionOf } = await import(`data:text/javascript,${encodeURIComponent(await readFile(file, "utf8"))}`);

/** What is read, without what was not told. */
const read = (address) => JSON.parse(JSON.stringify(sessionOf(address)));
const page = "https://auth.example.com";

test("an address is read as what it was opened for", () => {
  const rest = "&tenant=t&slot-num=7&env=sandbox";
  assert.deepEqual(
    read(`${page}/create?challenge=AAEC&app-name=A+b&user-id=u&session-key=K&expiration-in-seconds=900${rest}`),
    {
      action: "create", challenge: "AAEC", tenant: "t", slotNumber: 7, userId: "u", appName: "A b",
      sessionKey: { key: "K", expiration: 900 },
    },
  );
  assert.deepEqual(read(`${page}/passkeys/find?challenge=AAEC${rest}`), {
    action: "find", challenge: "AAEC", tenant: "t", slotNumber: 7,
  });
  assert.deepEqual(read(`${page}/sign?challenge=AAEC&tenant=t&chain=eip155:8453&account=0xab`), {
    action: "sign", challenge: "AAEC", tenant: "t", chain: "eip155:8453", account: "0xab",
  });
});

test("a plus that became a blank is one again", () => {
  assert.equal(read(`${page}/auth?challenge=A+/B`).challenge, "A+/B");
});

test("other addresses open no session", () => {
  for (const path of ["/", "/create", "/auth?challenge=", "/other?challenge=AAEC", "/auth/?challenge=AAEC"]) {
    assert.throws(() => sessionOf(`${page}${path}`), TypeError, path);
  }
});

test("it leans on nothing, and can be read in a few minutes", async () => {
  const text = await readFile(file, "utf8");
  assert.doesNotMatch(text, /\bimport\b|\brequire\(|https?:/);
  const code = text.split("\n").filter((line) => line.trim() && !/^\s*(\/\/|\/?\*)/.test(line));
  assert.ok(code.length <= 100, `${code.length} lines of code`);
});
