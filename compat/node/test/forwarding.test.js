// A request stamped in one place and posted by another: the user's key never leaves the user.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, describe, it } from "node:test";

import { recoverAddress, sha256, toHex } from "viem";

import { ethereum } from "../support/accounts.js";
import { activity, newOwner, unique } from "../support/clients.js";
import { post } from "../support/wire.js";

/** A small backend that takes `{body, stamp, url}` and posts it as it is. */
async function backend() {
  const server = createServer(async (incoming, outgoing) => {
    let text = "";
    for await (const chunk of incoming) text += chunk;
    const answer = await post(JSON.parse(text), { "content-type": "text/plain" });
    outgoing.writeHead(answer.status, { "content-type": "application/json" });
    outgoing.end(answer.text);
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return server;
}

describe("a stamped request that a backend forwards", () => {
  let owner;
  let address;
  let server;
  before(async () => {
    owner = await newOwner();
    const wallet = await owner.sdk.createWallet({
      walletName: unique("wallet"),
      accounts: [ethereum()],
    });
    [address] = wallet.addresses;
    server = await backend();
  });
  after(() => server.close());

  const forward = async (request) => {
    const response = await fetch(`http://127.0.0.1:${server.address().port}`, {
      method: "POST",
      body: JSON.stringify(request),
    });
    return { status: response.status, json: await response.json() };
  };

  const digest = sha256(toHex("forwarded"));
  const stampSignature = () =>
    owner.http.stampSignRawPayload(
      activity("ACTIVITY_TYPE_SIGN_RAW_PAYLOAD_V2", owner.organizationId, {
        signWith: address,
        payload: digest,
        encoding: "PAYLOAD_ENCODING_HEXADECIMAL",
        hashFunction: "HASH_FUNCTION_NO_OP",
      }),
    );

  it("is carried out", async () => {
    const { status, json } = await forward(await stampSignature());
    assert.equal(status, 200);
    assert.equal(json.activity.status, "ACTIVITY_STATUS_COMPLETED");
    const { r, s, v } = json.activity.result.signRawPayloadResult;
    const signature = { r: `0x${r}`, s: `0x${s}`, yParity: parseInt(v, 16) };
    assert.equal(await recoverAddress({ hash: digest, signature }), address);
  });

  it("is refused when the backend changes a single byte", async () => {
    const request = await stampSignature();
    const { status, json } = await forward({ ...request, body: `${request.body}\n` });
    assert.equal(status, 401);
    assert.equal(json.code, 16);
  });

  it("is not carried out twice when the backend repeats it", async () => {
    const request = await stampSignature();
    const first = await forward(request);
    const second = await forward(request);
    assert.equal(second.json.activity.id, first.json.activity.id);
  });
});
