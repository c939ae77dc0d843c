// Transactions of the published guide.
//
// A row: what is done, how, the status, and what the title and the details must contain.

import assert from "node:assert/strict";

import { handleOf } from "../authenticator.js";
import { answered, ok } from "../people.js";
import { claimsOf } from "../tokens.js";
import { failed, finished, never, required, unknownChallenge } from "./assertions.js";
import { origin, post, strangers, transactionBody } from "./world.js";

const asked = (world) => transactionBody(world.user);

const transactionBegin = (() => {
  const path = "/transaction/initialize";
  const all = required("user_id", "transaction_id", "transaction_data");
  const but = (differences) => (world) =>
    post(path, { ...asked(world), ...differences })(world);
  const of = (pick) => (world) =>
    post(path, transactionBody({ userId: pick(world) }))(world);
  return [
    [
      "of a user",
      post(path, asked),
      200,
      ({ json: { publicKey } }) => {
        assert.equal(Buffer.from(publicKey.challenge, "base64url").length, 64);
        assert.equal(publicKey.challenge.length, 86);
        assert.equal(publicKey.allowCredentials.length, 1);
      },
    ],
    ["about nothing", post(path, {}), 400, "unable to validate request", all],
    ["without a body", post(path), 400, "unable to validate request", all],
    [
      "without data",
      but({ transaction_data: undefined }),
      400,
      "unable to validate request",
      required("transaction_data"),
    ],
    [
      "with null for data",
      but({ transaction_data: null }),
      400,
      "unable to validate request",
      required("transaction_data"),
    ],
    ["with zero for data", but({ transaction_data: 0 }), 200],
    ["with a list for data", but({ transaction_data: [] }), 200],
    [
      "with a long id",
      but({ transaction_id: "ä".repeat(129) }),
      400,
      "unable to validate request",
      "transaction_id cannot have more than 128 entries",
    ],
    ["with half a body", post(path, "{"), 400, "unable to process request"],
    ["of a user nobody knows", of(() => "nobody"), 404, "unable to find user"],
    [
      "of a user of another tenant",
      of((world) => world.foreigner.userId),
      404,
      "unable to find user",
    ],
    [
      "of a user without a passkey",
      of((world) => world.bare),
      400,
      "user has no suitable credentials for this operation",
    ],
    [
      "of a user with nothing but a second factor",
      of((world) => world.factor.userId),
      400,
      "user has no suitable credentials for this operation",
      "",
    ],
    [
      "twice",
      async (world) => {
        const body = asked(world);
        await ok(post(path, body)(world));
        return post(path, body)(world);
      },
      409,
      "transaction already exists",
      "",
    ],
    [
      "twice, after it was confirmed",
      async (world) => {
        const body = asked(world);
        await ok(finished("/transaction", () => body)(world));
        return post(path, body)(world);
      },
      409,
      "transaction already exists",
      "",
    ],
    ...strangers("POST", path, {}),
  ];
})();

const confirmation = (who, how) => finished("/transaction", asked, who, how);

const transactionFinish = [
  [
    "of a payment",
    confirmation(),
    200,
    ({ json }) => {
      const claims = claimsOf(json.token);
      assert.ok(claims.trans);
      assert.equal(claims.use, "transaction");
    },
  ],
  [
    "the same again",
    async (world) => {
      const body = asked(world);
      const assertion = await answered(
        world.tenant,
        "/transaction",
        body,
        world.user.passkey,
        { origin },
      );
      await ok(world.tenant.call("POST", "/transaction/finalize", assertion));
      return world.tenant.call("POST", "/transaction/finalize", assertion);
    },
    401,
    failed.session,
  ],
  [
    "without a handle, since the user is known",
    confirmation(undefined, { userHandle: null }),
    200,
  ],
  [
    "with a handle nobody knows",
    confirmation(undefined, { userHandle: handleOf("nobody") }),
    401,
    "failed to",
  ],
  ["by a second factor", confirmation((world) => world.factor), 401, failed.assertion],
  ["by another user", confirmation((world) => world.stranger), 401, failed.assertion],
  [
    "without verifying its user",
    confirmation(undefined, { verified: false }),
    401,
    failed.assertion,
  ],
  [
    "with a login's challenge",
    async (world) => {
      const assertion = await answered(
        world.tenant,
        "/login",
        undefined,
        world.user.passkey,
        { origin },
      );
      return world.tenant.call("POST", "/transaction/finalize", assertion);
    },
    401,
    failed.session,
    unknownChallenge,
  ],
  [
    "with a challenge of another tenant",
    async (world) => {
      const body = transactionBody(world.foreigner);
      const assertion = await answered(
        world.other,
        "/transaction",
        body,
        world.foreigner.passkey,
        { origin },
      );
      return world.tenant.call("POST", "/transaction/finalize", assertion);
    },
    401,
    failed.session,
    unknownChallenge,
  ],
  ...never("/transaction", asked, "unable to finish transaction"),
  ...strangers("POST", "/transaction/finalize", {}),
];

const transactionList = [
  [
    "of a user, by the caller's id",
    (world) => world.tenant.call("GET", `/transaction/${world.user.userId}`),
    200,
    ({ json }) => {
      assert.ok(json.length > 0);
      const names = ["created_at", "data", "id", "identifier", "updated_at"];
      assert.deepEqual(Object.keys(json[0]).sort(), names);
    },
  ],
  [
    "of a user who was asked nothing",
    (world) => world.tenant.call("GET", `/transaction/${world.bare}`),
    200,
    ({ json }) => assert.deepEqual(json, []),
  ],
  [
    "of a user of another tenant",
    (world) => world.tenant.call("GET", `/transaction/${world.foreigner.userId}`),
    400,
    "invalid user id",
  ],
  [
    "of nobody",
    (world) => world.tenant.call("GET", "/transaction/nobody"),
    400,
    "invalid user id",
  ],
  ...strangers("GET", "/transaction/nobody"),
];

/** The areas, each with its rows. */
export const transaction = {
  "beginning a transaction": transactionBegin,
  "finishing a transaction": transactionFinish,
  "the list of transactions": transactionList,
};
