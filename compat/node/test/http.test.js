// @turnkey/http with @turnkey/api-key-stamper.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { before, describe, it } from "node:test";

import { ed25519 } from "@noble/curves/ed25519.js";
import { p256 } from "@noble/curves/nist.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { publicKeyToAddress } from "viem/utils";

import { bare, ethereum, solana } from "../support/accounts.js";
import {
  activity,
  complete,
  httpClient,
  newApiKey,
  newOwner,
  rootUser,
  unique,
} from "../support/clients.js";
import { organizationId } from "../support/environment.js";
import { post } from "../support/wire.js";

const sha256 = (bytes) => createHash("sha256").update(bytes).digest();

describe("@turnkey/http in the root organisation", () => {
  const root = httpClient();

  it("learns who it is", async () => {
    const who = await root.getWhoami({ organizationId });
    assert.equal(who.organizationId, organizationId);
    assert.match(who.userId, /^[0-9a-f-]{36}$/);
    assert.notEqual(who.organizationName, "");
    assert.notEqual(who.username, "");
  });

  it("makes a sub-organisation whose only owner is the key it names", async () => {
    const key = newApiKey();
    const body = activity("ACTIVITY_TYPE_CREATE_SUB_ORGANIZATION_V8", organizationId, {
      subOrganizationName: unique("child"),
      rootUsers: [rootUser(key)],
      rootQuorumThreshold: 1,
    });
    const done = await complete(root, "createSubOrganization", body);
    const { subOrganizationId, rootUserIds } = done.result.createSubOrganizationResultV8;

    const who = await httpClient(key).getWhoami({ organizationId: subOrganizationId });
    assert.equal(who.organizationId, subOrganizationId);
    assert.deepEqual(rootUserIds, [who.userId]);
  });

  it("makes a sub-organisation with a wallet in one step, in the version before too", async () => {
    const key = newApiKey();
    const body = activity("ACTIVITY_TYPE_CREATE_SUB_ORGANIZATION_V7", organizationId, {
      subOrganizationName: unique("child"),
      rootUsers: [rootUser(key)],
      rootQuorumThreshold: 1,
      wallet: { walletName: "first", accounts: [ethereum(), solana()] },
    });
    const done = await complete(root, "createSubOrganization", body);
    const { subOrganizationId, wallet } = done.result.createSubOrganizationResultV7;

    const { wallets } = await httpClient(key).getWallets({
      organizationId: subOrganizationId,
    });
    assert.deepEqual(
      wallets.map(({ walletId, walletName }) => ({ walletId, walletName })),
      [{ walletId: wallet.walletId, walletName: "first" }],
    );
    assert.equal(wallet.addresses.length, 2);
  });

  it("is believed whichever of the two S its stamp's signature has", async () => {
    const request = await root.stampGetWhoami({ organizationId });
    const stamp = JSON.parse(Buffer.from(request.stamp.stampHeaderValue, "base64url"));
    const { r, s } = p256.Signature.fromDER(stamp.signature);
    for (const either of [s, p256.Point.Fn.ORDER - s]) {
      stamp.signature = new p256.Signature(r, either).toHex("der");
      const stampHeaderValue = Buffer.from(JSON.stringify(stamp)).toString("base64url");
      const answer = await post({
        ...request,
        stamp: { ...request.stamp, stampHeaderValue },
      });
      assert.equal(answer.status, 200);
    }
  });

  it("finds the sub-organisation again by the key of its owner", async () => {
    const owner = await newOwner();
    const { organizationIds } = await root.getSubOrgIds({
      organizationId,
      filterType: "PUBLIC_KEY",
      filterValue: owner.key.publicKey,
    });
    assert.deepEqual(organizationIds, [owner.organizationId]);
  });
});

