// What a passkey is asked to sign for an account on an EVM, hashed by viem as well.

import assert from "node:assert/strict";
import { before, describe, it } from "node:test";

import { encodeFunctionData, hashTypedData, parseAbi, toHex } from "viem";
import {
  entryPoint06Address,
  entryPoint07Address,
  entryPoint08Address,
  formatUserOperationRequest,
  getUserOperationHash,
} from "viem/account-abstraction";

import { url } from "../support/environment.js";
import { newTenant } from "../support/tenants/admin.js";
import { call } from "../support/tenants/http.js";

const address = (byte) => `0x${byte.repeat(20)}`;

const account = parseAbi(["function execute(address target, uint256 value, bytes data)"]);

/** Gas and call of every operation here. */
const common = {
  sender: address("a1"),
  nonce: (8453n << 64n) + 5n,
  callData: encodeFunctionData({
    abi: account,
    functionName: "execute",
    args: [address("b2"), 10n ** 18n, "0xa9059cbb"],
  }),
  callGasLimit: 2n ** 53n + 1n,
  verificationGasLimit: 250_000n,
  preVerificationGas: 2n ** 70n,
  maxFeePerGas: 3_000_000_000n,
  maxPriorityFeePerGas: 1_000_000_000n,
  signature: "0xfffe",
};

const packed = {
  ...common,
  factory: address("c3"),
  factoryData: "0x0102",
  paymaster: address("d4"),
  paymasterVerificationGasLimit: 30_000n,
  paymasterPostOpGasLimit: 40_000n,
  paymasterData: "0xdeadbeef",
};

describe("a passkey is asked to sign", () => {
  let tenant;
  before(async () => {
    tenant = await newTenant({ origins: ["http://localhost:3000"] });
  });

  const ask = (evm) =>
    call("POST", `${url}/api/grid/v1/passkeys/sign`, { evm }, {
      authorization: `Bearer ${tenant.apiKey}`,
    });

  /** The challenge in the page's address. */
  async function challenge(evm) {
    const { status, json, text } = await ask(evm);
    assert.equal(status, 200, text);
    const page = new URL(json.url);
    assert.equal(page.pathname, "/sign");
    return toHex(Buffer.from(page.searchParams.get("challenge"), "base64url"));
  }

  for (const [version, entryPoint, operation] of [
    ["0.6", entryPoint06Address, { ...common, initCode: "0x", paymasterAndData: "0x" }],
    ["0.6", entryPoint06Address, { ...common, initCode: address("c3"), paymasterAndData: "0x01" }],
    ["0.7", entryPoint07Address, common],
    ["0.7", entryPoint07Address, packed],
    ["0.8", entryPoint08Address, common],
    ["0.8", entryPoint08Address, packed],
    ["0.7", address("e5"), packed],
  ]) {
    const whole = Object.hasOwn(operation, "factory") ? ", whole" : "";
    it(`a user operation of ${entryPoint} ${version}${whole}`, async () => {
      const hash = getUserOperationHash({
        chainId: 8453,
        entryPointAddress: entryPoint,
        entryPointVersion: version,
        userOperation: operation,
      });
      // As viem sends it to a bundler.
      const userOperation = formatUserOperationRequest(operation);
      const evm = {
        family: "solady",
        chainId: "eip155:8453",
        entryPoint,
        entryPointVersion: version,
        userOperation,
      };
      assert.equal(await challenge(evm), hash);
      const until = { family: "daimo-v1", keySlot: 1, validUntil: 1_900_000_000 };
      const end = toHex(1_900_000_000, { size: 6 }).slice(2);
      assert.equal(await challenge({ ...evm, ...until }), `0x01${end}${hash.slice(2)}`);
    });
  }

  it("typed data", async () => {
    const typedData = {
      domain: { chainId: 10, verifyingContract: address("f6") },
      types: {
        EIP712Domain: [
          { name: "chainId", type: "uint256" },
          { name: "verifyingContract", type: "address" },
        ],
        SafeOp: [
          { name: "safe", type: "address" },
          { name: "nonce", type: "uint256" },
          { name: "initCode", type: "bytes" },
          { name: "limits", type: "uint128[2]" },
        ],
      },
      primaryType: "SafeOp",
      message: {
        safe: address("a1"),
        nonce: String(2n ** 200n),
        initCode: "0x",
        limits: ["1", "2"],
      },
    };
    const evm = { family: "safe", chainId: "eip155:10", typedData };
    assert.equal(await challenge(evm), hashTypedData(typedData));
    // What JSON has rounded is not signed.
    typedData.message.nonce = 2 ** 200;
    const { status, json } = await ask(evm);
    assert.equal(status, 400);
    assert.match(json.message, /message\.nonce/);
  });
});
