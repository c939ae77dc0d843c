// What the clients show when the server says no.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { before, describe, it } from "node:test";

import { TurnkeyRequestError } from "@turnkey/http";

import { activity, httpClient, newApiKey, newOwner, unique } from "../support/clients.js";
import { organizationId, url } from "../support/environment.js";
import { post } from "../support/wire.js";

/** Awaits the refusal and checks the shape every client relies on. */
async function refusal(promise) {
  const error = await promise.then(
    (answer) => assert.fail(`was answered: ${JSON.stringify(answer)}`),
    (error) => error,
  );
  assert.ok(error instanceof TurnkeyRequestError, `${error}`);
  assert.equal(typeof error.code, "number");
  assert.match(error.message, /^Turnkey error \d+: ./);
  assert.ok(Array.isArray(error.details));
  return error;
}

const whoami = (client, organization) => client.getWhoami({ organizationId: organization });

describe("a refusal", () => {
  let owner;
  before(async () => {
    owner = await newOwner();
  });

  it("of an unknown key names the key and the organisation, in the words clients look for", async () => {
    const stranger = newApiKey();
    const error = await refusal(whoami(httpClient(stranger), organizationId));
    assert.equal(error.code, 16);
    assert.ok(
      error.message.includes(
        "could not find public key in organization or its parent organization",
      ),
      error.message,
    );
    assert.ok(error.message.includes(organizationId));
    assert.ok(error.message.includes(stranger.publicKey));
  });

  it("does not tell another's organisation from one that does not exist", async () => {
    const other = await newOwner();
    const nowhere = randomUUID();
    const foreign = await refusal(whoami(owner.http, other.organizationId));
    const absent = await refusal(whoami(owner.http, nowhere));
    assert.equal(foreign.code, absent.code);
    assert.equal(
      foreign.message.replaceAll(other.organizationId, "ORGANISATION"),
      absent.message.replaceAll(nowhere, "ORGANISATION"),
    );
  });

  it("does not tell another's wallet from one that does not exist", async () => {
    const other = await newOwner();
    const { walletId } = await other.sdk.createWallet({
      walletName: unique("wallet"),
      accounts: [],
    });
    const nowhere = randomUUID();
    const get = (id) =>
      owner.http.getWallet({ organizationId: owner.organizationId, walletId: id });
    const foreign = await refusal(get(walletId));
    const absent = await refusal(get(nowhere));
    assert.equal(foreign.code, 5);
    assert.equal(absent.code, 5);
    assert.equal(
      foreign.message.replaceAll(walletId, "WALLET"),
      absent.message.replaceAll(nowhere, "WALLET"),
    );
  });

  it("of a malformed organisation id is a bad request", async () => {
    const error = await refusal(whoami(owner.http, "not-an-id"));
    assert.equal(error.code, 3);
  });

  it("of parameters that cannot be read is a bad request", async () => {
    const body = activity("ACTIVITY_TYPE_CREATE_WALLET", owner.organizationId, {
      walletName: 7,
    });
    assert.equal((await refusal(owner.http.createWallet(body))).code, 3);
  });

  it("of a type on the wrong path is a bad request", async () => {
    const body = activity("ACTIVITY_TYPE_DELETE_SUB_ORGANIZATION", owner.organizationId, {
      deleteWithoutExport: true,
    });
    assert.equal((await refusal(owner.http.createWallet(body))).code, 3);
  });

  it("of a request from another hour is a bad request", async () => {
    const body = activity("ACTIVITY_TYPE_CREATE_WALLET", owner.organizationId, {
      walletName: unique("wallet"),
      accounts: [],
    });
    for (const offset of [-2 * 3600_000, 2 * 3600_000]) {
      const timestampMs = String(Date.now() + offset);
      const error = await refusal(owner.http.createWallet({ ...body, timestampMs }));
      assert.equal(error.code, 3);
    }
  });

  it("of an operation that is not served still is an answer the client can read", async () => {
    const error = await refusal(
      owner.sdk.getTvcApps({ organizationId: owner.organizationId }).catch((error) => {
        // sdk-server has a class of its own with the same name and members.
        throw Object.setPrototypeOf(error, TurnkeyRequestError.prototype);
      }),
    );
    assert.ok([5, 12].includes(error.code), `${error.code}`);
  });

  it("of a stamp has a JSON body and a content type without parameters", async () => {
    const request = await owner.http.stampGetWhoami({
      organizationId: owner.organizationId,
    });
    const stamped = (stampHeaderValue, stampHeaderName = "X-Stamp") =>
      post({ ...request, stamp: { stampHeaderName, stampHeaderValue } });
    const forged = JSON.parse(Buffer.from(request.stamp.stampHeaderValue, "base64url"));
    forged.publicKey = newApiKey().publicKey;
    const refusals = {
      missing: await stamped("", "X-Other"),
      broken: await stamped("AAAA"),
      forged: await stamped(Buffer.from(JSON.stringify(forged)).toString("base64url")),
      altered: await post({ ...request, body: `${request.body} ` }),
    };
    for (const [name, answer] of Object.entries(refusals)) {
      const [status, code] = name === "broken" ? [400, 3] : [401, 16];
      assert.equal(answer.status, status, name);
      assert.equal(answer.json.code, code, name);
      assert.equal(answer.contentType, "application/json", name);
      assert.equal(typeof answer.json.message, "string", name);
    }
  });

  it("of an unknown path is 404 with a JSON body", async () => {
    const request = await owner.http.stampGetWhoami({
      organizationId: owner.organizationId,
    });
    const answer = await post({ ...request, url: `${url}/public/v1/query/nothing_here` });
    assert.equal(answer.status, 404);
    assert.equal(answer.contentType, "application/json");
    assert.equal(answer.json.code, 5);
  });
});
