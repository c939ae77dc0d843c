// Two owners who must agree: held, approved, rejected.

import assert from "node:assert/strict";
import { before, describe, it } from "node:test";

import { createActivityPoller, TurnkeyActivityError } from "@turnkey/http";
import { createAccount, isTurnkeyActivityConsensusNeededError } from "@turnkey/viem";
import { verifyMessage } from "ethers";

import { ethereum } from "../support/accounts.js";
import {
  activity,
  httpClient,
  newApiKey,
  newSubOrganization,
  rootUser,
  sdkClient,
  unique,
} from "../support/clients.js";

describe("an activity that needs two owners", () => {
  const keys = [newApiKey(), newApiKey()];
  let organizationId;
  let address;
  let first;
  let second;
  before(async () => {
    const made = await newSubOrganization(
      keys.map((key) => rootUser(key)),
      {
        threshold: 2,
        wallet: { walletName: "shared", accounts: [ethereum()] },
      },
    );
    organizationId = made.subOrganizationId;
    [address] = made.wallet.addresses;
    [first, second] = keys.map((key) => sdkClient(key, organizationId));
  });

  const propose = () => first.createUserTag({ userTagName: unique("tag"), userIds: [] });

  it("waits after the first", async () => {
    const { activity: held } = await propose();
    assert.equal(held.status, "ACTIVITY_STATUS_CONSENSUS_NEEDED");
    assert.equal(held.votes.length, 1);
    const { activity: read } = await second.getActivity({ activityId: held.id });
    assert.equal(read.canApprove, true);
    assert.equal(read.canReject, true);
  });

  it("is carried out when the second approves", async () => {
    const { activity: held } = await propose();
    const { activity: done } = await second.approveActivity({
      fingerprint: held.fingerprint,
    });
    assert.equal(done.id, held.id);
    assert.equal(done.status, "ACTIVITY_STATUS_COMPLETED");
    const { userTags } = await first.listUserTags();
    const { userTagId } = done.result.createUserTagResult;
    assert.ok(userTags.some((tag) => tag.tagId === userTagId));
  });

  it("is not carried out by the first approving twice", async () => {
    const { activity: held } = await propose();
    await first.approveActivity({ fingerprint: held.fingerprint }).catch(() => {});
    const { activity: read } = await first.getActivity({ activityId: held.id });
    assert.equal(read.status, "ACTIVITY_STATUS_CONSENSUS_NEEDED");
  });

  it("ends when the second rejects", async () => {
    const { activity: held } = await propose();
    const { activity: ended } = await second.rejectActivity({
      fingerprint: held.fingerprint,
    });
    assert.equal(ended.id, held.id);
    assert.equal(ended.status, "ACTIVITY_STATUS_REJECTED");
    await second.approveActivity({ fingerprint: held.fingerprint }).catch(() => {});
    const { activity: read } = await first.getActivity({ activityId: held.id });
    assert.equal(read.status, "ACTIVITY_STATUS_REJECTED");
  });

  it("is told apart by createActivityPoller", async () => {
    const client = httpClient(keys[0]);
    const poll = createActivityPoller({ client, requestFn: client.createUserTag });
    const body = activity("ACTIVITY_TYPE_CREATE_USER_TAG", organizationId, {
      userTagName: unique("tag"),
      userIds: [],
    });
    await assert.rejects(poll(body), (error) => {
      assert.ok(error instanceof TurnkeyActivityError);
      assert.equal(error.activityStatus, "ACTIVITY_STATUS_CONSENSUS_NEEDED");
      return true;
    });
  });

  it("is told apart by viem, and its signature is there once approved", async () => {
    const account = await createAccount({
      client: httpClient(keys[0]),
      organizationId,
      signWith: address,
    });
    const error = await account
      .signMessage({ message: "both of us" })
      .catch((error) => error);
    assert.ok(isTurnkeyActivityConsensusNeededError(error), `${error}`);

    const { activity: held } = await second.getActivity({ activityId: error.activityId });
    const { activity: done } = await second.approveActivity({
      fingerprint: held.fingerprint,
    });
    const { r, s, v } = done.result.signRawPayloadResult;
    const signature = { r: `0x${r}`, s: `0x${s}`, yParity: parseInt(v, 16) };
    assert.equal(verifyMessage("both of us", signature), address);
  });

  it("cannot be approved under a fingerprint that names nothing", async () => {
    await assert.rejects(
      second.approveActivity({ fingerprint: `sha256:${"00".repeat(32)}` }),
      /No activity found with fingerprint/,
    );
  });
});
