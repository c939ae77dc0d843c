// The client in an app's backend, with a chain behind the server: what it is told is what the
// chain has, and what a session key signs happens there. Pages are played by a passkey in software.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { Keypair, VersionedTransaction } from "@solana/web3.js";

import {
  PROGRAM,
  SOL,
  act,
  newApp,
  newOwner,
  quietly,
  readAccount,
  startWorld,
  transfer,
} from "../../support/chain/app.js";
import { Owner, compressed } from "../../support/owner.js";
import { newKey } from "../../support/words.js";

let world;
let node;
let app;
before(async () => {
  world = await startWorld({ ticking: true });
  ({ node } = world);
  app = await newApp(world);
});
after(() => world?.stop());

const onChain = async (account) => readAccount(await node.account(account));

/** Whether a moment, in seconds, is this far away on the chain's clock, which is ours. */
const isIn = (seconds, moment) =>
  Math.abs(moment - Date.now() / 1000 - seconds) < 15 && Number.isInteger(moment);

/** What a passkey, a chain and the client agree on. */
async function agreed({ owner, made }, key, counter) {
  const { expiration } = made.session_key;
  assert.equal(made.passkey_account, owner.account);
  assert.equal(made.session_key.key, key);
  assert.deepEqual(await onChain(owner.account), {
    owner: PROGRAM.toBase58(),
    rpId: "localhost",
    pubkey: compressed(owner.spki),
    session: key,
    expiration,
    counter,
  });
  const told = await app.account(owner.account);
  assert.equal(told.relyingPartyId, "localhost");
  assert.equal(told.pubkey, compressed(owner.spki).toString("base64"));
  assert.deepEqual(told.sessionKey, { key, expiration });
}

describe("an account on a chain", () => {
  it("is made there, and what is told of it is what lies there", async () => {
    const made = await newOwner(app);
    await agreed(made, made.session.publicKey.toBase58(), 1);
    assert.ok(isIn(900, made.made.session_key.expiration));
    const { success, data } = await app.grid.getPasskeys(made.owner.account);
    assert.equal(success, true);
    assert.equal(data.passkey.address, made.owner.account);
  });

  it("is made without a session, and has none there that could act", async () => {
    const owner = new Owner();
    const { url } = await app.grid.createPasskeySession(
      { env: "devnet", metaInfo: { appName: "Wallet" } },
      "devnet",
    );
    const { ceremonyType, slotNumber, authenticatorResponse } = owner.answer(app.grid, url);
    // It is done, but this client reads a session whether there is one or not.
    await assert.rejects(app.submit({ ceremonyType, slotNumber, authenticatorResponse }), {
      code: "PASSKEY_SESSION_SUBMIT_FAILED",
    });
    // A key that nobody has, which was over in 1970: without one the challenge could be guessed.
    assert.equal((await onChain(owner.account)).expiration, 1);
    assert.equal((await app.account(owner.account)).sessionKey, undefined);
  });

  it("is bound anew with another session key, which the chain knows then", async () => {
    const { owner } = await newOwner(app);
    const key = newKey();
    const link = await app.authorize({ key, expiration: 3600 });
    const made = await app.submit(owner.answer(app.grid, link));
    await agreed({ owner, made }, key, 2);
    assert.ok(isIn(3600, made.session_key.expiration));
  });

  it("is found by its passkey alone, and the chain is left as it is", async () => {
    const { owner, made } = await newOwner(app);
    const answer = owner.answer(app.grid, await app.find());
    const packets = world.link.packets().length;
    const sessionKey = app.grid.getSessionKeyObject(newKey(), "900");
    assert.deepEqual(await app.found({ ...answer, sessionKey }), made);
    assert.equal(world.link.packets().length, packets);
    assert.equal((await onChain(owner.account)).counter, 1);
  });

  it("is found by an app that did not make it: the chain knows it", async () => {
    const { owner } = await newOwner(app);
    const elsewhere = await newApp(world);
    const found = await elsewhere.found(
      owner.answer(elsewhere.grid, await elsewhere.find()),
    );
    assert.equal(found.passkey_account, owner.account);
  });
});

/** How drafts name who signs and who pays, in either generation of the client. */
const spellings = {
  older: ({ key }) => ({ transaction_signers: [key] }),
  newer: ({ key }) => ({ account_signers: [key] }),
  "older, the server named as payer": ({ key, payer }) => ({
    transaction_signers: [key],
    payer_address: payer,
  }),
  "newer, the server named as payer": ({ key, payer }) => ({
    account_signers: [key],
    fee_config: { currency: "sol", payer_address: payer },
  }),
};

