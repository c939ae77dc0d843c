// @turnkey/viem, its signatures read by ethers.

import assert from "node:assert/strict";
import { before, describe, it } from "node:test";

import { createAccount } from "@turnkey/viem";
import * as ethers from "ethers";
import { parseEther, parseGwei } from "viem";

import { ethereum } from "../support/accounts.js";
import { newOwner, unique } from "../support/clients.js";

const to = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";

const common = { chainId: 1, nonce: 7, gas: 21_000n, to, value: parseEther("0.25") };

const fees = { maxFeePerGas: parseGwei("30"), maxPriorityFeePerGas: parseGwei("2") };

const accessList = [{ address: to, storageKeys: [`0x${"11".repeat(32)}`] }];

const transactions = {
  legacy: { ...common, type: "legacy", gasPrice: parseGwei("20") },
  "legacy without a chain": { ...common, chainId: undefined, type: "legacy", gasPrice: 1n },
  "EIP-2930": { ...common, type: "eip2930", gasPrice: parseGwei("20"), accessList },
  "EIP-1559": { ...common, type: "eip1559", ...fees, data: "0xdeadbeef" },
  "EIP-1559 that creates a contract": {
    ...common,
    to: undefined,
    type: "eip1559",
    ...fees,
    data: "0x6000",
  },
  "EIP-4844 without its blobs": {
    ...common,
    type: "eip4844",
    ...fees,
    maxFeePerBlobGas: parseGwei("1"),
    blobVersionedHashes: [`0x01${"22".repeat(31)}`],
  },
};

const typedData = {
  domain: {
    name: "Ether Mail",
    version: "1",
    chainId: 1,
    verifyingContract: "0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC",
  },
  types: {
    Person: [
      { name: "name", type: "string" },
      { name: "wallets", type: "address[]" },
    ],
    Mail: [
      { name: "from", type: "Person" },
      { name: "to", type: "Person[]" },
      { name: "contents", type: "string" },
      { name: "amount", type: "uint256" },
      { name: "attachment", type: "bytes" },
    ],
  },
  primaryType: "Mail",
  message: {
    from: { name: "Cow", wallets: [to] },
    to: [{ name: "Bob é 財", wallets: [] }],
    contents: "Hello, Bob!",
    amount:
      "115792089237316195423570985008687907853269984665640564039457584007913129639935",
    attachment: "0x00ff",
  },
};

/** As viem's wallet client completes it before it asks the account. */
const EIP712Domain = [
  { name: "name", type: "string" },
  { name: "version", type: "string" },
  { name: "chainId", type: "uint256" },
  { name: "verifyingContract", type: "address" },
];

for (const kind of ["http", "sdk"]) {
  describe(`@turnkey/viem over the ${kind} client`, () => {
    let owner;
    let address;
    let account;
    before(async () => {
      owner = await newOwner();
      const wallet = await owner.sdk.createWallet({
        walletName: unique("wallet"),
        accounts: [ethereum()],
      });
      [address] = wallet.addresses;
      account = await accountFor(address);
    });

    const accountFor = (signWith) =>
      createAccount({
        client: owner[kind],
        organizationId: owner.organizationId,
        signWith,
      });

    it("signs a message", async () => {
      const signature = await account.signMessage({ message: "hello, wereld" });
      assert.equal(ethers.verifyMessage("hello, wereld", signature), address);
    });

    it("signs a message of raw bytes", async () => {
      const raw = "0x00ff10";
      const signature = await account.signMessage({ message: { raw } });
      assert.equal(ethers.verifyMessage(ethers.getBytes(raw), signature), address);
    });

    it("signs whichever way the address is spelt", async () => {
      const lower = await accountFor(address.toLowerCase());
      const signature = await lower.signMessage({ message: "spelt" });
      assert.equal(ethers.verifyMessage("spelt", signature), address);
    });

    it("signs with a private key named by its id", async () => {
      const { privateKeys } = await owner.sdk.createPrivateKeys({
        privateKeys: [
          {
            privateKeyName: unique("key"),
            curve: "CURVE_SECP256K1",
            privateKeyTags: [],
            addressFormats: ["ADDRESS_FORMAT_ETHEREUM"],
          },
        ],
      });
      const byId = await accountFor(privateKeys[0].privateKeyId);
      const signature = await byId.signMessage({ message: "by id" });
      assert.equal(byId.address, privateKeys[0].addresses[0].address);
      assert.equal(ethers.verifyMessage("by id", signature), byId.address);
    });

    it("signs typed data, hashed by the server", async () => {
      const { domain, types, message } = typedData;
      const signature = await account.signTypedData({
        ...typedData,
        types: { EIP712Domain, ...types },
      });
      assert.equal(ethers.verifyTypedData(domain, types, message, signature), address);
    });

    it("signs typed data that leaves the domain's type out", async () => {
      const { types, message } = typedData;
      const signature = await account.signTypedData(typedData);
      // Without the type, viem's account sends an empty domain.
      assert.equal(ethers.verifyTypedData({}, types, message, signature), address);
    });

    for (const [name, transaction] of Object.entries(transactions)) {
      it(`signs a transaction: ${name}`, async () => {
        const signed = ethers.Transaction.from(await account.signTransaction(transaction));
        assert.equal(signed.from, address);
        assert.equal(signed.to, transaction.to ?? null);
        assert.equal(signed.nonce, transaction.nonce);
        assert.equal(signed.value, transaction.value);
        assert.equal(signed.data, transaction.data ?? "0x");
        assert.equal(signed.chainId, BigInt(transaction.chainId ?? 0));
      });
    }

    it("signs an authorisation (EIP-7702) and the transaction that carries it", async () => {
      const unsigned = { address: to, chainId: 1, nonce: 8 };
      const authorization = await account.signAuthorization(unsigned);
      const signature = ethers.Signature.from(authorization);
      assert.equal(ethers.verifyAuthorization(unsigned, signature), address);

      const carried = await account.signTransaction({
        ...common,
        type: "eip7702",
        ...fees,
        authorizationList: [authorization],
      });
      const signed = ethers.Transaction.from(carried);
      assert.equal(signed.from, address);
      assert.equal(signed.authorizationList[0].address, to);
    });

    it("refuses to sign with an address that is not the organisation's", async () => {
      const stranger = await accountFor(to);
      await assert.rejects(stranger.signMessage({ message: "not mine" }), {
        name: "TurnkeyActivityError",
      });
    });
  });
}
