// @turnkey/sdk-server, noun by noun: made, read, changed and deleted.

import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { setTimeout } from "node:timers/promises";

import { ed25519 } from "@noble/curves/ed25519.js";
import { recoverTransactionAddress, serializeTransaction } from "viem";

import { bare, ethereum, solana } from "../support/accounts.js";
import {
  newApiKey,
  newOwner,
  newSubOrganization,
  rootUser,
  sdkClient,
  unique,
} from "../support/clients.js";
import { organizationId } from "../support/environment.js";

const ids = (things, id) => things.map((thing) => thing[id]).sort();

const apiKey = () => ({
  apiKeyName: unique("key"),
  publicKey: newApiKey().publicKey,
  curveType: "API_KEY_CURVE_P256",
});

const user = (parameters = {}) => ({
  userName: unique("user"),
  apiKeys: [],
  authenticators: [],
  oauthProviders: [],
  userTags: [],
  ...parameters,
});

const privateKey = (curve, addressFormat, privateKeyTags = []) => ({
  privateKeyName: unique("private key"),
  curve,
  privateKeyTags,
  addressFormats: [addressFormat],
});

describe("@turnkey/sdk-server in the root organisation", () => {
  const root = sdkClient();

  it("learns who it is", async () => {
    const who = await root.getWhoami();
    assert.equal(who.organizationId, organizationId);
  });

  it("makes sub-organisations and finds them by all that is known of them", async () => {
    const key = newApiKey();
    const owner = {
      ...rootUser(key),
      userEmail: `${key.publicKey.slice(-20)}@example.org`,
    };
    const name = unique("named child");
    const made = await root.createSubOrganization({
      subOrganizationName: name,
      rootUsers: [owner],
      rootQuorumThreshold: 1,
      wallet: { walletName: "first", accounts: [ethereum(), solana()] },
    });
    assert.equal(made.activity.status, "ACTIVITY_STATUS_COMPLETED");
    assert.equal(made.wallet.addresses.length, 2);

    for (const [filterType, filterValue] of [
      ["NAME", name],
      ["USERNAME", owner.userName],
      ["EMAIL", owner.userEmail],
      ["PUBLIC_KEY", key.publicKey],
      ["WALLET_ACCOUNT_ADDRESS", made.wallet.addresses[0]],
    ]) {
      const { organizationIds } = await root.getSubOrgIds({ filterType, filterValue });
      assert.deepEqual(organizationIds, [made.subOrganizationId], filterType);
    }
  });

  it("pages through its sub-organisations without missing or repeating one", async () => {
    const made = [];
    for (let index = 0; index < 3; index += 1) {
      made.push((await newSubOrganization([rootUser(newApiKey())])).subOrganizationId);
    }
    const seen = [];
    let after;
    for (;;) {
      const { organizationIds } = await root.getSubOrgIds({
        paginationOptions: { limit: "2", ...(after && { after }) },
      });
      assert.ok(organizationIds.length <= 2);
      if (organizationIds.length === 0) break;
      assert.ok(!seen.includes(organizationIds.at(-1)), "the same page came twice");
      seen.push(...organizationIds);
      after = organizationIds.at(-1);
    }
    assert.equal(new Set(seen).size, seen.length);
    for (const id of made) assert.ok(seen.includes(id));
  });
});

