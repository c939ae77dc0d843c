// Further passkeys of an account, asked for with the client's own calls. What it is answered is a
// link besides: a passkey of the account says yes on the page there, which is played in software.

import assert from "node:assert/strict";
import { before, describe, it } from "node:test";

import { url } from "../../node/support/environment.js";
import { newApp, newKey } from "../support/clients.js";
import { Owner } from "../support/owner.js";

const permissions = ["CAN_INITIATE", "CAN_VOTE", "CAN_EXECUTE"];

let app;
before(async () => {
  app = await newApp();
});

/** Somebody with an account. */
async function newOwner() {
  const owner = new Owner();
  await app.submit(owner.answer(app.grid, await app.create()));
  return owner;
}

/** What the page does with a link that binds no key, which the client has no words for. */
async function approve(owner, link) {
  const { origin, hostname, searchParams } = new URL(link);
  const challenge = searchParams.get("challenge");
  const { clientDataJSON, authenticatorData, signature } = owner.passkey.get(
    { publicKey: { challenge, rpId: hostname } },
    { origin },
  ).response;
  const body = JSON.stringify({
    ceremonyType: "auth",
    tenant: searchParams.get("tenant"),
    slotNumber: Number(searchParams.get("slot-num")),
    authenticatorResponse: { response: { clientDataJSON, authenticatorData, signature } },
  });
  const headers = { "Content-Type": "application/json" };
  const door = `${url}/api/grid/v1/passkeys/submit`;
  const answer = await fetch(door, { method: "POST", headers, body });
  return { status: answer.status, ...(await answer.json()) };
}

const asked = (account, address) =>
  app.grid.addPasskey(account, { passkey: { address } }, { admin: true });

const addresses = async (account) => {
  const { data } = await app.grid.getPasskeys(account);
  return data.passkeys.map(({ address }) => address);
};

describe("a further passkey", () => {
  it("joins, acts for the account, and leaves", async () => {
    const [first, backup] = [await newOwner(), await newOwner()];
    const added = await asked(first.account, backup.account);
    assert.equal(added.success, true);
    const { transaction, passkey, threshold, status, expires_at } = added.data;
    const { added_at, ...info } = passkey;
    assert.deepEqual(info, {
      address: backup.account,
      role: "backup",
      permissions,
      provider: "passkey",
    });
    assert.deepEqual({ threshold, status }, { threshold: 1, status: "pending" });
    assert.ok(Date.parse(expires_at) > Date.parse(added_at));
    const document = JSON.parse(Buffer.from(transaction, "base64").toString());
    assert.equal(document.purpose, "add_passkey");
    assert.equal(document.challenge, new URL(added.data.url).searchParams.get("challenge"));

    assert.deepEqual(await addresses(first.account), [first.account]);
    const approved = await approve(first, added.data.url);
    assert.equal(approved.passkeyAccount, first.account);
    assert.deepEqual(await addresses(first.account), [first.account, backup.account]);

    // The client passes a member on that it does not know.
    const key = newKey();
    const link = await app.authorize({ key, account: first.account });
    const session = await app.submit(backup.answer(app.grid, link));
    assert.equal(session.passkey_account, first.account);
    assert.equal(session.session_key.key, key);

    const removed = await app.grid.removePasskey(
      first.account,
      backup.account,
      [newKey()],
      { admin: true },
    );
    assert.equal(removed.success, true);
    assert.equal(removed.data.removed_passkey.address, backup.account);
    const left = await approve(first, removed.data.url);
    assert.equal(left.removed_passkey.address, backup.account);
    assert.deepEqual(await addresses(first.account), [first.account]);
    const late = await app.authorize({ account: first.account });
    await assert.rejects(app.submit(backup.answer(app.grid, late)), {
      name: "AuthorizationError",
      message: "this passkey is none of the account's",
    });
  });

  it("does not let itself in", async () => {
    const [first, stranger] = [await newOwner(), await newOwner()];
    const { data } = await asked(first.account, stranger.account);
    const { status, code } = await approve(stranger, data.url);
    assert.deepEqual({ status, code }, { status: 403, code: "Forbidden" });
    assert.deepEqual(await addresses(first.account), [first.account]);
  });

  it("needs an account of its own", async () => {
    const first = await newOwner();
    const { success, code, error } = await asked(first.account, newKey());
    assert.deepEqual({ success, code }, { success: false, code: "404" });
    assert.equal(error, "no account belongs to this passkey");
  });
});
