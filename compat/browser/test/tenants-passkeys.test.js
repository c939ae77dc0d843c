// A person with passkeys in a real browser, and the published clients of the Passkey API.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, it } from "node:test";

import { newTenant } from "../../node/support/tenants/admin.js";
import { ok } from "../../node/support/tenants/people.js";
import { startApp } from "../support/tenants/app.js";
import { launch } from "../support/browser.js";
import { verified } from "../support/tenants/tokens.js";

const ways = ["native", "webauthnJson", "simplewebauthn"];

let app;
let browser;
let tenant;
before(async () => {
  app = await startApp();
  tenant = await newTenant({ origins: [app.origin] });
  app.opens(tenant);
  browser = await launch();
});
after(async () => {
  await browser?.close();
  app?.stop();
});

const newUserId = () => `user-${randomUUID()}`;
const credentials = (userId) => ok(tenant.call("GET", `/credentials?user_id=${userId}`));

/** Claims of the token in an answer of the page. */
async function claims(answer) {
  const { refused, token } = await answer;
  assert.equal(refused, undefined, JSON.stringify(refused));
  return (await verified(tenant, token ?? (await answer))).claims;
}

async function refused(answer, name) {
  const { refused } = await answer;
  assert.equal(refused?.name, name, JSON.stringify(await answer));
  return refused;
}

/** A person with a passkey of the app. */
async function newPerson(device) {
  const person = await browser.person(app.origin, device);
  const userId = newUserId();
  const { cred } = await claims(person.call("register", userId));
  return { ...person, userId, cred };
}

describe("a passkey", () => {
  for (const way of ways) {
    it(`is made and used with ${way}`, async () => {
      const person = await browser.person(app.origin);
      const userId = newUserId();
      const made = await claims(person.call("register", userId, { way }));
      assert.equal(made.sub, userId);
      assert.equal(made.use, "registration");
      const [kept] = await person.device.credentials();
      assert.equal(
        Buffer.from(kept.credentialId, "base64").toString("base64url"),
        made.cred,
      );
      assert.equal(Buffer.from(kept.userHandle, "base64").toString("utf8"), userId);

      const found = await claims(person.call("logIn", { way }));
      assert.equal(found.sub, userId);
      assert.equal(found.cred, made.cred);
      assert.equal(found.use, "login");
      assert.equal((await claims(person.call("logInAs", userId, way))).sub, userId);
    });
  }

  it("is listed with what the browser told of it", async () => {
    const { userId, cred } = await newPerson();
    const [credential] = await credentials(userId);
    assert.equal(credential.id, cred);
    // Chromium attests with a certificate of its own when it is asked directly.
    assert.equal(credential.attestation_type, "packed");
    assert.equal(credential.aaguid, "01020304-0506-0708-0102-030405060708");
    assert.deepEqual(credential.transports, ["internal"]);
    assert.equal(credential.backup_eligible, false);
    assert.equal(credential.is_mfa, false);
  });

  it("of a cloud is listed as one", async () => {
    const { userId } = await newPerson({
      defaultBackupEligibility: true,
      defaultBackupState: true,
    });
    const [credential] = await credentials(userId);
    assert.deepEqual([credential.backup_eligible, credential.backup_state], [true, true]);
  });

  it("is made once on each device", async () => {
    const person = await newPerson();
    for (const way of ways) {
      const again = person.call("register", person.userId, { way });
      await refused(again, "InvalidStateError");
    }
    assert.equal((await person.device.credentials()).length, 1);
    assert.equal((await credentials(person.userId)).length, 1);
  });

  it("may have a companion on a second device, and either may be removed", async () => {
    const person = await newPerson();
    const phone = await browser.person(app.origin);
    const second = await claims(phone.call("register", person.userId));
    assert.equal((await claims(person.call("logIn"))).sub, person.userId);
    assert.equal((await claims(phone.call("logIn"))).cred, second.cred);
    assert.equal((await credentials(person.userId)).length, 2);

    await ok(tenant.call("DELETE", `/credentials/${person.cred}`), 204);
    assert.equal((await refused(person.call("logIn"), "Refused")).status, 401);
    assert.equal((await claims(phone.call("logIn"))).sub, person.userId);

    // The browser is told, and forgets what nobody accepts any more.
    const signals = await ok(tenant.call("GET", `/users/${person.userId}/signals`));
    assert.deepEqual(signals.allAcceptedCredentialIds, [second.cred]);
    await person.call("signal", signals);
    assert.deepEqual(await person.device.credentials(), []);
  });

  it("is of no use without its owner", async () => {
    const person = await newPerson();
    await person.device.verifies(false);
    await refused(person.call("logIn"), "NotAllowedError");
    await refused(person.call("logInAs", person.userId), "NotAllowedError");
    await person.device.verifies(true);
    assert.equal((await claims(person.call("logIn"))).sub, person.userId);
  });

  it("waits for its owner no longer than the page does", async () => {
    const person = await newPerson();
    await person.device.present(false);
    await refused(person.call("logIn", { patience: 300 }), "TimeoutError");
    await person.device.present(true);
    assert.equal((await claims(person.call("logIn"))).sub, person.userId);
  });

  it("waits for its owner no longer than the tenant says", async () => {
    const other = await startApp();
    const settings = { origins: [other.origin], webauthn: { timeout: 1000 } };
    other.opens(await newTenant(settings));
    try {
      const person = await browser.person(other.origin);
      await person.call("register", newUserId());
      await person.device.present(false);
      const began = Date.now();
      await refused(person.call("logIn"), "NotAllowedError");
      assert.ok(Date.now() - began >= 900, `${Date.now() - began}`);
    } finally {
      other.stop();
    }
  });
});

