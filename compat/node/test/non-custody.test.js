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

  it("is refused every activity the server carries out for the owner, and changes nothing", async () => {
    const key = newApiKey();
    const { userId } = owner;
    const { walletId } = wallet;
    const [signWith] = wallet.addresses;
    const somewhere = randomUUID();
    const fingerprint = `sha256:${"00".repeat(32)}`;
    const how = {
      encoding: "PAYLOAD_ENCODING_HEXADECIMAL",
      hashFunction: "HASH_FUNCTION_NO_OP",
    };
    const backdoor = {
      apiKeyName: "backdoor",
      publicKey: key.publicKey,
      curveType: "API_KEY_CURVE_P256",
    };
    const attempts = {
      signRawPayload: { signWith, payload: "00".repeat(32), ...how },
      signRawPayloads: { signWith, payloads: ["00".repeat(32)], ...how },
      signTransaction: {
        signWith,
        unsignedTransaction: "c9808080808080018080",
        type: "TRANSACTION_TYPE_ETHEREUM",
      },
      createApiKeys: { userId, apiKeys: [backdoor] },
      deleteApiKeys: { userId, apiKeyIds: [somewhere] },
      createAuthenticators: { userId, authenticators: [] },
      deleteAuthenticators: { userId, authenticatorIds: [somewhere] },
      createUsers: { users: [{ ...rootUser(key), userTags: [] }] },
      updateUser: { userId, userName: unique("renamed") },
      updateUserName: { userId, userName: unique("renamed") },
      updateUserEmail: { userId, userEmail: "parent@example.org" },
      updateUserPhoneNumber: { userId, userPhoneNumber: "+31201234567" },
      deleteUsers: { userIds: [userId] },
      createUserTag: { userTagName: unique("tag"), userIds: [userId] },
      updateUserTag: { userTagId: somewhere, addUserIds: [userId], removeUserIds: [] },
      deleteUserTags: { userTagIds: [somewhere] },
      createWallet: { walletName: unique("wallet"), accounts: [] },
      createWalletAccounts: { walletId, accounts: [ethereum(1)] },
      updateWallet: { walletId, walletName: unique("renamed") },
      deleteWallets: { walletIds: [walletId], deleteWithoutExport: true },
      deleteWalletAccounts: { walletAccountIds: [somewhere], deleteWithoutExport: true },
      createPrivateKeys: { privateKeys: [] },
      deletePrivateKeys: { privateKeyIds: [somewhere], deleteWithoutExport: true },
      createPrivateKeyTag: { privateKeyTagName: unique("tag"), privateKeyIds: [] },
      updatePrivateKeyTag: {
        privateKeyTagId: somewhere,
        addPrivateKeyIds: [],
        removePrivateKeyIds: [],
      },
      deletePrivateKeyTags: { privateKeyTagIds: [somewhere] },
      updateRootQuorum: { threshold: 1, userIds: [userId] },
      updateOrganizationName: { organizationName: unique("renamed") },
      setOrganizationFeature: { name: "FEATURE_NAME_WEBHOOK", value: "http://localhost" },
      removeOrganizationFeature: { name: "FEATURE_NAME_WEBHOOK" },
      createSubOrganization: {
        subOrganizationName: unique("grandchild"),
        rootUsers: [rootUser(key)],
        rootQuorumThreshold: 1,
      },
      deleteSubOrganization: { deleteWithoutExport: true },
      approveActivity: { fingerprint },
      rejectActivity: { fingerprint },
    };

    // A kind of activity that comes to be served must come to be tried here.
    const requests = await everyRequest(parent, owner.organizationId);
    const submits = requests.filter((request) => request.submits);
    assert.ok(submits.length > 100, `the SDK submits only ${submits.length} kinds`);
    for (const { name, request } of submits) {
      const { status, text } = await post(request);
      assert.ok(status >= 400, `${name}: ${status} ${text}`);
      assert.ok(status === 501 || name in attempts, `${name} is served and not tried`);
    }

    const seen = async () => ({
      users: await owner.sdk.getUsers(),
      userTags: await owner.sdk.listUserTags(),
      wallets: await owner.sdk.getWallets(),
      accounts: await owner.sdk.getWalletAccounts({ walletId }),
      privateKeys: await owner.sdk.getPrivateKeys(),
      privateKeyTags: await owner.sdk.listPrivateKeyTags({}),
      configs: await owner.sdk.getOrganizationConfigs({}),
      name: await owner.sdk.getWhoami(),
    });
    const before = await seen();
    for (const [method, parameters] of Object.entries(attempts)) {
      await assert.rejects(
        parent[method](parameters),
        /organization mismatch: request is targeting organization/,
        method,
      );
    }
    assert.deepEqual(await seen(), before);
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