describe("a session key", () => {
  for (const [name, spelled] of Object.entries(spellings))
    it(`moves the account's money, the server pays (${name})`, async () => {
      const person = await newOwner(app);
      await node.fund(person.purse, SOL);
      const to = Keypair.generate().publicKey;
      const key = person.session.publicKey.toBase58();
      const before = await node.balance(world.payer);
      const { prepared, sent } = await act(app, person, {
        transaction: transfer(person.purse, to, SOL / 4),
        ...spelled({ key, payer: world.payer }),
      });
      assert.deepEqual(prepared.data.transaction_signers, [key]);
      assert.deepEqual(prepared.data.kms_payloads, []);
      const { err, confirmationStatus } = await node.status(sent.transaction_signature);
      assert.deepEqual([err, confirmationStatus], [null, "finalized"]);
      assert.ok(isIn(0, Math.floor(Date.parse(sent.confirmed_at) / 1000)));
      assert.equal(await node.balance(to), SOL / 4);
      assert.equal(await node.balance(person.purse), SOL - SOL / 4);
      // Two signatures: the payer's and the session key's.
      assert.equal(before - (await node.balance(world.payer)), 10_000);
    });

  for (const [name, spelled] of Object.entries({
    older: (key) => ({ transaction_signers: [key], payer_address: key }),
    newer: (key) => ({
      account_signers: [key],
      fee_config: { currency: "sol", payer_address: key, self_managed_fees: true },
    }),
  }))
    it(`pays the fee itself (${name})`, async () => {
      const person = await newOwner(app);
      const key = person.session.publicKey.toBase58();
      await node.fund(person.purse, SOL);
      await node.fund(key, SOL / 100);
      const to = Keypair.generate().publicKey;
      const before = await node.balance(world.payer);
      const transaction = transfer(person.purse, to, SOL / 2);
      const { sent } = await act(app, person, { transaction, ...spelled(key) });
      assert.equal((await node.status(sent.transaction_signature)).err, null);
      assert.equal(await node.balance(to), SOL / 2);
      assert.equal(await node.balance(key), SOL / 100 - 5000);
      assert.equal(await node.balance(world.payer), before);
    });

  it("acts while another key of the app's pays", async () => {
    const person = await newOwner(app);
    const { owner, session, purse } = person;
    const payer = Keypair.generate();
    await node.fund(purse, SOL);
    await node.fund(payer.publicKey, SOL / 100);
    const to = Keypair.generate().publicKey;
    const prepared = await app.grid.prepareArbitraryTransaction(owner.account, {
      transaction: transfer(purse, to, SOL / 2),
      fee_config: { currency: "sol", payer_address: payer.publicKey.toBase58() },
    });
    assert.deepEqual(prepared.data.transaction_signers, [
      payer.publicKey.toBase58(),
      session.publicKey.toBase58(),
    ]);
    // As the client's README has it for signers it does not know.
    const draft = app.grid.extractSignableTransaction(prepared);
    draft.sign([payer]);
    const { data } = app.grid.setExternallySignedTransaction(prepared, draft);
    const sent = await quietly(() =>
      app.grid.signAndSend({
        sessionSecrets: [session],
        transactionPayload: data,
        address: owner.account,
      }),
    );
    assert.equal((await node.status(sent.transaction_signature)).err, null);
    assert.equal(await node.balance(to), SOL / 2);
    assert.equal(await node.balance(payer.publicKey), SOL / 100 - 10_000);
  });

  it("sends no more than what was prepared", async () => {
    const person = await newOwner(app);
    await node.fund(person.purse, SOL);
    const to = Keypair.generate().publicKey;
    const { data } = await app.grid.prepareArbitraryTransaction(person.owner.account, {
      transaction: transfer(person.purse, to, SOL / 4),
    });
    const bytes = Buffer.from(data.transaction, "base64");
    const at = bytes.lastIndexOf(lamports(SOL / 4));
    assert.ok(at > 0);
    lamports(SOL / 2).copy(bytes, at);
    const changed = VersionedTransaction.deserialize(bytes);
    changed.sign([person.session]);
    const transaction = Buffer.from(changed.serialize()).toString("base64");
    await assert.rejects(
      app.grid.send({
        address: person.owner.account,
        signedTransactionPayload: { transaction, kms_payloads: [] },
      }),
      { code: "SUBMIT_FAILED" },
    );
    assert.equal(await node.balance(to), 0);
  });
});

function lamports(amount) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(amount));
  return bytes;
}

describe("the older generation's paths", () => {
  const call = async (method, path, body) => {
    const response = await fetch(`${world.place.url}/api/v1/passkeys${path}`, {
      method,
      headers: {
        authorization: `Bearer ${app.apiKey}`,
        "x-squads-network": "devnet",
        "content-type": "application/json",
      },
      body: body && JSON.stringify(body),
    });
    return { status: response.status, body: await response.json() };
  };
  const open = async (action, key) => {
    const sessionKey = key && { key, expiration: 900 };
    const metaInfo = { appName: "Wallet" };
    const asked = { action, ...(sessionKey && { sessionKey }), metaInfo };
    const { status, body } = await call("POST", "", asked);
    assert.equal(status, 200, JSON.stringify(body));
    return body.url;
  };

  it("make an account on the chain, bind it, find it and look it up", async () => {
    const owner = new Owner();
    for (const action of ["create", "auth"]) {
      const key = newKey();
      const answer = owner.answer(app.grid, await open(action, key));
      const { status, body } = await call("POST", "/submit-passkey-session", answer);
      assert.equal(status, 200, JSON.stringify(body));
      assert.equal(body.externallySignedAccount, owner.account);
      const { session, expiration } = await onChain(owner.account);
      assert.equal(session, key);
      const { key: bytes } = app.grid.getSessionKeyObject(key, "900");
      assert.deepEqual(body.sessionKey, { key: bytes, expiration });

      const { authenticatorResponse } = owner.answer(app.grid, await open("get"));
      const found = await call("POST", "/externally-signed-account", {
        authenticatorResponse,
      });
      assert.equal(found.body.externallySignedAccount, owner.account);
      assert.equal(found.body.sessionKey.expiration, expiration);
      const told = await call("GET", `/externally-signed-account/${owner.account}`);
      assert.equal(told.body.relyingPartyId, "localhost");
      assert.equal(told.body.pubkey, compressed(owner.spki).toString("base64"));
      assert.equal(told.body.sessionKey.expiration, expiration);
    }
  });
});
