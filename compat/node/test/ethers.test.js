// @turnkey/ethers, its signatures read by viem.

import assert from "node:assert/strict";
import { before, describe, it } from "node:test";

import { TurnkeySigner } from "@turnkey/ethers";
import {
  parseTransaction,
  recoverMessageAddress,
  recoverTransactionAddress,
  recoverTypedDataAddress,
} from "viem";

import { ethereum } from "../support/accounts.js";
import { newOwner, unique } from "../support/clients.js";

const to = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";

const common = { chainId: 10, nonce: 3, gasLimit: 50_000, to, value: 12_345n };

const transactions = {
  legacy: { ...common, type: 0, gasPrice: 1_000_000_000n },
  "EIP-2930": { ...common, type: 1, gasPrice: 1_000_000_000n, accessList: [[to, []]] },
  "EIP-1559": {
    ...common,
    type: 2,
    maxFeePerGas: 9n,
    maxPriorityFeePerGas: 1n,
    data: "0x01",
  },
};

for (const kind of ["http", "sdk"]) {
  describe(`@turnkey/ethers over the ${kind} client`, () => {
    let address;
    let signer;
    before(async () => {
      const owner = await newOwner();
      const wallet = await owner.sdk.createWallet({
        walletName: unique("wallet"),
        accounts: [ethereum()],
      });
      [address] = wallet.addresses;
      signer = new TurnkeySigner({
        client: owner[kind],
        organizationId: owner.organizationId,
        signWith: address,
      });
    });

    it("signs a message", async () => {
      const signature = await signer.signMessage("hello, wereld");
      assert.equal(
        await recoverMessageAddress({ message: "hello, wereld", signature }),
        address,
      );
    });

    it("signs typed data", async () => {
      const domain = { name: "Zegel", version: "2", chainId: 1, verifyingContract: to };
      const types = {
        Order: [
          { name: "owner", type: "address" },
          { name: "amounts", type: "uint256[2]" },
          { name: "paid", type: "bool" },
          { name: "tag", type: "bytes4" },
          { name: "delta", type: "int64" },
        ],
      };
      const message = {
        owner: to,
        amounts: [1n, 2n],
        paid: true,
        tag: "0x01020304",
        delta: -5n,
      };
      const signature = await signer.signTypedData(domain, types, message);
      assert.equal(
        await recoverTypedDataAddress({
          domain,
          types,
          primaryType: "Order",
          message,
          signature,
        }),
        address,
      );
    });

    for (const [name, transaction] of Object.entries(transactions)) {
      it(`signs a transaction: ${name}`, async () => {
        const serializedTransaction = await signer.signTransaction({ ...transaction });
        assert.equal(await recoverTransactionAddress({ serializedTransaction }), address);
        const signed = parseTransaction(serializedTransaction);
        assert.equal(signed.chainId, transaction.chainId);
        assert.equal(signed.value, transaction.value);
        assert.equal(signed.to.toLowerCase(), to.toLowerCase());
      });
    }
  });
}
