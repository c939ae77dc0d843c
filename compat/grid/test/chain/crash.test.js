// The server is killed after it has recorded what it is about to send, and before the chain has
// seen it. What was recorded is carried out once, whoever goes on with it.
//
// On SQLite, and on the PostgreSQL that ZEGEL_TEST_DATABASE leads to.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { Keypair } from "@solana/web3.js";

import {
  SOL,
  newApp,
  newOwner,
  quietly,
  readAccount,
  startWorld,
  transfer,
} from "../../support/chain/app.js";
import { Owner } from "../../support/owner.js";

const databases = { SQLite: undefined, PostgreSQL: process.env.ZEGEL_TEST_DATABASE };
if (!databases.PostgreSQL)
  throw new Error("ZEGEL_TEST_DATABASE is not set; compat/README.md says how to run this suite");

/** What is under way is gone on with by another after so long. */
const FORGOTTEN_MS = 16_000;

for (const [name, database] of Object.entries(databases))
  describe(`a server that is killed (${name})`, () => {
    let world;
    let node;
    let link;
    let app;
    before(async () => {
      // Blockhashes live as long as nobody lets slots pass.
      world = await startWorld({ database });
      ({ node, link } = world);
      app = await newApp(world);
    });
    after(() => world?.stop());

    /** Kills the server when it hands a transaction over, which the chain never sees. */
    async function cutShort(asked) {
      const packets = link.packets().length;
      link.swallow(true);
      const held = link.nextPacket();
      const caller = asked().then(
        (answer) => assert.fail(`it is answered: ${JSON.stringify(answer)}`),
        (error) => error,
      );
      const { packet, go } = await held;
      const began = performance.now();
      const { restart } = await world.crash();
      go();
      assert.equal((await caller).name, "AuthorizationError");
      link.swallow(false);
      assert.deepEqual(link.packets().slice(packets), [packet]);
      return { packet, packets, began, restart };
    }

    /** Whatever was sent since is what was recorded, byte by byte. */
    function onlyThatOne({ packet, packets }) {
      const since = link.packets().slice(packets);
      assert.ok(since.length > 1);
      assert.deepEqual(new Set(since), new Set([packet]));
    }

    it("makes the account that was recorded when the app asks again", async () => {
      const owner = new Owner();
      const answer = owner.answer(app.grid, await app.create());
      const cut = await cutShort(() => app.submit(answer));
      assert.equal(await node.account(owner.account), null);
      await cut.restart();
      const made = await app.submit(answer);
      assert.equal(made.passkey_account, owner.account);
      assert.equal(readAccount(await node.account(owner.account)).counter, 1);
      onlyThatOne(cut);
    });

    it("makes it by itself if nobody asks again", async () => {
      const owner = new Owner();
      const answer = owner.answer(app.grid, await app.create());
      const cut = await cutShort(() => app.submit(answer));
      const left = FORGOTTEN_MS - (performance.now() - cut.began);
      await new Promise((resolve) => setTimeout(resolve, left));
      assert.equal(await node.account(owner.account), null);
      await cut.restart();
      await until(() => node.account(owner.account));
      onlyThatOne(cut);
      await until(() => app.account(owner.account).catch(() => undefined));
    });

    it("moves money once", async () => {
      const person = await newOwner(app);
      await node.fund(person.purse, SOL);
      const to = Keypair.generate().publicKey;
      const address = person.owner.account;
      const transaction = transfer(person.purse, to, SOL / 4);
      const { data } = await app.grid.prepareArbitraryTransaction(address, { transaction });
      const signedTransactionPayload = await quietly(() =>
        app.grid.sign({ sessionSecrets: [person.session], transactionPayload: data }),
      );
      const send = () => app.grid.send({ address, signedTransactionPayload });
      const cut = await cutShort(send);
      assert.equal(await node.balance(to), 0);
      await cut.restart();
      // All who ask are told the same, however many.
      const told = await Promise.all(Array.from({ length: 10 }, send));
      const signatures = new Set(told.map((sent) => sent.transaction_signature));
      assert.equal(signatures.size, 1);
      assert.equal((await node.status([...signatures][0])).err, null);
      assert.equal(await node.balance(to), SOL / 4);
      assert.equal((await send()).transaction_signature, [...signatures][0]);
      assert.equal(await node.balance(to), SOL / 4);
      onlyThatOne(cut);
    });
  });

/** Waits until there is something. */
async function until(look) {
  for (let tries = 0; tries < 200; tries += 1) {
    const found = await look();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("it never came");
}
