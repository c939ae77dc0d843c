// Every version of an activity stays accepted on its path, and answers under its own name.

import assert from "node:assert/strict";
import { before, describe, it } from "node:test";

import { bare } from "../support/accounts.js";
import {
  activity,
  httpClient,
  newApiKey,
  newOwner,
  rootUser,
  unique,
} from "../support/clients.js";
import { organizationId } from "../support/environment.js";

/** An API key as it was before it named its curve. */
const plainKey = () => ({ apiKeyName: unique("key"), publicKey: newApiKey().publicKey });

const key = () => ({ ...plainKey(), curveType: "API_KEY_CURVE_P256" });

async function submit(client, method, type, organization, parameters) {
  const answer = await client[method](activity(type, organization, parameters));
  assert.equal(answer.activity.type, type);
  assert.equal(answer.activity.status, "ACTIVITY_STATUS_COMPLETED");
  return answer.activity;
}

/** The only member of the result, which must have this name. */
function resultOf({ result }, name) {
  assert.deepEqual(Object.keys(result), [name]);
  return result[name];
}

describe("sub-organisations in every version", () => {
  const oldUser = () => ({
    userName: unique("owner"),
    apiKeys: [plainKey()],
    authenticators: [],
  });
  const oauthProviders = [];
  const wallet = { walletName: "first", accounts: [bare("CURVE_ED25519")] };
  const privateKeys = [
    {
      privateKeyName: "first",
      curve: "CURVE_ED25519",
      privateKeyTags: [],
      addressFormats: ["ADDRESS_FORMAT_SOLANA"],
    },
  ];
  const versions = {
    V2: { user: oldUser, result: "createSubOrganizationResult" },
    V3: { user: oldUser, more: { privateKeys }, result: "createSubOrganizationResultV3" },
    V4: { user: oldUser, more: { wallet }, result: "createSubOrganizationResultV4" },
    V5: {
      user: () => ({ ...oldUser(), oauthProviders }),
      more: { wallet },
      result: "createSubOrganizationResultV5",
    },
    V6: {
      user: () => rootUser(newApiKey()),
      more: { wallet },
      result: "createSubOrganizationResultV6",
    },
    V7: {
      user: () => rootUser(newApiKey()),
      more: { wallet, disableEmailAuth: true },
      result: "createSubOrganizationResultV7",
    },
    V8: {
      user: () => rootUser(newApiKey()),
      more: { wallet, disableEmailAuth: true },
      result: "createSubOrganizationResultV8",
    },
  };

  for (const [version, { user, more, result }] of Object.entries(versions)) {
    it(`are made by ${version}`, async () => {
      const type = `ACTIVITY_TYPE_CREATE_SUB_ORGANIZATION_${version}`;
      const parameters = {
        subOrganizationName: unique("child"),
        rootUsers: [user()],
        rootQuorumThreshold: 1,
        ...more,
      };
      const root = httpClient();
      const done = await submit(
        root,
        "createSubOrganization",
        type,
        organizationId,
        parameters,
      );
      const made = resultOf(done, result);
      const { users } = await root.getUsers({ organizationId: made.subOrganizationId });
      assert.equal(users[0].userName, parameters.rootUsers[0].userName);
      assert.deepEqual(made.rootUserIds, [users[0].userId]);
      assert.equal(made.wallet?.addresses.length, more?.wallet && 1);
      assert.equal(made.privateKeys?.length, more?.privateKeys && 1);
    });
  }
});

describe("in a sub-organisation, every version", () => {
  let owner;
  let signing;
  before(async () => {
    owner = await newOwner();
    const made = await owner.sdk.createPrivateKeys({
      privateKeys: [privateKey("CURVE_SECP256K1", "ADDRESS_FORMAT_ETHEREUM")],
    });
    signing = made.privateKeys[0].privateKeyId;
  });

  const run = (method, type, parameters) =>
    submit(owner.http, method, type, owner.organizationId, parameters);

  const privateKey = (curve, addressFormat) => ({
    privateKeyName: unique("private key"),
    curve,
    privateKeyTags: [],
    addressFormats: [addressFormat],
  });

  const name = () => ({ userName: unique("user"), authenticators: [], userTags: [] });

  for (const [type, user] of Object.entries({
    CREATE_USERS: () => ({
      ...name(),
      accessType: "ACCESS_TYPE_API",
      apiKeys: [plainKey()],
    }),
    CREATE_USERS_V2: () => ({ ...name(), apiKeys: [plainKey()] }),
    CREATE_USERS_V3: () => ({ ...name(), apiKeys: [key()], oauthProviders: [] }),
    CREATE_USERS_V4: () => ({ ...name(), apiKeys: [key()], oauthProviders: [] }),
  })) {
    it(`of ${type} makes users with keys`, async () => {
      const done = await run("createUsers", `ACTIVITY_TYPE_${type}`, { users: [user()] });
      const [userId] = resultOf(done, "createUsersResult").userIds;
      const { apiKeys } = await owner.sdk.getApiKeys({ userId });
      assert.equal(apiKeys[0].credential.type, "CREDENTIAL_TYPE_API_KEY_P256");
    });
  }

  for (const [type, make] of Object.entries({
    CREATE_API_KEYS: plainKey,
    CREATE_API_KEYS_V2: key,
  })) {
    it(`of ${type} registers keys`, async () => {
      const parameters = { userId: owner.userId, apiKeys: [make()] };
      const done = await run("createApiKeys", `ACTIVITY_TYPE_${type}`, parameters);
      assert.equal(resultOf(done, "createApiKeysResult").apiKeyIds.length, 1);
    });
  }

  it("of CREATE_PRIVATE_KEYS makes private keys", async () => {
    const parameters = {
      privateKeys: [privateKey("CURVE_ED25519", "ADDRESS_FORMAT_SOLANA")],
    };
    const first = await run(
      "createPrivateKeys",
      "ACTIVITY_TYPE_CREATE_PRIVATE_KEYS",
      parameters,
    );
    assert.equal(resultOf(first, "createPrivateKeysResult").privateKeyIds.length, 1);
  });

  it("of SIGN_RAW_PAYLOAD signs", async () => {
    const how = {
      payload: "00".repeat(32),
      encoding: "PAYLOAD_ENCODING_HEXADECIMAL",
      hashFunction: "HASH_FUNCTION_NO_OP",
    };
    const first = await run("signRawPayload", "ACTIVITY_TYPE_SIGN_RAW_PAYLOAD", {
      privateKeyId: signing,
      ...how,
    });
    const second = await run("signRawPayload", "ACTIVITY_TYPE_SIGN_RAW_PAYLOAD_V2", {
      signWith: signing,
      ...how,
    });
    // Deterministic nonces: the same key signs the same digest alike.
    assert.deepEqual(
      resultOf(first, "signRawPayloadResult"),
      resultOf(second, "signRawPayloadResult"),
    );
  });

  it("of SIGN_TRANSACTION signs", async () => {
    const transaction = {
      // A pre-EIP-155 transaction of zeros.
      unsignedTransaction: "c6808080808080",
      type: "TRANSACTION_TYPE_ETHEREUM",
    };
    const first = await run("signTransaction", "ACTIVITY_TYPE_SIGN_TRANSACTION", {
      privateKeyId: signing,
      ...transaction,
    });
    const second = await run("signTransaction", "ACTIVITY_TYPE_SIGN_TRANSACTION_V2", {
      signWith: signing,
      ...transaction,
    });
    assert.deepEqual(
      resultOf(first, "signTransactionResult"),
      resultOf(second, "signTransactionResult"),
    );
  });
});
