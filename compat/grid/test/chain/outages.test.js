// What an app is told while the chain is not as it should be, and that what failed can be tried
// again.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { Keypair } from "@solana/web3.js";

import {
  SOL,
  act,
  call,
  newApp,
  newOwner,
  quietly,
  readAccount,
  startWorld,
  transfer,
} from "../../support/chain/app.js";
import { Owner } from "../../support/owner.js";

let world;
let node;
let link;
let app;
before(async () => {
  world = await startWorld();
  ({ node, link } = world);
  app = await newApp(world);
});
after(() => world?.stop());

/** The client's words for a refusal of a call about passkeys: the server's. */
const refused = (asked, message) =>
  assert.rejects(asked, { name: "AuthorizationError", code: "API_ERROR", message });

const submit = (answer) => call(world, app, ["POST", "/passkeys/submit", answer]);
const told = async (asked) => {
  const { status, code } = await asked;
  return [status, code];
};

describe("a payer without money", () => {
  let poor;
  before(async () => {
    poor = await startWorld({ poor: true });
  });
  after(() => poor?.stop());

  it("is named, and the same answer is taken once it has some", async () => {
    const wallet = await newApp(poor);
    const owner = new Owner();
    const answer = owner.answer(wallet.grid, await wallet.create());
    const words = `the server's payer ${poor.payer} has too little to pay with`;
    await refused(wallet.submit(answer), new RegExp(`^${words}`));
    assert.equal(await poor.node.account(owner.account), null);
    assert.deepEqual(poor.link.packets(), []);
    await poor.node.fund(poor.payer, SOL);
    assert.equal((await wallet.submit(answer)).passkey_account, owner.account);
    assert.ok(await poor.node.account(owner.account));
  });
});

/** What a server knows of slots is less old than this, whether it was told well or not at all. */
const known = () => new Promise((resolve) => setTimeout(resolve, 500));

describe("a chain that nobody reaches", () => {
  const silent = /^the chain does not answer; nothing was done/;
  const mended = async () => {
    await link.mend();
    await known();
  };

  it("is said so when a link is asked for, and links are given when it is back", async () => {
    await link.cut();
    await refused(app.create(), silent);
    assert.deepEqual(await told(call(world, app, ["POST", "/passkeys", {}])), [
      502,
      "OnChainFailure",
    ]);
    await mended();
    assert.match(await app.create(), /^http/);
  });

  it("is given up on when it takes too long", async () => {
    // A second longer than a server waits.
    link.slow(6_000);
    await known();
    await refused(app.create(), silent);
    link.slow(0);
    await known();
    assert.match(await app.create(), /^http/);
  });

  it("costs no answer its challenge", async () => {
    const owner = new Owner();
    const answer = owner.answer(app.grid, await app.create());
    await link.cut();
    assert.deepEqual(await told(submit(answer)), [502, "OnChainFailure"]);
    await mended();
    assert.equal((await app.submit(answer)).passkey_account, owner.account);
  });

  it("loses nothing that was prepared and signed", async () => {
    const person = await newOwner(app);
    await node.fund(person.purse, SOL);
    const to = Keypair.generate().publicKey;
    const transaction = transfer(person.purse, to, SOL / 2);
    const address = person.owner.account;
    const { data } = await app.grid.prepareArbitraryTransaction(address, { transaction });
    const signedTransactionPayload = await quietly(() =>
      app.grid.sign({ sessionSecrets: [person.session], transactionPayload: data }),
    );
    await link.cut();
    await assert.rejects(app.grid.send({ address, signedTransactionPayload }), {
      code: "SUBMIT_FAILED",
      message: silent,
    });
    await mended();
    await app.grid.send({ address, signedTransactionPayload });
    assert.equal(await node.balance(to), SOL / 2);
  });

  it("is waited for once something was sent", async () => {
    const owner = new Owner();
    const answer = owner.answer(app.grid, await app.create());
    const held = link.nextPacket();
    const bound = app.submit(answer);
    await held;
    // The node has not seen it, and whoever sent it does not know.
    await link.cut();
    await mended();
    assert.equal((await bound).passkey_account, owner.account);
    assert.equal(readAccount(await node.account(owner.account)).counter, 1);
  });
});

describe("a slot", () => {
  it("of 149 slots ago is taken, and one of 150 asks for a new link", async () => {
    for (const [blocks, fits] of [
      [149, true],
      [150, false],
    ]) {
      const owner = new Owner();
      const answer = owner.answer(app.grid, await app.create());
      await node.advance({ blocks });
      await known();
      const { status, code, message } = await submit(answer);
      if (fits) {
        assert.equal(status, 200, message);
        continue;
      }
      assert.deepEqual([status, code], [400, "SlotExpired"]);
      assert.match(message, /new URL/);
      const again = owner.answer(app.grid, await app.create());
      assert.equal((await app.submit(again)).passkey_account, owner.account);
    }
  });

  it("that is followed by some without a block is found all the same", async () => {
    const owner = new Owner();
    const answer = owner.answer(app.grid, await app.create());
    await node.advance({ skipped: 3, blocks: 1 });
    await node.advance({ skipped: 1, blocks: 2 });
    await known();
    assert.equal((await app.submit(answer)).passkey_account, owner.account);
  });
});

describe("a transaction", () => {
  it("that is the same as one before waits for another blockhash", async () => {
    const person = await newOwner(app);
    await node.fund(person.purse, SOL);
    const to = Keypair.generate().publicKey;
    const transaction = transfer(person.purse, to, SOL / 4);
    const first = await act(app, person, { transaction });
    const { prepared } = await act(app, person, { transaction });
    assert.deepEqual([prepared.success, prepared.code], [false, "409"]);
    assert.equal(await node.balance(to), SOL / 4);
    await node.advance({ blocks: 1 });
    const second = await act(app, person, { transaction });
    assert.notEqual(second.sent.transaction_signature, first.sent.transaction_signature);
    assert.equal(await node.balance(to), SOL / 2);
  });
});
