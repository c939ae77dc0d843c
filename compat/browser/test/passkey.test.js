// A person with a passkey in a real browser, on a page of another origin than zegel's.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import {
  keccak256,
  parseTransaction,
  recoverAddress,
  recoverMessageAddress,
  recoverTransactionAddress,
  serializeTransaction,
  toHex,
} from "viem";

import { root, startApp } from "../support/app.js";
import { launch } from "../support/browser.js";

const submitted = (activity) => {
  assert.equal(activity.refused, undefined, JSON.stringify(activity.refused));
  assert.equal(activity.status, "ACTIVITY_STATUS_COMPLETED");
  return activity;
};

const payload = (text) => ({
  payload: keccak256(toHex(text)),
  encoding: "PAYLOAD_ENCODING_HEXADECIMAL",
  hashFunction: "HASH_FUNCTION_NO_OP",
});

const signer = ({ r, s, v }, hash) =>
  recoverAddress({
    hash,
    signature: { r: `0x${r}`, s: `0x${s}`, yParity: parseInt(v, 16) },
  });

describe("a person who signs up with a passkey", () => {
  let app;
  let browser;
  let person;
  let account;
  before(async () => {
    app = await startApp();
    browser = await launch();
    person = await browser.person(app.origin);
    account = await person.call("signUp");
  });
  after(async () => {
    await browser?.close();
    app?.stop();
  });

  /** With the passkey named, since the authenticator may come to hold more than one. */
  const submit = (kind, method, type, parameters) =>
    person.call(
      "submit",
      kind,
      method,
      type,
      account.organizationId,
      parameters,
      account.credentialId,
    );

  it("owns the sub-organisation the backend made", async () => {
    const who = await person.call("whoami", "passkey", account.organizationId);
    assert.equal(who.organizationId, account.organizationId);
    assert.equal(who.userId, account.userId);

    const { authenticators } = await root.getAuthenticators({
      organizationId: account.organizationId,
      userId: account.userId,
    });
    assert.equal(authenticators.length, 1);
    assert.equal(authenticators[0].credentialId, account.credentialId);
    assert.deepEqual(authenticators[0].transports, ["AUTHENTICATOR_TRANSPORT_INTERNAL"]);
    assert.equal(
      authenticators[0].credential.type,
      "CREDENTIAL_TYPE_WEBAUTHN_AUTHENTICATOR",
    );
  });

  it("is found again by the backend when the passkey comes back", async () => {
    const { organizationIds } = await root.getSubOrgIds({
      filterType: "CREDENTIAL_ID",
      filterValue: account.credentialId,
    });
    assert.deepEqual(organizationIds, [account.organizationId]);
  });

  it("signs a transaction", async () => {
    const transaction = {
      chainId: 1,
      nonce: 0,
      gas: 21_000n,
      to: "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
      value: 1_000_000_000_000_000n,
      maxFeePerGas: 30_000_000_000n,
      maxPriorityFeePerGas: 1_000_000_000n,
    };
    const done = submitted(
      await submit("passkey", "signTransaction", "ACTIVITY_TYPE_SIGN_TRANSACTION_V2", {
        signWith: account.address,
        unsignedTransaction: serializeTransaction(transaction).slice(2),
        type: "TRANSACTION_TYPE_ETHEREUM",
      }),
    );
    const serializedTransaction = `0x${done.result.signTransactionResult.signedTransaction}`;
    assert.equal(
      await recoverTransactionAddress({ serializedTransaction }),
      account.address,
    );
    const signed = parseTransaction(serializedTransaction);
    assert.equal(signed.value, transaction.value);
    assert.equal(signed.to.toLowerCase(), transaction.to.toLowerCase());
  });

  it("signs a message through viem, with one touch", async () => {
    const message = "hello, wereld";
    const signature = await person.call(
      "signMessage",
      "passkey",
      account.organizationId,
      account.address,
      message,
    );
    assert.equal(await recoverMessageAddress({ message, signature }), account.address);
  });

  it("stamps in the page what the backend then posts", async () => {
    const parameters = { signWith: account.address, ...payload("forwarded") };
    const { activity } = await person.call(
      "signThroughBackend",
      account.organizationId,
      parameters,
    );
    const result = submitted(activity).result.signRawPayloadResult;
    assert.equal(await signer(result, parameters.payload), account.address);
  });

  it("registers this browser's own key and signs with it, also after a reload", async () => {
    const publicKey = await person.call("sessionPublicKey");
    const unknown = await person.call("whoami", "session", account.organizationId);
    assert.equal(unknown.refused.code, 16);

    submitted(
      await submit("passkey", "createApiKeys", "ACTIVITY_TYPE_CREATE_API_KEYS_V2", {
        userId: account.userId,
        apiKeys: [
          {
            apiKeyName: "this browser",
            publicKey,
            curveType: "API_KEY_CURVE_P256",
            expirationSeconds: "900",
          },
        ],
      }),
    );
    await person.reload();
    assert.equal(await person.call("sessionPublicKey"), publicKey);
    const message = "no touch needed";
    const signature = await person.call(
      "signMessage",
      "session",
      account.organizationId,
      account.address,
      message,
    );
    assert.equal(await recoverMessageAddress({ message, signature }), account.address);
  });

  it("adds a second passkey with the first, uses it and removes it", async () => {
    const spare = await person.call("createPasskey", "Spare passkey");
    const added = submitted(
      await submit(
        "passkey",
        "createAuthenticators",
        "ACTIVITY_TYPE_CREATE_AUTHENTICATORS_V2",
        {
          userId: account.userId,
          authenticators: [spare],
        },
      ),
    );
    const { authenticatorIds } = added.result.createAuthenticatorsResult;
    const { credentialId } = spare.attestation;
    const withSpare = () =>
      person.call("whoami", "passkey", account.organizationId, credentialId);
    assert.equal((await withSpare()).userId, account.userId);

    submitted(
      await submit(
        "passkey",
        "deleteAuthenticators",
        "ACTIVITY_TYPE_DELETE_AUTHENTICATORS",
        {
          userId: account.userId,
          authenticatorIds,
        },
      ),
    );
    assert.equal((await withSpare()).refused.code, 16);
  });

  it("does not register the same passkey twice", async () => {
    const passkey = await person.call("createPasskey", "Another passkey");
    const register = () =>
      submit("passkey", "createAuthenticators", "ACTIVITY_TYPE_CREATE_AUTHENTICATORS_V2", {
        userId: account.userId,
        authenticators: [passkey],
      });
    submitted(await register());
    assert.ok((await register()).refused, "the same passkey was registered twice");
  });
});

