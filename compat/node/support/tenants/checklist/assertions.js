// What every answer with an assertion has in common.

import { Passkey, forged } from "../authenticator.js";
import { ok } from "../people.js";
import { origin, post } from "./world.js";

/** Somebody with a passkey, as a ceremony names them. */
export const named = (world) => ({ user_id: world.user.userId });

/** The message of validation for these members, in this order. */
export const required = (...names) =>
  names.map((name) => `${name} is a required field`).join(" and ");

/** The words for a user who has nothing to answer with. */
export const bare = "Found no credentials for user";

/** The titles of refusals. */
export const failed = {
  session: "failed to get session data",
  assertion: "failed to validate assertion",
};
/** The details for a challenge that is not there, or not any more. */
export const unknownChallenge = "received challenge does not match with any stored one";

/** Begins with `body`, answers as `who` does, and finishes, all under `path`. */
export const finished =
  (path, body, who = (world) => world.user, how = {}, options) =>
  async (world) => {
    const begun = await ok(
      world.tenant.call("POST", `${path}/initialize`, body && body(world)),
    );
    const chosen = typeof how === "function" ? how(world) : how;
    const assertion = who(world).passkey.get(begun, { origin, ...chosen });
    const sent = chosen.change ? chosen.change(assertion) : assertion;
    return world.tenant.call("POST", `${path}/finalize`, sent, options);
  };

const unregistered = () => ({ passkey: new Passkey() });

/** What no ceremony with an assertion accepts. */
export const never = (path, body, unreadable) => {
  const attempt = (how, who) => finished(path, body, who, how);
  const without = (member) => ({
    change: (it) => {
      delete it[member];
      return it;
    },
  });
  const send = (text) => post(`${path}/finalize`, text);
  return [
    [
      "from another page",
      attempt({ origin: "http://localhost:3001" }),
      401,
      failed.assertion,
      "Error validating origin",
    ],
    [
      "from a page whose name begins alike",
      attempt({ origin: `${origin}.evil.example` }),
      401,
      failed.assertion,
      "origin",
    ],
    ["for another relying party", attempt({ rpId: "example.com" }), 401, failed.assertion],
    ["that is a registration", attempt({ type: "webauthn.create" }), 401, failed.assertion],
    ["that is a payment", attempt({ type: "payment.get" }), 401, failed.assertion],
    ["without its user", attempt({ present: false }), 401, failed.assertion],
    [
      "with a signature that is none",
      attempt({ change: forged }),
      401,
      failed.assertion,
      "Error validating the assertion signature",
    ],
    [
      "by a passkey nobody registered",
      attempt((world) => ({ userHandle: world.user.passkey.userHandle }), unregistered),
      401,
      failed.assertion,
      "Unable to find the credential",
    ],
    [
      "for a challenge nobody set",
      attempt({ challenge: "A".repeat(43) }),
      401,
      failed.session,
    ],
    ["that is nothing", send(), 400, unreadable],
    ["that is empty", send({}), 400, unreadable],
    ["that is half a body", send("{"), 400, unreadable],
    ["without an id", attempt(without("id")), 400, unreadable],
    ["without a response", attempt(without("response")), 400, unreadable],
  ];
};
