// A challenge is answered once, and an account is bound to one key, however many ask at once.

import assert from "node:assert/strict";
import { before, describe, it } from "node:test";

import { newApp, newKey } from "../support/clients.js";
import { Owner } from "../support/owner.js";

let app;
before(async () => {
  app = await newApp();
});

/** How many were fulfilled, and what the others were told. */
async function outcome(asked) {
  const settled = await Promise.allSettled(asked);
  const won = settled.filter(({ status }) => status === "fulfilled");
  const told = new Set(settled.flatMap(({ reason }) => reason?.message ?? []));
  return { won: won.map(({ value }) => value), told: [...told] };
}

const used =
  "the challenge was never issued, is used, or was issued for something else; ask for a new URL";

describe("a hundred times the same answer at once", () => {
  for (const [name, ask] of [
    ["makes one account", () => app.create()],
    ["binds one session", () => app.authorize()],
  ])
    it(name, async () => {
      const owner = new Owner();
      await app.submit(owner.answer(app.grid, await app.create()));
      const answer = owner.answer(app.grid, await ask());
      const { won, told } = await outcome(
        Array.from({ length: 100 }, () => app.submit(answer)),
      );
      assert.equal(won.length, 1);
      assert.deepEqual(told, [used]);
      assert.equal(won[0].passkey_account, owner.account);
      const { sessionKey } = await app.account(owner.account);
      assert.deepEqual(sessionKey, won[0].session_key);
    });

  it("finds one account", async () => {
    const owner = new Owner();
    await app.submit(owner.answer(app.grid, await app.create()));
    const answer = owner.answer(app.grid, await app.find());
    const { won, told } = await outcome(
      Array.from({ length: 100 }, () => app.found(answer)),
    );
    assert.equal(won.length, 1);
    assert.deepEqual(told, [used]);
  });
});

describe("many answers of one passkey at once", () => {
  /** A synced passkey, as most are: its counter stays at zero. */
  const synced = { counter: 0 };

  it("each bind their own key, and the last one stays", async () => {
    const owner = new Owner();
    await app.submit(owner.answer(app.grid, await app.create(), synced));
    const keys = Array.from({ length: 10 }, newKey);
    const links = await Promise.all(keys.map((key) => app.authorize({ key })));
    const answers = links.map((link) => owner.answer(app.grid, link, synced));
    const { won, told } = await outcome(answers.map((answer) => app.submit(answer)));
    assert.equal(won.length, keys.length, told.join());
    const { sessionKey } = await app.account(owner.account);
    assert.ok(won.some(({ session_key }) => session_key.key === sessionKey.key));
  });

  it("make one account, whichever came first", async () => {
    const owner = new Owner();
    const links = await Promise.all(Array.from({ length: 10 }, () => app.create()));
    const answers = links.map((link) => owner.answer(app.grid, link, synced));
    const { won, told } = await outcome(answers.map((answer) => app.submit(answer)));
    assert.equal(won.length, links.length, told.join());
    assert.deepEqual(
      [...new Set(won.map((session) => session.passkey_account))],
      [owner.account],
    );
  });
});