describe("@turnkey/http in the hands of a sub-organisation's owner", () => {
  let owner;
  let client;
  before(async () => {
    owner = await newOwner();
    client = owner.http;
  });

  const submit = (method, type, parameters) =>
    complete(client, method, activity(type, owner.organizationId, parameters));

  const createWallet = async (accounts) => {
    const done = await submit("createWallet", "ACTIVITY_TYPE_CREATE_WALLET", {
      walletName: unique("wallet"),
      accounts,
    });
    return done.result.createWalletResult;
  };

  const sign = async (signWith, payload, hashFunction) => {
    const done = await submit("signRawPayload", "ACTIVITY_TYPE_SIGN_RAW_PAYLOAD_V2", {
      signWith,
      payload: Buffer.from(payload).toString("hex"),
      encoding: "PAYLOAD_ENCODING_HEXADECIMAL",
      hashFunction,
    });
    return done.result.signRawPayloadResult;
  };

  it("makes a wallet and reads it back", async () => {
    const { walletId, addresses } = await createWallet([ethereum(0), ethereum(1)]);
    const { wallet } = await client.getWallet({
      organizationId: owner.organizationId,
      walletId,
    });
    assert.equal(wallet.walletId, walletId);
    assert.equal(wallet.exported, false);
    assert.equal(wallet.imported, false);
    assert.match(wallet.createdAt.seconds, /^\d+$/);

    const { accounts } = await client.getWalletAccounts({
      organizationId: owner.organizationId,
      walletId,
    });
    const listed = new Map(accounts.map((account) => [account.path, account.address]));
    assert.deepEqual(addresses, [
      listed.get("m/44'/60'/0'/0/0"),
      listed.get("m/44'/60'/0'/0/1"),
    ]);
  });

  it("shows the Ethereum address that belongs to the public key, checksummed", async () => {
    const { walletId, addresses } = await createWallet([ethereum()]);
    const { accounts } = await client.getWalletAccounts({
      organizationId: owner.organizationId,
      walletId,
    });
    const uncompressed = secp256k1.Point.fromHex(accounts[0].publicKey).toHex(false);
    assert.equal(addresses[0], publicKeyToAddress(`0x${uncompressed}`));
  });

  it("signs with secp256k1, low-S and recoverable", async () => {
    const { addresses } = await createWallet([bare("CURVE_SECP256K1")]);
    const digest = sha256("to be signed");
    const { r, s, v } = await sign(addresses[0], digest, "HASH_FUNCTION_NO_OP");

    const signature = secp256k1.Signature.fromCompact(r + s).addRecoveryBit(
      parseInt(v, 16),
    );
    assert.equal(signature.hasHighS(), false);
    assert.equal(signature.recoverPublicKey(digest).toHex(true), addresses[0]);
  });

  it("hashes where it is asked to hash", async () => {
    const { addresses } = await createWallet([bare("CURVE_SECP256K1")]);
    const { r, s } = await sign(addresses[0], "to be signed", "HASH_FUNCTION_SHA256");
    assert.ok(secp256k1.verify(r + s, sha256("to be signed"), addresses[0]));
  });

  it("signs with P-256", async () => {
    const { addresses } = await createWallet([bare("CURVE_P256")]);
    const digest = sha256("to be signed");
    const { r, s, v } = await sign(addresses[0], digest, "HASH_FUNCTION_NO_OP");
    assert.ok(p256.verify(r + s, digest, addresses[0], { lowS: false }));
    assert.match(v, /^0[01]$/);
  });

  it("signs with Ed25519, the message itself", async () => {
    const { addresses } = await createWallet([bare("CURVE_ED25519")]);
    const message = Buffer.from("to be signed");
    const { r, s, v } = await sign(addresses[0], message, "HASH_FUNCTION_NOT_APPLICABLE");
    assert.ok(ed25519.verify(r + s, message, addresses[0]));
    assert.equal(v, "00");
  });

  it("signs many payloads in the order they were given", async () => {
    const { addresses } = await createWallet([bare("CURVE_ED25519")]);
    const messages = ["first", "second", "third"].map((text) => Buffer.from(text));
    const done = await submit("signRawPayloads", "ACTIVITY_TYPE_SIGN_RAW_PAYLOADS", {
      signWith: addresses[0],
      payloads: messages.map((message) => message.toString("hex")),
      encoding: "PAYLOAD_ENCODING_HEXADECIMAL",
      hashFunction: "HASH_FUNCTION_NOT_APPLICABLE",
    });
    const { signatures } = done.result.signRawPayloadsResult;
    assert.equal(signatures.length, messages.length);
    signatures.forEach(({ r, s }, index) => {
      assert.ok(ed25519.verify(r + s, messages[index], addresses[0]));
    });
  });

  it("reads back an activity that proves itself: fingerprint, intent and signed vote", async () => {
    const request = await client.stampCreateWallet(
      activity("ACTIVITY_TYPE_CREATE_WALLET", owner.organizationId, {
        walletName: unique("wallet"),
        accounts: [],
      }),
    );
    const submitted = await post(request);
    const { activity: read } = await client.getActivity({
      organizationId: owner.organizationId,
      activityId: submitted.json.activity.id,
    });

    assert.equal(read.status, "ACTIVITY_STATUS_COMPLETED");
    assert.equal(read.type, "ACTIVITY_TYPE_CREATE_WALLET");
    assert.equal(read.fingerprint, `sha256:${sha256(request.body).toString("hex")}`);
    assert.deepEqual(read.intent.createWalletIntent, JSON.parse(request.body).parameters);

    const [vote] = read.votes;
    assert.equal(vote.selection, "VOTE_SELECTION_APPROVED");
    assert.equal(vote.message, request.body);
    assert.equal(vote.publicKey, owner.key.publicKey);
    const signature = p256.Signature.fromDER(vote.signature);
    assert.ok(
      p256.verify(signature, sha256(vote.message), vote.publicKey, { lowS: false }),
    );
  });

  it("gets the same activity for the same body, not a second wallet", async () => {
    const request = await client.stampCreateWallet(
      activity("ACTIVITY_TYPE_CREATE_WALLET", owner.organizationId, {
        walletName: unique("wallet"),
        accounts: [ethereum()],
      }),
    );
    const first = await post(request);
    const second = await post(request);
    assert.equal(second.json.activity.id, first.json.activity.id);
    assert.deepEqual(second.json.activity.result, first.json.activity.result);
  });

  it("gets one activity for the same body sent many times at once", async () => {
    const request = await client.stampCreateWallet(
      activity("ACTIVITY_TYPE_CREATE_WALLET", owner.organizationId, {
        walletName: unique("wallet"),
        accounts: [ethereum()],
      }),
    );
    const answers = await Promise.all(Array.from({ length: 20 }, () => post(request)));
    for (const { status, json } of answers) {
      assert.equal(status, 200);
      assert.equal(json.activity.id, answers[0].json.activity.id);
      assert.equal(json.activity.status, "ACTIVITY_STATUS_COMPLETED");
    }
  });

  it("has many activities carried out that it sends at once", async () => {
    const wallets = await Promise.all(Array.from({ length: 40 }, () => createWallet([])));
    assert.equal(new Set(wallets.map(({ walletId }) => walletId)).size, wallets.length);
  });

  it("lists what it did, and filters by type and status", async () => {
    await createWallet([]);
    const { activities } = await client.getActivities({
      organizationId: owner.organizationId,
      filterByType: ["ACTIVITY_TYPE_CREATE_WALLET"],
      filterByStatus: ["ACTIVITY_STATUS_COMPLETED"],
    });
    assert.ok(activities.length > 0);
    for (const listed of activities) {
      assert.equal(listed.type, "ACTIVITY_TYPE_CREATE_WALLET");
      assert.equal(listed.status, "ACTIVITY_STATUS_COMPLETED");
    }
  });
});
