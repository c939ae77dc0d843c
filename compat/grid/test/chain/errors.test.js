// What an app is told that asks for what it cannot have when a chain is behind the server.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { Keypair } from "@solana/web3.js";

import {
  SOL,
  act,
  call,
  clientOf,
  newApp,
  newOwner,
  purseOf,
  startWorld,
  transfer,
} from "../../support/chain/app.js";
import { Owner } from "../../support/owner.js";
import { newKey } from "../../support/words.js";

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

const used =
  "the challenge was never issued, is used, or was issued for something else; ask for a new URL";

describe("an answer", () => {
  const top = { topOrigin: "https://shop.example" };

  it("out of a frame is refused with the reason, before it costs a fee", async () => {
    const owner = new Owner();
    const before = await node.balance(world.payer);
    const answer = owner.answer(app.grid, await app.create(), top);
    const { status, code, reason, details } = await submit(answer);
    assert.deepEqual(
      [status, code, reason],
      [400, "InvalidAuthenticatorResponse", "cross_origin_not_allowed"],
    );
    assert.match(details[0].suggestion, /popup/);
    assert.equal(await node.balance(world.payer), before);
  });

  it("that comes again is told what came of it, and nothing is done twice", async () => {
    const owner = new Owner();
    const answer = owner.answer(app.grid, await app.create());
    const first = await app.submit(answer);
    const before = await node.balance(world.payer);
    const packets = link.packets().length;
    assert.deepEqual(await app.submit(answer), first);
    assert.equal(link.packets().length, packets);
    assert.equal(await node.balance(world.payer), before);
  });

  it("is good for one thing: another with its challenge is refused", async () => {
    const owner = new Owner();
    const opened = await app.create();
    await app.submit(owner.answer(app.grid, opened));
    await refused(app.submit(owner.answer(app.grid, opened)), used);
    assert.equal((await submit(owner.answer(app.grid, opened))).status, 409);
  });

  it("for an account that is there already is refused before it costs a fee", async () => {
    const { owner } = await newOwner(app);
    const before = await node.balance(world.payer);
    const answer = owner.answer(app.grid, await app.create());
    assert.deepEqual(await told(submit(answer)), [409, "AccountAlreadyExists"]);
    assert.equal(await node.balance(world.payer), before);
  });
});

describe("an account nobody has", () => {
  it("is 404, whatever is asked of it", async () => {
    const address = newKey();
    const purse = Keypair.generate().publicKey;
    const transaction = transfer(purse, purse, 1);
    for (const asked of [
      ["GET", `/passkeys/account/${address}`],
      ["POST", `/accounts/${address}/transactions`, { transaction }],
    ])
      assert.deepEqual(
        await told(call(world, app, asked)),
        [404, "NoValidExternallySignedAccount"],
        asked[1],
      );
    const { success, code } = await app.grid.prepareArbitraryTransaction(address, {
      transaction,
    });
    assert.deepEqual([success, code], [false, "404"]);
  });
});

describe("a network", () => {
  it("without a chain is none for mainnet", async () => {
    const main = clientOf(world.place, app.apiKey, "mainnet");
    await refused(main.create(), /mainnet/);
    const asked = call(world, app, ["POST", "/passkeys", {}], "mainnet");
    assert.deepEqual(await told(asked), [400, "InvalidNetwork"]);
  });

  it("without a chain keeps accounts and makes no transactions", async () => {
    const { owner } = await newOwner(clientOf(world.place, app.apiKey, "sandbox"));
    assert.equal(await node.account(owner.account), null);
    const purse = Keypair.generate().publicKey;
    const asked = { transaction: transfer(purse, purse, 1) };
    const path = `/accounts/${owner.account}/transactions`;
    const { status } = await call(world, app, ["POST", path, asked], "sandbox");
    assert.equal(status, 501);
  });

  it("is not one whose API keys are for another", async () => {
    const path = `/tenants/${app.tenant}/secrets/api`;
    const key = { name: "sandbox alone", environment: "sandbox" };
    const { secret } = await world.server.operate("POST", path, key);
    assert.match(await clientOf(world.place, secret, "sandbox").create(), /^http/);
    const other = { apiKey: secret };
    const asked = call(world, other, ["POST", "/passkeys", {}]);
    assert.deepEqual(await told(asked), [403, "Forbidden"]);
    const { owner } = await newOwner(app);
    const looked = call(world, other, ["GET", `/passkeys/account/${owner.account}`]);
    assert.equal((await looked).status, 403);
  });
});

describe("a session key with a scope", () => {
  /** Somebody whose key may go so far, and what is asked with it. */
  async function limited(scope) {
    const owner = new Owner();
    const session = Keypair.generate();
    const sessionKey = { key: session.publicKey.toBase58(), expiration: 900, scope };
    const made = { owner, session, link: await app.create({ sessionKey }) };
    await app.submit(owner.answer(app.grid, made.link));
    return made;
  }

  it("spends what it may and no more", async () => {
    const person = await limited({ maxLamports: SOL / 2 });
    const purse = purseOf(person.owner.account);
    await node.fund(purse, 2 * SOL);
    const to = Keypair.generate().publicKey;
    const spend = async (amount) => {
      // With the same blockhash the same transfer would be the same transaction.
      await node.advance({ blocks: 1 });
      return act(app, person, { transaction: transfer(purse, to, amount) });
    };
    await spend(SOL / 4);
    const { prepared } = await spend(SOL / 4 + 1);
    assert.deepEqual([prepared.success, prepared.code], [false, "403"]);
    await spend(SOL / 4);
    assert.equal(await node.balance(to), SOL / 2);
    assert.equal((await spend(1)).prepared.code, "403");
  });

  it("calls the programs it may and no other", async () => {
    const person = await limited({ programs: [newKey()] });
    const purse = purseOf(person.owner.account);
    const { prepared } = await act(app, person, { transaction: transfer(purse, purse, 1) });
    assert.deepEqual([prepared.success, prepared.code], [false, "403"]);
  });
});
