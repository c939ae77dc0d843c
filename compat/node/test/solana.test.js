// @turnkey/solana, its signatures checked by tweetnacl.

import assert from "node:assert/strict";
import { before, describe, it } from "node:test";

import {
  Keypair,
  PublicKey,
  SystemProgram,
  Transaction,
  TransactionMessage,
  VersionedTransaction,
} from "@solana/web3.js";
import { TurnkeySigner } from "@turnkey/solana";
import nacl from "tweetnacl";

import { solana } from "../support/accounts.js";
import { newOwner, unique } from "../support/clients.js";

/** Any 32 bytes will do: nothing here is sent to a chain. */
const recentBlockhash = Keypair.generate().publicKey.toBase58();

const transfer = (from) =>
  SystemProgram.transfer({
    fromPubkey: from,
    toPubkey: Keypair.generate().publicKey,
    lamports: 1_000,
  });

const legacy = (from) =>
  new Transaction({ feePayer: from, recentBlockhash }).add(transfer(from));

function versioned(from) {
  const message = new TransactionMessage({
    payerKey: from,
    recentBlockhash,
    instructions: [transfer(from)],
  });
  return new VersionedTransaction(message.compileToV0Message());
}

const messageOf = (transaction) =>
  transaction instanceof VersionedTransaction
    ? transaction.message.serialize()
    : transaction.serializeMessage();

function signatureOf(transaction, signer) {
  if (!(transaction instanceof VersionedTransaction)) {
    return transaction.signatures.find(({ publicKey }) => publicKey.equals(signer))
      .signature;
  }
  const slot = transaction.message.staticAccountKeys.findIndex((key) => key.equals(signer));
  return transaction.signatures[slot];
}

function assertSigned(transaction, signer) {
  const valid = nacl.sign.detached.verify(
    messageOf(transaction),
    signatureOf(transaction, signer),
    signer.toBytes(),
  );
  assert.ok(valid, "the signature does not verify");
}

for (const kind of ["http", "sdk"]) {
  describe(`@turnkey/solana over the ${kind} client`, () => {
    let address;
    let key;
    let signer;
    before(async () => {
      const owner = await newOwner();
      const wallet = await owner.sdk.createWallet({
        walletName: unique("wallet"),
        accounts: [solana()],
      });
      [address] = wallet.addresses;
      key = new PublicKey(address);
      signer = new TurnkeySigner({
        client: owner[kind],
        organizationId: owner.organizationId,
      });
    });

    it("signs a message", async () => {
      const message = Buffer.from("hello, wereld");
      const signature = await signer.signMessage(message, address);
      assert.ok(nacl.sign.detached.verify(message, signature, key.toBytes()));
    });

    for (const [name, make] of Object.entries({ legacy, "version 0": versioned })) {
      it(`signs a transaction: ${name}`, async () => {
        const unsigned = make(key);
        const signed = await signer.signTransaction(unsigned, address);
        assert.deepEqual(Buffer.from(messageOf(signed)), Buffer.from(messageOf(unsigned)));
        assertSigned(signed, key);
      });

      it(`adds its signature to a transaction: ${name}`, async () => {
        const transaction = make(key);
        await signer.addSignature(transaction, address);
        assertSigned(transaction, key);
      });
    }

    it("leaves the other signers' signatures in place", async () => {
      const payer = Keypair.generate();
      const transaction = new Transaction({ feePayer: payer.publicKey, recentBlockhash });
      transaction.add(transfer(key));
      transaction.partialSign(payer);
      const signed = await signer.signTransaction(transaction, address);
      assertSigned(signed, payer.publicKey);
      assertSigned(signed, key);
    });

    it("signs many transactions in one activity", async () => {
      const transactions = [legacy(key), versioned(key), legacy(key)];
      const signed = await signer.signAllTransactions(transactions, address);
      assert.equal(signed.length, 3);
      for (const transaction of signed) assertSigned(transaction, key);
    });

    it("is refused a transaction it is no signer of", async () => {
      const other = Keypair.generate().publicKey;
      await assert.rejects(signer.signTransaction(legacy(other), address));
    });
  });
}
