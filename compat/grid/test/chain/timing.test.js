// How long an answer takes until the chain has confirmed it, beside how long the chain itself took:
// the numbers of docs/benchmarks.md.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { Keypair } from "@solana/web3.js";

import {
  SOL,
  newApp,
  newOwner,
  quietly,
  startWorld,
  transfer,
} from "../../support/chain/app.js";
import { Owner } from "../../support/owner.js";

const TIMES = 20;

let world;
let app;
before(async () => {
  world = await startWorld();
  app = await newApp(world);
});
after(() => world?.stop());

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];

/** How long it takes, and how much of that the chain took to take and to confirm the transaction. */
async function timed(asked) {
  const { link } = world;
  const seen = link.seen.length;
  const began = performance.now();
  await asked();
  const ms = performance.now() - began;
  const calls = link.seen.slice(seen);
  const sent = calls.findIndex(({ method }) => method === "sendTransaction");
  const own = calls.slice(sent).filter(({ method }) => /^send|Statuses$/.test(method));
  return { ms, chain: own.reduce((sum, call) => sum + call.ms, 0), calls };
}

function tell(t, what, times) {
  const [ms, chain] = [median(times.map((it) => it.ms)), median(times.map((it) => it.chain))];
  const ratio = median(times.map((it) => it.ms / it.chain));
  t.diagnostic(
    `${what}: ${ms.toFixed(0)} ms, the chain alone ${chain.toFixed(0)} ms, ${ratio.toFixed(1)} ×`,
  );
  // One packet each: what is slow is not sent twice.
  for (const { calls } of times)
    assert.equal(calls.filter(({ method }) => method === "sendTransaction").length, 1);
}

describe(`${TIMES} times from submitting to confirmed`, () => {
  it("an account", async (t) => {
    const times = [];
    for (let nth = 0; nth < TIMES; nth += 1) {
      const answer = new Owner().answer(app.grid, await app.create());
      times.push(await timed(() => app.submit(answer)));
    }
    tell(t, "an account", times);
  });

  it("a session key's transfer", async (t) => {
    const { owner, session, purse } = await newOwner(app);
    await world.node.fund(purse, 100 * SOL);
    const times = [];
    for (let nth = 0; nth < TIMES; nth += 1) {
      const address = owner.account;
      const to = Keypair.generate().publicKey;
      const { data } = await app.grid.prepareArbitraryTransaction(address, {
        transaction: transfer(purse, to, SOL),
      });
      const signedTransactionPayload = await quietly(() =>
        app.grid.sign({ sessionSecrets: [session], transactionPayload: data }),
      );
      times.push(await timed(() => app.grid.send({ address, signedTransactionPayload })));
    }
    tell(t, "a session key's transfer", times);
  });
});
