// A parent makes its children and may look at them. It can do nothing in them.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { before, describe, it } from "node:test";

import { ethereum } from "../support/accounts.js";
import { everyRequest } from "../support/catalogue.js";
import { newApiKey, newOwner, rootUser, sdkClient, unique } from "../support/clients.js";
import { rootKey } from "../support/environment.js";
import { post } from "../support/wire.js";

describe("a parent's key in its child", () => {
  let owner;
  let wallet;
  let parent;
  before(async () => {
    owner = await newOwner();
    wallet = await owner.sdk.createWallet({
      walletName: unique("wallet"),
      accounts: [ethereum()],
    });
    parent = sdkClient(rootKey, owner.organizationId);
  });

  it("reads users, wallets, accounts, activities and configuration", async () => {
    const { users } = await parent.getUsers();
    assert.deepEqual(
      users.map((user) => user.userId),
      [owner.userId],
    );
    const { wallets } = await parent.getWallets();
    assert.deepEqual(
      wallets.map((listed) => listed.walletId),
      [wallet.walletId],
    );
    const { accounts } = await parent.getWalletAccounts({ walletId: wallet.walletId });
    assert.deepEqual(
      accounts.map((account) => account.address),
      wallet.addresses,
    );
    const { activities } = await parent.getActivities();
    assert.ok(activities.some(({ type }) => type === "ACTIVITY_TYPE_CREATE_WALLET"));
    const { configs } = await parent.getOrganizationConfigs({});
    assert.deepEqual(configs.quorum, { threshold: 1, userIds: [owner.userId] });
  });

  it("is refused whatever it submits, and changes nothing", async () => {
    const key = newApiKey();
    const newKey = {
      apiKeyName: "backdoor",
      publicKey: key.publicKey,
      curveType: "API_KEY_CURVE_P256",
    };
    const payload = {
      encoding: "PAYLOAD_ENCODING_HEXADECIMAL",
      hashFunction: "HASH_FUNCTION_NO_OP",
    };
    const signWith = wallet.addresses[0];
    const { walletId } = wallet;
    const { userId } = owner;
    const attempts = {
      signRawPayload: { signWith, payload: "00".repeat(32), ...payload },
      signRawPayloads: { signWith, payloads: ["00".repeat(32)], ...payload },
      signTransaction: {
        signWith,
        unsignedTransaction: "c9808080808080018080",
        type: "TRANSACTION_TYPE_ETHEREUM",
      },
      createApiKeys: { userId, apiKeys: [newKey] },
      createAuthenticators: { userId, authenticators: [] },
      createUsers: { users: [{ ...rootUser(key), userTags: [] }] },
      createUserTag: { userTagName: unique("tag"), userIds: [] },
      createWallet: { walletName: unique("wallet"), accounts: [] },
      createWalletAccounts: { walletId, accounts: [ethereum(1)] },
      createPrivateKeys: { privateKeys: [] },
      exportWallet: { walletId, targetPublicKey: `04${"00".repeat(64)}` },
      exportWalletAccount: { address: signWith, targetPublicKey: `04${"00".repeat(64)}` },
      updateRootQuorum: { threshold: 1, userIds: [userId] },
      updateUserName: { userId, userName: unique("renamed") },
      updateOrganizationName: { organizationName: unique("renamed") },
      setOrganizationFeature: { name: "FEATURE_NAME_WEBHOOK", value: "http://localhost" },
      removeOrganizationFeature: { name: "FEATURE_NAME_WEBHOOK" },
      deleteWallets: { walletIds: [walletId], deleteWithoutExport: true },
      deleteUsers: { userIds: [userId] },
      deleteSubOrganization: { deleteWithoutExport: true },
    };

    const seen = async () => ({
      users: await owner.sdk.getUsers(),
      wallets: await owner.sdk.getWallets(),
      accounts: await owner.sdk.getWalletAccounts({ walletId }),
      configs: await owner.sdk.getOrganizationConfigs({}),
    });
    const before = await seen();
    for (const [method, parameters] of Object.entries(attempts)) {
      await assert.rejects(parent[method](parameters), `${method} was carried out`);
    }
    assert.deepEqual(await seen(), before);
  });

  it("is refused every kind of activity the SDK can submit", async () => {
    const requests = await everyRequest(parent, owner.organizationId);
    const submitted = requests.filter(({ submits }) => submits);
    assert.ok(submitted.length > 100, `only ${submitted.length}`);
    for (const { name, request } of submitted) {
      const { status, text } = await post(request);
      assert.ok(
        (status >= 400 && status < 500) || status === 501,
        `${name}: ${status} ${text}`,
      );
    }
  });

  it("is named in the refusal as a voter of the other organisation", async () => {
    await assert.rejects(
      parent.createWallet({ walletName: unique("wallet"), accounts: [] }),
      {
        message: /organization mismatch: request is targeting organization/,
      },
    );
  });

  it("is not accepted in a child of which it is not the parent", async () => {
    const stranger = await newOwner();
    const intruder = sdkClient(stranger.key, owner.organizationId);
    await assert.rejects(intruder.getWallets(), /Turnkey error (5|16):/);
    await assert.rejects(
      intruder.createWallet({ walletName: unique("wallet"), accounts: [] }),
      /Turnkey error (5|16):/,
    );
  });
});

describe("a stranger's key in somebody's sub-organisation", () => {
  it("gets, for every request there is, the answer it gets where nothing is", async () => {
    const [owner, stranger] = [await newOwner(), await newOwner()];
    const nowhere = randomUUID();
    const told = async (request, organization) => {
      const { status, text } = await post(request);
      return { status, text: text.replaceAll(organization, "ORGANISATION") };
    };
    const here = await everyRequest(stranger.sdk, owner.organizationId);
    const there = await everyRequest(stranger.sdk, nowhere);
    for (const [index, { name, request }] of here.entries()) {
      const answer = await told(request, owner.organizationId);
      assert.ok(answer.status >= 400, name);
      assert.deepEqual(answer, await told(there[index].request, nowhere), name);
    }
  });
});