describe("@turnkey/sdk-server in a sub-organisation", () => {
  let owner;
  let sdk;
  before(async () => {
    owner = await newOwner();
    sdk = owner.sdk;
  });

  const createUser = async (parameters) =>
    (await sdk.createUsers({ users: [user(parameters)] })).userIds[0];

  const createWallet = (accounts) =>
    sdk.createWallet({ walletName: unique("wallet"), accounts });

  describe("users", () => {
    it("are made with keys, read one by one and together", async () => {
      const key = apiKey();
      const userId = await createUser({ userEmail: "ada@example.org", apiKeys: [key] });
      const { user: read } = await sdk.getUser({ userId });
      assert.equal(read.userId, userId);
      assert.equal(read.userEmail, "ada@example.org");
      assert.deepEqual(ids(read.apiKeys, "apiKeyName"), [key.apiKeyName]);
      assert.deepEqual(read.oauthProviders, []);

      const { users } = await sdk.getUsers();
      assert.ok(ids(users, "userId").includes(userId));
      assert.ok(ids(users, "userId").includes(owner.userId));
    });

    it("change name, e-mail address and telephone number", async () => {
      const userId = await createUser();
      const userName = unique("renamed");
      await sdk.updateUserName({ userId, userName });
      await sdk.updateUserEmail({ userId, userEmail: "grace@example.org" });
      await sdk.updateUserPhoneNumber({ userId, userPhoneNumber: "+31201234567" });
      const { user: read } = await sdk.getUser({ userId });
      assert.equal(read.userName, userName);
      assert.equal(read.userEmail, "grace@example.org");
      assert.equal(read.userPhoneNumber, "+31201234567");
    });

    it("change many members at once", async () => {
      const userId = await createUser();
      const { userTagId } = await sdk.createUserTag({
        userTagName: unique("tag"),
        userIds: [],
      });
      const userName = unique("renamed");
      await sdk.updateUser({ userId, userName, userTagIds: [userTagId] });
      const { user: read } = await sdk.getUser({ userId });
      assert.equal(read.userName, userName);
      assert.deepEqual(read.userTags, [userTagId]);
    });

    it("are deleted, and their keys with them", async () => {
      const key = newApiKey();
      const userId = await createUser({
        apiKeys: [{ ...apiKey(), publicKey: key.publicKey }],
      });
      const theirs = sdkClient(key, owner.organizationId);
      assert.equal((await theirs.getWhoami()).userId, userId);
      assert.deepEqual((await sdk.deleteUsers({ userIds: [userId] })).userIds, [userId]);
      await assert.rejects(sdk.getUser({ userId }), /Turnkey error 5:/);
      await assert.rejects(theirs.getWhoami(), /Turnkey error 16:/);
    });

    it("without policy may read and keep their own keys, and nothing more", async () => {
      const key = newApiKey();
      const userId = await createUser({
        apiKeys: [{ ...apiKey(), publicKey: key.publicKey }],
      });
      const theirs = sdkClient(key, owner.organizationId);
      await theirs.getWallets();
      await theirs.createApiKeys({ userId, apiKeys: [apiKey()] });
      await assert.rejects(
        theirs.createWallet({ walletName: unique("wallet"), accounts: [] }),
        /Turnkey error 7:/,
      );
      await assert.rejects(
        theirs.createApiKeys({ userId: owner.userId, apiKeys: [apiKey()] }),
        /Turnkey error 7:/,
      );
    });
  });

  describe("API keys", () => {
    it("are made, listed, read, used and deleted", async () => {
      const key = newApiKey();
      const userId = await createUser();
      const { apiKeyIds } = await sdk.createApiKeys({
        userId,
        apiKeys: [{ ...apiKey(), publicKey: key.publicKey }],
      });
      const { apiKeys } = await sdk.getApiKeys({ userId });
      assert.deepEqual(ids(apiKeys, "apiKeyId"), apiKeyIds);
      const { apiKey: read } = await sdk.getApiKey({ apiKeyId: apiKeyIds[0] });
      assert.equal(read.credential.publicKey, key.publicKey);
      assert.equal(read.credential.type, "CREDENTIAL_TYPE_API_KEY_P256");

      const theirs = sdkClient(key, owner.organizationId);
      assert.equal((await theirs.getWhoami()).userId, userId);
      const deleted = await sdk.deleteApiKeys({ userId, apiKeyIds });
      assert.deepEqual(deleted.apiKeyIds, apiKeyIds);
      await assert.rejects(theirs.getWhoami(), /Turnkey error 16:/);
    });

    it("expire, and are then refused in the words clients look for", async () => {
      const key = newApiKey();
      const userId = await createUser();
      const expiring = { ...apiKey(), publicKey: key.publicKey, expirationSeconds: "2" };
      await sdk.createApiKeys({ userId, apiKeys: [expiring] });
      const { apiKeys } = await sdk.getApiKeys({ userId });
      assert.equal(apiKeys[0].expirationSeconds, "2");

      const theirs = sdkClient(key, owner.organizationId);
      assert.equal((await theirs.getWhoami()).userId, userId);
      await setTimeout(2_000);
      await assert.rejects(theirs.getWhoami(), (error) => {
        assert.equal(error.code, 16);
        assert.ok(
          error.message.includes("Unauthenticated desc = expired api key publicKey"),
          error.message,
        );
        return true;
      });
    });
  });

  it("shows the passkeys and OAuth providers of a user who has none", async () => {
    const { userId } = owner;
    assert.deepEqual((await sdk.getAuthenticators({ userId })).authenticators, []);
    assert.deepEqual((await sdk.getOauthProviders({ userId })).oauthProviders, []);
  });

  describe("user tags", () => {
    it("are made, listed, renamed, given, taken and deleted", async () => {
      const [first, second] = [await createUser(), await createUser()];
      const made = await sdk.createUserTag({
        userTagName: unique("tag"),
        userIds: [first],
      });
      const newUserTagName = unique("tag");
      await sdk.updateUserTag({
        userTagId: made.userTagId,
        newUserTagName,
        addUserIds: [second],
        removeUserIds: [first],
      });
      const { userTags } = await sdk.listUserTags();
      const tag = userTags.find(({ tagId }) => tagId === made.userTagId);
      assert.equal(tag.tagName, newUserTagName);
      assert.equal(tag.tagType, "TAG_TYPE_USER");
      assert.deepEqual((await sdk.getUser({ userId: first })).user.userTags, []);
      assert.deepEqual((await sdk.getUser({ userId: second })).user.userTags, [
        made.userTagId,
      ]);

      await sdk.deleteUserTags({ userTagIds: [made.userTagId] });
      const left = await sdk.listUserTags();
      assert.ok(!ids(left.userTags, "tagId").includes(made.userTagId));
      assert.deepEqual((await sdk.getUser({ userId: second })).user.userTags, []);
    });
  });

  describe("wallets", () => {
    it("are made, read, listed and renamed", async () => {
      const { walletId } = await createWallet([ethereum()]);
      const walletName = unique("renamed");
      await sdk.updateWallet({ walletId, walletName });
      const { wallet } = await sdk.getWallet({ walletId });
      assert.equal(wallet.walletName, walletName);
      assert.ok(ids((await sdk.getWallets()).wallets, "walletId").includes(walletId));
    });

    it("grow by accounts, which are read by address and by path", async () => {
      const { walletId } = await createWallet([ethereum(0)]);
      const { addresses } = await sdk.createWalletAccounts({
        walletId,
        accounts: [ethereum(1), solana()],
      });
      const { accounts } = await sdk.getWalletAccounts({ walletId });
      assert.equal(accounts.length, 3);

      const { account: byAddress } = await sdk.getWalletAccount({
        walletId,
        address: addresses[0],
      });
      const { account: byPath } = await sdk.getWalletAccount({
        walletId,
        path: ethereum(1).path,
      });
      assert.equal(byAddress.path, ethereum(1).path);
      assert.equal(byPath.address, addresses[0]);
    });

    it("come with their accounts when that is asked", async () => {
      const { walletId } = await createWallet([ethereum()]);
      const { accounts } = await sdk.getWalletAccounts({
        walletId,
        includeWalletDetails: true,
      });
      assert.equal(accounts[0].walletDetails.walletId, walletId);
    });

    it("do not hold the same account twice", async () => {
      const { walletId } = await createWallet([ethereum()]);
      await assert.rejects(
        sdk.createWalletAccounts({ walletId, accounts: [ethereum()] }),
        /Turnkey error 6:/,
      );
    });

    it("lose accounts and are deleted only when that is meant", async () => {
      const { walletId } = await createWallet([ethereum(0), ethereum(1)]);
      const { accounts } = await sdk.getWalletAccounts({ walletId });
      const walletAccountIds = [accounts[0].walletAccountId];
      await sdk.deleteWalletAccounts({ walletAccountIds, deleteWithoutExport: true });
      const left = await sdk.getWalletAccounts({ walletId });
      assert.deepEqual(ids(left.accounts, "walletAccountId"), [
        accounts[1].walletAccountId,
      ]);

      await assert.rejects(sdk.deleteWallets({ walletIds: [walletId] }));
      const deleted = await sdk.deleteWallets({
        walletIds: [walletId],
        deleteWithoutExport: true,
      });
      assert.deepEqual(deleted.walletIds, [walletId]);
      await assert.rejects(sdk.getWallet({ walletId }), /Turnkey error 5:/);
    });
  });

  describe("private keys", () => {
    it("are made with tags, read, listed and deleted", async () => {
      const { privateKeyTagId } = await sdk.createPrivateKeyTag({
        privateKeyTagName: unique("tag"),
        privateKeyIds: [],
      });
      const made = await sdk.createPrivateKeys({
        privateKeys: [
          privateKey("CURVE_SECP256K1", "ADDRESS_FORMAT_ETHEREUM", [privateKeyTagId]),
          privateKey("CURVE_ED25519", "ADDRESS_FORMAT_SOLANA"),
        ],
      });
      const [first, second] = made.privateKeys;
      const { privateKey: read } = await sdk.getPrivateKey({
        privateKeyId: first.privateKeyId,
      });
      assert.equal(read.curve, "CURVE_SECP256K1");
      assert.deepEqual(read.addresses, first.addresses);
      assert.deepEqual(read.privateKeyTags, [privateKeyTagId]);

      const { privateKeys } = await sdk.getPrivateKeys();
      assert.ok(ids(privateKeys, "privateKeyId").includes(second.privateKeyId));
      await sdk.deletePrivateKeys({
        privateKeyIds: [first.privateKeyId],
        deleteWithoutExport: true,
      });
      await assert.rejects(
        sdk.getPrivateKey({ privateKeyId: first.privateKeyId }),
        /Turnkey error 5:/,
      );
    });

    it("are tagged, untagged and their tags deleted", async () => {
      const made = await sdk.createPrivateKeys({
        privateKeys: [privateKey("CURVE_P256", "ADDRESS_FORMAT_COMPRESSED")],
      });
      const [{ privateKeyId }] = made.privateKeys;
      const { privateKeyTagId } = await sdk.createPrivateKeyTag({
        privateKeyTagName: unique("tag"),
        privateKeyIds: [privateKeyId],
      });
      const tagsOf = async () =>
        (await sdk.getPrivateKey({ privateKeyId })).privateKey.privateKeyTags;
      assert.deepEqual(await tagsOf(), [privateKeyTagId]);

      await sdk.updatePrivateKeyTag({
        privateKeyTagId,
        newPrivateKeyTagName: unique("tag"),
        addPrivateKeyIds: [],
        removePrivateKeyIds: [privateKeyId],
      });
      assert.deepEqual(await tagsOf(), []);
      const { privateKeyTags } = await sdk.listPrivateKeyTags({});
      const tag = privateKeyTags.find(({ tagId }) => tagId === privateKeyTagId);
      assert.equal(tag.tagType, "TAG_TYPE_PRIVATE_KEY");

      await sdk.deletePrivateKeyTags({ privateKeyTagIds: [privateKeyTagId] });
      const left = await sdk.listPrivateKeyTags({});
      assert.ok(!ids(left.privateKeyTags, "tagId").includes(privateKeyTagId));
    });
  });

  describe("signing", () => {
    it("signs payloads with a private key named by its id", async () => {
      const made = await sdk.createPrivateKeys({
        privateKeys: [privateKey("CURVE_ED25519", "ADDRESS_FORMAT_COMPRESSED")],
      });
      const [{ privateKeyId, addresses }] = made.privateKeys;
      const how = {
        encoding: "PAYLOAD_ENCODING_TEXT_UTF8",
        hashFunction: "HASH_FUNCTION_NOT_APPLICABLE",
      };
      const one = await sdk.signRawPayload({
        signWith: privateKeyId,
        payload: "één",
        ...how,
      });
      assert.ok(ed25519.verify(one.r + one.s, Buffer.from("één"), addresses[0].address));

      const many = await sdk.signRawPayloads({
        signWith: privateKeyId,
        payloads: ["one", "two"],
        ...how,
      });
      ["one", "two"].forEach((payload, index) => {
        const { r, s } = many.signatures[index];
        assert.ok(ed25519.verify(r + s, Buffer.from(payload), addresses[0].address));
      });
    });

    it("signs a transaction", async () => {
      const { addresses } = await createWallet([ethereum()]);
      const unsigned = serializeTransaction({
        chainId: 1,
        nonce: 0,
        gas: 21_000n,
        to: addresses[0],
        value: 1n,
        maxFeePerGas: 2n,
        maxPriorityFeePerGas: 1n,
      });
      const { signedTransaction } = await sdk.signTransaction({
        signWith: addresses[0],
        unsignedTransaction: unsigned.slice(2),
        type: "TRANSACTION_TYPE_ETHEREUM",
      });
      assert.equal(
        await recoverTransactionAddress({
          serializedTransaction: `0x${signedTransaction}`,
        }),
        addresses[0],
      );
    });

    it("says which digest it wants when it is given none", async () => {
      const { addresses } = await createWallet([bare("CURVE_SECP256K1")]);
      await assert.rejects(
        sdk.signRawPayload({
          signWith: addresses[0],
          payload: "00",
          encoding: "PAYLOAD_ENCODING_HEXADECIMAL",
          hashFunction: "HASH_FUNCTION_NO_OP",
        }),
        /expected a 32-bytes-long digest/,
      );
    });
  });

  describe("the organisation", () => {
    it("is renamed", async () => {
      const organizationName = unique("renamed");
      const renamed = await sdk.updateOrganizationName({ organizationName });
      assert.equal(renamed.organizationName, organizationName);
      assert.equal((await sdk.getWhoami()).organizationName, organizationName);
    });

    it("gains a feature and loses it", async () => {
      const name = "FEATURE_NAME_WEBHOOK";
      const value = "https://example.org/hook";
      const has = async () =>
        (await sdk.getOrganizationConfigs({})).configs.features.filter(
          (f) => f.name === name,
        );
      const set = await sdk.setOrganizationFeature({ name, value });
      assert.ok(
        set.features.some((feature) => feature.name === name && feature.value === value),
      );
      assert.deepEqual(await has(), [{ name, value }]);
      await sdk.removeOrganizationFeature({ name });
      assert.deepEqual(await has(), []);
    });

    it("changes its root quorum, but not to one nobody can reach", async () => {
      const changed = await newOwner();
      const other = newApiKey();
      const { userIds } = await changed.sdk.createUsers({
        users: [user({ apiKeys: [{ ...apiKey(), publicKey: other.publicKey }] })],
      });
      const both = [changed.userId, ...userIds];
      for (const threshold of [0, 3]) {
        await assert.rejects(
          changed.sdk.updateRootQuorum({ threshold, userIds: both }),
          /Turnkey error 3:/,
        );
      }
      await changed.sdk.updateRootQuorum({ threshold: 2, userIds: both });
      const { configs } = await changed.sdk.getOrganizationConfigs({});
      assert.equal(configs.quorum.threshold, 2);
      assert.deepEqual([...configs.quorum.userIds].sort(), [...both].sort());
    });

    it("is deleted by its own root user", async () => {
      const leaving = await newOwner();
      await leaving.sdk.createWallet({
        walletName: unique("wallet"),
        accounts: [ethereum()],
      });
      await assert.rejects(leaving.sdk.deleteSubOrganization({}));
      const gone = await leaving.sdk.deleteSubOrganization({ deleteWithoutExport: true });
      assert.equal(gone.subOrganizationUuid, leaving.organizationId);
      await assert.rejects(leaving.sdk.getWhoami(), /Turnkey error (5|16):/);
    });
  });
});