describe("the published provider, in the page", () => {
  it("opens a session", async () => {
    const person = await newPerson();
    const { user } = await person.call("signIn");
    assert.equal(user.name, person.userId);
  });

  it("opens a session from the list a form field offers", async () => {
    const person = await newPerson();
    const { user } = await person.call("signInConditionally");
    assert.equal(user.name, person.userId);
  });

  it("logs in across origins without any key", async () => {
    const person = await newPerson();
    assert.equal((await claims(person.call("logInFromPage"))).sub, person.userId);
  });

  it("throws when there is no token, since the passkey is not known any more", async () => {
    const person = await newPerson();
    await ok(tenant.call("DELETE", `/credentials/${person.cred}`), 204);
    const { message } = await refused(person.call("signIn"), "Error");
    assert.equal(message, "Passkey API did not return any token");
  });

  it("gets nothing from a tenant that does not know its page", async () => {
    const other = await newTenant({ origins: ["https://other.example"] });
    const person = await browser.person(app.origin);
    await refused(person.call("ask", other.id, "/login/initialize"), "TypeError");
    const own = await person.call("ask", tenant.id, "/login/initialize");
    assert.equal(own.status, 200);
  });

  it("reads why it was refused", async () => {
    const person = await browser.person(app.origin);
    const answer = await person.call("ask", tenant.id, "/login/finalize");
    assert.equal(answer.status, 400);
    assert.equal(answer.json.title, "unable to finish login");
  });
});

describe("a second factor", () => {
  /** A security key that asks nothing of its owner but a touch. */
  const key = {
    transport: "usb",
    hasResidentKey: false,
    hasUserVerification: false,
    isUserVerified: false,
  };

  it("is made and used", async () => {
    const person = await browser.person(app.origin, key);
    const userId = newUserId();
    const made = await claims(person.call("registerFactor", userId));
    assert.equal(made.use, "mfa_registration");
    const [credential] = await credentials(userId);
    assert.equal(credential.is_mfa, true);
    assert.deepEqual(credential.transports, ["usb"]);
    const used = await claims(person.call("logInWithFactor", userId));
    assert.equal(used.sub, userId);
    assert.equal(used.use, "mfa_login");
  });

  it("is no passkey", async () => {
    const person = await browser.person(app.origin, key);
    const userId = newUserId();
    await claims(person.call("registerFactor", userId));
    await refused(person.call("logIn"), "NotAllowedError");
    const named = await refused(person.call("logInAs", userId), "Refused");
    assert.equal(named.status, 400);
  });
});