describe("passkeys of other kinds", () => {
  let app;
  let browser;
  before(async () => {
    app = await startApp();
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
    app?.stop();
  });

  const kinds = {
    "with RSA (RS256)": { algorithms: [-257] },
    "with Ed25519 (EdDSA)": { algorithms: [-8] },
    "that cannot verify their user": {
      authenticator: { hasUserVerification: false, isUserVerified: false },
    },
    "synced between devices": {
      authenticator: { defaultBackupEligibility: true, defaultBackupState: true },
    },
  };
  for (const [name, { algorithms, authenticator }] of Object.entries(kinds)) {
    it(`sign too: ${name}`, async () => {
      const person = await browser.person(app.origin, authenticator);
      const account = await person.call("signUp", algorithms);
      const { organizationId, address, credentialId } = account;
      const message = name;
      const signature = await person.call(
        "signMessage",
        "passkey",
        organizationId,
        address,
        message,
        credentialId,
      );
      assert.equal(await recoverMessageAddress({ message, signature }), address);
    });
  }
});

describe("somebody else's passkey", () => {
  let app;
  let browser;
  let people;
  let accounts;
  before(async () => {
    app = await startApp();
    browser = await launch();
    people = [await browser.person(app.origin), await browser.person(app.origin)];
    accounts = [await people[0].call("signUp"), await people[1].call("signUp")];
  });
  after(async () => {
    await browser?.close();
    app?.stop();
  });

  it("is refused in this sub-organisation, in words the page can read", async () => {
    const [stranger] = people;
    const [{ credentialId }, { organizationId }] = accounts;
    const { refused } = await stranger.call("whoami", "passkey", organizationId);
    assert.equal(refused.code, 16);
    assert.ok(
      refused.message.includes(
        "credential ID could not be found in organization or its parent organization",
      ),
      refused.message,
    );
    assert.ok(refused.message.includes(credentialId));
  });

  it("does not sign here", async () => {
    const [stranger] = people;
    const [, victim] = accounts;
    const { refused } = await stranger.call(
      "submit",
      "passkey",
      "signRawPayload",
      "ACTIVITY_TYPE_SIGN_RAW_PAYLOAD_V2",
      victim.organizationId,
      { signWith: victim.address, ...payload("stolen") },
    );
    assert.equal(refused.code, 16);
  });
});

describe("the origins a parent lists", () => {
  const name = "FEATURE_NAME_WEBAUTHN_ORIGINS";
  let app;
  let browser;
  let person;
  let account;
  before(async () => {
    app = await startApp();
    browser = await launch();
    person = await browser.person(app.origin);
    account = await person.call("signUp");
  });
  after(async () => {
    await root.removeOrganizationFeature({ name }).catch(() => {});
    await browser?.close();
    app?.stop();
  });

  const whoami = () => person.call("whoami", "passkey", account.organizationId);

  it("let a passkey in, and no passkey from elsewhere", async () => {
    await root.setOrganizationFeature({ name, value: "https://elsewhere.example" });
    assert.equal((await whoami()).refused?.code, 16);

    await root.setOrganizationFeature({
      name,
      value: `https://elsewhere.example,${app.origin}`,
    });
    assert.equal((await whoami()).userId, account.userId);

    await root.removeOrganizationFeature({ name });
    assert.equal((await whoami()).userId, account.userId);
  });
});
