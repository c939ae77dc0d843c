// @turnkey/wallet-stamper: somebody's own wallet as the key that stamps.

import assert from "node:assert/strict";
import { before, describe, it } from "node:test";

import { secp256k1 } from "@noble/curves/secp256k1.js";
import { TurnkeyClient } from "@turnkey/http";
import { WalletStamper, WalletType } from "@turnkey/wallet-stamper";
import nacl from "tweetnacl";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";

import { activity, newSubOrganization, rootUser, unique } from "../support/clients.js";
import { url } from "../support/environment.js";
import { post } from "../support/wire.js";

/** An Ethereum wallet: signs by EIP-191, as `personal_sign` does. */
function ethereumWallet() {
  const account = privateKeyToAccount(generatePrivateKey());
  const publicKey = secp256k1.Point.fromHex(account.publicKey.slice(2)).toHex(true);
  return {
    type: WalletType.Ethereum,
    signMessage: (message) => account.signMessage({ message }),
    getPublicKey: async () => publicKey,
  };
}

/** A Solana wallet: signs the bytes themselves with Ed25519. */
function solanaWallet() {
  const pair = nacl.sign.keyPair();
  const hex = (bytes) => Buffer.from(bytes).toString("hex");
  return {
    type: WalletType.Solana,
    signMessage: async (message) =>
      hex(nacl.sign.detached(Buffer.from(message), pair.secretKey)),
    getPublicKey: async () => hex(pair.publicKey),
  };
}

const kinds = [
  { name: "an Ethereum wallet", make: ethereumWallet, curve: "API_KEY_CURVE_SECP256K1" },
  { name: "a Solana wallet", make: solanaWallet, curve: "API_KEY_CURVE_ED25519" },
];

for (const { name, make, curve } of kinds) {
  describe(`${name} registered as an API key`, () => {
    const wallet = make();
    const client = new TurnkeyClient({ baseUrl: url }, new WalletStamper(wallet));
    let organization;
    before(async () => {
      const key = { publicKey: await wallet.getPublicKey() };
      organization = await newSubOrganization([rootUser(key, curve)]);
    });

    it("is known by its stamp", async () => {
      const who = await client.getWhoami({
        organizationId: organization.subOrganizationId,
      });
      assert.equal(who.userId, organization.rootUserIds[0]);
    });

    it("stamps activities, also with characters outside ASCII", async () => {
      const walletName = unique("portemonnaie été 財布");
      const { activity: done } = await client.createWallet(
        activity("ACTIVITY_TYPE_CREATE_WALLET", organization.subOrganizationId, {
          walletName,
          accounts: [],
        }),
      );
      assert.equal(done.status, "ACTIVITY_STATUS_COMPLETED");
      assert.equal(done.intent.createWalletIntent.walletName, walletName);
    });

    it("does not let a stranger's wallet in", async () => {
      const stranger = new TurnkeyClient({ baseUrl: url }, new WalletStamper(make()));
      await assert.rejects(
        stranger.getWhoami({ organizationId: organization.subOrganizationId }),
        { code: 16 },
      );
    });
  });
}

describe("an Ethereum wallet whose signature holds a short number", () => {
  /** r or s with nine leading zero bits, which the stamper still writes out in 32 bytes. */
  const padded = /^30440220(00[0-7]|.{64}022000[0-7])|^3045022100.{64}022000[0-7]/;

  it("is believed, though the stamper pads the number and so breaks DER", async () => {
    const wallet = ethereumWallet();
    const client = new TurnkeyClient({ baseUrl: url }, new WalletStamper(wallet));
    const key = { publicKey: await wallet.getPublicKey() };
    const organization = await newSubOrganization([
      rootUser(key, "API_KEY_CURVE_SECP256K1"),
    ]);
    const organizationId = organization.subOrganizationId;

    // About one in 170 bodies has such a signature.
    for (let attempt = 0; attempt < 10_000; attempt += 1) {
      const request = await client.stampGetWhoami({ organizationId, attempt });
      const value = Buffer.from(request.stamp.stampHeaderValue, "base64url");
      if (!padded.test(JSON.parse(value).signature)) continue;
      const { status, text } = await post(request);
      assert.equal(status, 200, text);
      return;
    }
    assert.fail("no body had a signature with a short number");
  });
});
