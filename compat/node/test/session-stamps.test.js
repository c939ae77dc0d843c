// @turnkey/http with the key of a passkey session, by the stamper for Solana wallets.

import assert from "node:assert/strict";
import { createPublicKey, randomBytes } from "node:crypto";
import { before, describe, it } from "node:test";

import { TurnkeyClient } from "@turnkey/http";
import { WalletStamper, WalletType } from "@turnkey/wallet-stamper";
import nacl from "tweetnacl";

import { activity, newSubOrganization, unique } from "../support/clients.js";
import { url } from "../support/environment.js";
import { newTenant } from "../support/tenants/admin.js";
import { Passkey } from "../support/tenants/authenticator.js";
import { call } from "../support/tenants/http.js";

/** The server's own pages, by its name: browsers have no passkeys for bare IP addresses. */
const origin = url.replace("//127.0.0.1", "//localhost");
const rpId = "localhost";

/** A session key, as a Solana wallet holds one. */
function newKey() {
  const pair = nacl.sign.keyPair();
  const hex = (bytes) => Buffer.from(bytes).toString("hex");
  const wallet = {
    type: WalletType.Solana,
    signMessage: async (message) =>
      hex(nacl.sign.detached(Buffer.from(message), pair.secretKey)),
    getPublicKey: async () => hex(pair.publicKey),
  };
  return {
    bytes: Array.from(pair.publicKey),
    client: new TurnkeyClient({ baseUrl: url }, new WalletStamper(wallet)),
  };
}

/** Who has this passkey and nothing else. */
function holder(passkey) {
  const challenge = randomBytes(32).toString("base64url");
  const user = { id: "AA" };
  const made = passkey.create(
    { publicKey: { user, challenge, rp: { id: rpId } } },
    { origin },
  );
  const attestation = {
    credentialId: made.id,
    clientDataJson: made.response.clientDataJSON,
    attestationObject: made.response.attestationObject,
    transports: ["AUTHENTICATOR_TRANSPORT_INTERNAL"],
  };
  return {
    userName: unique("owner"),
    apiKeys: [],
    authenticators: [{ authenticatorName: "phone", challenge, attestation }],
    oauthProviders: [],
  };
}

describe("the key of a passkey session", () => {
  const passkey = new Passkey();
  let organization;
  let tenant;
  let account;

  const grid = async (method, path, body) => {
    const headers = {
      authorization: `Bearer ${tenant.apiKey}`,
      "x-grid-environment": "sandbox",
    };
    const answer = await call(method, `${url}/api/grid/v1${path}`, body, headers);
    assert.equal(answer.status, 200, answer.text);
    return answer.json;
  };

  /** Opens a session for a key and answers it, as a page would. */
  const bind = async (kind, key, activities) => {
    const opened = await grid("POST", kind === "create" ? "/passkeys" : "/passkeys/auth", {
      sessionKey: { key: key.bytes, expiration: 900, scope: { activities } },
    });
    const challenge = new URL(opened.url).searchParams.get("challenge");
    const made = passkey.get({ publicKey: { challenge, rpId } }, { origin, userHandle: null });
    const der = { type: "spki", format: "der" };
    const publicKey = createPublicKey(passkey.privateKey).export(der).toString("base64url");
    return grid("POST", "/passkeys/submit", {
      ceremonyType: kind,
      authenticatorResponse: { ...made, response: { ...made.response, publicKey } },
    });
  };

  const sign = (key) =>
    key.client.signRawPayload(
      activity("ACTIVITY_TYPE_SIGN_RAW_PAYLOAD_V2", organization.subOrganizationId, {
        signWith: organization.wallet.addresses[0],
        payload: randomBytes(32).toString("hex"),
        encoding: "PAYLOAD_ENCODING_HEXADECIMAL",
        hashFunction: "HASH_FUNCTION_NO_OP",
      }),
    );

  before(async () => {
    const accounts = [
      {
        curve: "CURVE_SECP256K1",
        pathFormat: "PATH_FORMAT_BIP32",
        path: "m/44'/60'/0'/0/0",
        addressFormat: "ADDRESS_FORMAT_ETHEREUM",
      },
    ];
    const wallet = { walletName: "first", accounts };
    organization = await newSubOrganization([holder(passkey)], { wallet });
    const sessions = { organizations: [organization.subOrganizationId] };
    tenant = await newTenant({ origins: [origin], zegel: { sessions } });
  });

  it("signs as the owner of the passkey, and does nothing else", async () => {
    const key = newKey();
    const organizationId = organization.subOrganizationId;
    const bound = await bind("create", key, { organizationId });
    account = bound.address;
    const who = await key.client.getWhoami({ organizationId });
    assert.equal(who.userId, organization.rootUserIds[0]);
    const { activity: done } = await sign(key);
    assert.equal(done.status, "ACTIVITY_STATUS_COMPLETED");
    assert.equal(done.result.signRawPayloadResult.r.length, 64);
    const wallet = activity("ACTIVITY_TYPE_CREATE_WALLET", organizationId, {
      walletName: unique("second"),
      accounts: [],
    });
    await assert.rejects(key.client.createWallet(wallet), /a session's key may not send/);
  });

  it("signs no more once it was taken away", async () => {
    const key = newKey();
    const types = ["ACTIVITY_TYPE_SIGN_RAW_PAYLOAD_V2"];
    await bind("auth", key, { organizationId: organization.subOrganizationId, types });
    await sign(key);
    await grid("DELETE", `/passkeys/account/${account}/session`);
    await assert.rejects(sign(key), /expired api key/);
  });

  it("signs nothing where it was not asked to", async () => {
    const key = newKey();
    await bind("auth", key, undefined);
    await assert.rejects(sign(key), /could not find public key/);
  });
});
