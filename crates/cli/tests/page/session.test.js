// The pages on which passkey sessions are answered, in a real Chromium with a virtual
// authenticator, and a page of an app's own, built as docs/custom-domain.md says.
//
// `node --test crates/cli/tests/page/` after `npm ci` in compat/browser, whose driver it borrows.
// ZEGEL is the binary (default: target/release/zegel), CHROMIUM the browser. With SHOTS a folder,
// pictures of the pages are put there.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import * as support from "../page-support.js";
import { back, browser, ended, opener, overflows, popup, problem, scene, words } from "../session-scene.js";
import { app, KEY, ownPages } from "../session-support.js";

test("an account is made by keyboard alone, used again, and found", async (t) => {
  const { wallet, page, shop, device, complaints } = await scene(t);
  await page.goto(await wallet.create());
  assert.equal(await words(page, "#what"), "Wallet asks for a key for 15 minutes");
  assert.match(await page.textContent("#left"), /^(1:00|0:5\d) left$/);
  const reached = [];
  for (let press = 0; press < 5 && reached.at(-1) !== "go"; press += 1) {
    await page.keyboard.press("Tab");
    reached.push(await page.evaluate(() => document.activeElement?.id));
  }
  assert.deepEqual(reached.slice(-2), ["cancel", "go"]);
  await page.keyboard.press("Enter");
  await ended(page, "confirmed");
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), "Your passkey is made");
  const account = await page.textContent("#account");
  const made = await back(page, shop);
  assert.equal(made["passkey-account"], account);
  assert.equal(made["session-key"], KEY);
  assert.ok(Math.abs(Number(made.expiration) - Date.now() / 1000 - 900) < 60);
  assert.equal(made.state, "ok");
  const [credential, ...more] = await device.credentials();
  assert.deepEqual([credential.rpId, credential.isResidentCredential, more], ["localhost", true, []]);
  assert.equal(credential.signCount, 2, "made and signed with");

  await page.goto(await wallet.auth());
  await page.click("#go");
  await ended(page, "confirmed");
  assert.equal((await back(page, shop))["passkey-account"], account);

  await page.goto(await wallet.find());
  assert.equal(await words(page, "#what"), "Wallet asks which account is yours");
  await page.click("#go");
  await ended(page, "confirmed");
  assert.equal((await back(page, shop))["passkey-account"], account);
  const known = await wallet.account(account);
  assert.equal(known.relyingPartyId, "localhost");
  assert.equal(known.sessionKey.key, KEY);
  assert.deepEqual(complaints, []);
});

test("t56 what is shown is what was opened, whatever the address says", async (t) => {
  const { wallet, page, shop } = await scene(t);
  const url = new URL(await wallet.auth());
  url.searchParams.set("app-name", "Evil");
  url.searchParams.set("redirect-url", "https://evil.example/");
  url.searchParams.set("session-key", "Evi1");
  url.searchParams.set("expiration-in-seconds", "1");
  await page.goto(url.href);
  assert.equal(await words(page, "#what"), "Wallet asks for a key for 15 minutes");
  assert.equal(await page.textContent(".key"), KEY);
  assert.doesNotMatch(await page.textContent("main"), /evil|Evi1/i);
  assert.equal(await page.getAttribute("#return", "href"), `${shop}/back`);
});

test("a passkey that was made before its session failed is used for the next link", async (t) => {
  const { wallet, page, shop, device } = await scene(t);
  await page.goto(await wallet.create());
  await page.route("**/passkeys/submit", (route) =>
    route.fulfill({ status: 400, json: { code: "ChallengeExpired", message: "too late" } }),
  { times: 1 });
  await page.click("#go");
  await ended(page, "expired");
  assert.ok(await page.isVisible("#kept"));
  assert.match(await page.getAttribute("#return", "href"), /\/back\?error=ChallengeExpired&error-description=/);

  await page.goto(await wallet.create());
  assert.equal(await page.textContent("#go"), "Use the passkey I just made");
  assert.ok(await page.isVisible("#anew"));
  await page.click("#go");
  await ended(page, "confirmed");
  assert.equal((await back(page, shop)).state, "ok");
  assert.equal((await device.credentials()).length, 1, "no second registration");

  await page.goto(await wallet.create());
  assert.equal(await page.textContent("#go"), "Make a passkey", "a passkey that is bound is forgotten");
});

test("another passkey can be made instead of the one that is kept", async (t) => {
  const { wallet, page, device } = await scene(t);
  await page.goto(await wallet.create());
  await page.route("**/passkeys/submit", (route) => route.abort(), { times: 1 });
  await page.click("#go");
  assert.equal(await problem(page), "SESSION_UNREACHABLE");
  await page.goto(await wallet.create());
  await page.click("#anew");
  await ended(page, "confirmed");
  assert.equal((await device.credentials()).length, 2);
});

test("an answer that does not arrive is sent again, not signed again", async (t) => {
  const { wallet, page, device } = await scene(t);
  await page.goto(await wallet.create());
  await page.route("**/passkeys/submit", (route) => route.abort(), { times: 1 });
  await page.click("#go");
  assert.equal(await problem(page), "SESSION_UNREACHABLE");
  const [{ signCount }] = await device.credentials();
  assert.equal(await page.textContent("#go"), "Send it again");
  assert.equal(await page.isVisible("#anew"), false);
  await page.click("#go");
  await ended(page, "confirmed");
  assert.equal((await device.credentials())[0].signCount, signCount, "the device was not asked again");
});

test("an answer whose confirmation is lost says that it may have worked", async (t) => {
  const { wallet, page, shop } = await scene(t);
  await page.goto(await wallet.create());
  await page.route("**/passkeys/submit", async (route) => {
    await route.fetch();
    await route.abort();
  }, { times: 1 });
  await page.click("#go");
  assert.equal(await problem(page), "SESSION_UNREACHABLE");
  await page.click("#go");
  await page.waitForSelector("#return:not([hidden])");
  assert.equal(await problem(page), "SESSION_USED");
  assert.equal(await page.isVisible("#go"), false);
  await page.click("#return");
  assert.equal((await back(page, shop)).error, "ChallengeAlreadyUsed");
});

test("a dismissed prompt binds nothing, and the next try succeeds", async (t) => {
  const { wallet, page, shop, device } = await scene(t);
  await page.goto(await wallet.auth());
  await page.click("#go");
  assert.equal(await problem(page), "SESSION_DISMISSED", "this device has no passkey");
  assert.equal(await page.textContent("#go"), "Use my passkey");

  await page.goto(await wallet.create());
  // What browsers do when the second prompt is closed.
  await page.evaluate(() => {
    navigator.credentials.get = async () => {
      delete navigator.credentials.get;
      throw new DOMException("closed", "NotAllowedError");
    };
  });
  await page.click("#go");
  assert.equal(await problem(page), "SESSION_DISMISSED");
  assert.equal(await page.textContent("#go"), "Use the passkey I just made");
  await page.click("#go");
  await ended(page, "confirmed");
  assert.equal((await back(page, shop)).state, "ok");
  assert.equal((await device.credentials()).length, 1);
});

test("a passkey without an account is told so, and the link, which is answered, leads back", async (t) => {
  const { server, wallet, page, shop } = await scene(t);
  await page.goto(`${server.origin}/healthz`);
  await page.evaluate(() => navigator.credentials.create({
    publicKey: {
      challenge: new Uint8Array(32), rp: { name: "x" },
      user: { id: new Uint8Array(8), name: "x", displayName: "x" },
      pubKeyCredParams: [{ type: "public-key", alg: -7 }],
      authenticatorSelection: { residentKey: "required", requireResidentKey: true },
    },
  }).then(() => {}));
  await page.goto(await wallet.auth());
  await page.click("#go");
  assert.equal(await problem(page), "SESSION_NO_ACCOUNT");
  assert.equal(await page.isVisible("#go"), false);
  await page.click("#return");
  assert.equal((await back(page, shop)).error, "NoValidExternallySignedAccount");
});

test("every reason an answer is refused for is told in words for people", async (t) => {
  const { wallet, page, shop } = await scene(t);
  for (const [reason, code, words, keeps, status = 400] of [
    ["cross_origin_not_allowed", "SESSION_FRAMED", /inside of another page/, true],
    ["top_origin", "SESSION_FRAMED", /inside of another page/, true],
    ["cross_origin_missing", "SESSION_UNFIT_PASSKEY", /keep the passkey elsewhere/, false],
    ["unknown_member", "SESSION_UNFIT_BROWSER", /another browser/, true],
    ["origin_subdomain", "SESSION_UNFIT_PAGE", /Nothing is wrong with your passkey/, true],
    ["rp_id_too_long", "SESSION_UNFIT_PAGE", /at most 32 characters/, true],
    ["counter", "SESSION_COUNTER", /the count went backwards/, true],
    ["user_presence", "SESSION_ABSENT", /without asking anybody/, true],
    ["account_exists", "SESSION_ACCOUNT_EXISTS", /sign in with it/, true],
    ["signature_invalid", "SESSION_REFUSED", /could not verify it/, true],
    ["on_chain", "SESSION_ON_CHAIN", /Nothing was changed/, true, 502],
  ]) {
    await page.goto(await wallet.create());
    const refusal = { code: "InvalidAuthenticatorResponse", details: [{ code: reason }] };
    await page.route("**/passkeys/submit", (route) => route.fulfill({ status, json: refusal }),
      { times: 1 });
    await page.click("#go");
    assert.equal(await problem(page), code, reason);
    assert.match(await page.textContent("#problem-advice"), words);
    assert.equal(await page.isVisible("#choices"), false);
    const kept = await page.evaluate(() => sessionStorage.length);
    assert.equal(kept === 1, keeps, reason);
    const link = new URL(await page.getAttribute("#return", "href"));
    assert.equal(link.origin, shop);
    assert.equal(link.searchParams.get("error"), "InvalidAuthenticatorResponse");
  }
});

/** A message of a Safe on Base. */
const typed = {
  family: "safe",
  chainId: "eip155:8453",
  typedData: {
    domain: { chainId: 8453, verifyingContract: `0x${"11".repeat(20)}` },
    types: {
      EIP712Domain: [
        { name: "chainId", type: "uint256" },
        { name: "verifyingContract", type: "address" },
      ],
      SafeMessage: [{ name: "message", type: "bytes" }],
    },
    primaryType: "SafeMessage",
    message: { message: "0x0102abcd" },
  },
};

test("a document is shown whole and signed by a verified user, and the signature is told", async (t) => {
  const { wallet, page, shop, device, complaints } = await scene(t);
  await page.goto(await wallet.create());
  await page.click("#go");
  await back(page, shop);
  const link = await wallet.sign(typed);
  assert.equal(new URL(link).pathname, "/sign");
  await page.goto(link);
  assert.equal(await words(page, "#what"), "Sign with your passkey for Wallet");
  const shown = await words(page, "section[aria-labelledby=what]");
  for (const fact of ["Base (eip155:8453)", "SafeMessage", "0x0102abcd"]) {
    assert.ok(shown.includes(fact), fact);
  }
  const hash = (await page.textContent(".hash")).replace(/^0x/, "");
  const challenge = Buffer.from(new URL(link).searchParams.get("challenge"), "base64url");
  assert.equal(hash, challenge.toString("hex"));
  const sent = page.waitForRequest("**/passkeys/submit");
  await page.click("#go");
  const body = (await sent).postDataJSON();
  assert.equal(body.ceremonyType, "sign");
  assert.deepEqual([body.sessionKey, body.slotNumber], [undefined, undefined]);
  const { clientDataJSON, authenticatorData } = body.authenticatorResponse.response;
  const data = JSON.parse(Buffer.from(clientDataJSON, "base64url"));
  assert.equal(data.challenge, challenge.toString("base64url"));
  const flags = Buffer.from(authenticatorData, "base64url")[32];
  assert.equal(flags & 0x05, 0x05, "present and verified");
  await ended(page, "confirmed");
  assert.match(await words(page, ".end:visible"), /Signed Wallet has your signature/);
  const account = await page.textContent("#account");
  const told = await back(page, shop);
  assert.match(told.signature, /^0x[0-9a-f]{200,}$/);
  assert.deepEqual([told["passkey-account"], told.state], [account, "ok"]);
  assert.equal((await device.credentials()).length, 1);
  const again = await page.goto(link);
  assert.equal(again.status(), 404, "it was answered");
  // What opens one page opens no other.
  const other = await page.goto((await wallet.sign(typed)).replace("/sign", "/auth"));
  assert.equal(other.status(), 404);
  assert.equal(complaints.length, 2, "of the two that opened nothing");
});

/** An operation of Daimo's that sends half a coin and calls a token. */
const operation = (callData) => ({
  family: "daimo-v1",
  keySlot: 2,
  validUntil: 1_900_000_000,
  chainId: "eip155:8453",
  entryPointVersion: "0.7",
  userOperation: {
    sender: `0x${"33".repeat(20)}`, nonce: "0x1", callData,
    callGasLimit: "0x186a0", verificationGasLimit: "0x3d090", preVerificationGas: "0x5208",
    maxFeePerGas: "0x1", maxPriorityFeePerGas: "0x1",
  },
});

test("the calls of an operation are told one by one, and what cannot be read is told to be so", async (t) => {
  const { wallet, page, shop, complaints } = await scene(t);
  await page.goto(await wallet.create());
  await page.click("#go");
  await back(page, shop);
  const word = (hex) => hex.padStart(64, "0");
  const call = (to, value, data) =>
    [to.repeat(20), value.toString(16), "60", (data.length / 2).toString(16)].map(word).join("") +
    data.padEnd(Math.ceil(data.length / 64) * 64, "0");
  const [first, second] = [call("11", 5n * 10n ** 17n, ""), call("22", 0n, "a9059cbb")];
  const offsets = [64, 64 + first.length / 2].map((place) => word(place.toString(16))).join("");
  const batch = `0x34fcd5be${word("20")}${word("2")}${offsets}${first}${second}`;
  await page.goto(await wallet.sign(operation(batch)));
  const shown = await words(page, "section[aria-labelledby=what]");
  for (const fact of [
    `Sender0x${"33".repeat(20)}`, `Calls0x${"11".repeat(20)}`, "0.5 of the chain’s own coin",
    `Calls0x${"22".repeat(20)}`, "Function0xa9059cbb",
  ]) {
    assert.ok(shown.includes(fact), `${fact}: ${shown}`);
  }
  assert.equal(await page.isVisible("text=cannot be shown"), false);
  assert.equal(await page.isVisible("text=maxFeePerGas"), false, "who wants to, opens it");
  assert.equal(await overflows(page), false);
  await page.click("#go");
  await ended(page, "confirmed");
  // The version, and the end that was signed.
  assert.match((await back(page, shop)).signature, /^0x010000713fb30002/);

  await page.goto(await wallet.sign(operation("0x12345678")));
  assert.ok(await page.isVisible("text=What this does cannot be shown"));
  assert.ok(await page.isVisible("text=maxFeePerGas"));
  assert.deepEqual(complaints, []);
});

test("who cancels after the answer was lost is not told that nothing happened", async (t) => {
  const { wallet, page } = await scene(t);
  await page.goto(await wallet.create());
  await page.route("**/passkeys/submit", (route) => route.abort(), { times: 1 });
  await page.click("#go");
  assert.equal(await problem(page), "SESSION_UNREACHABLE");
  await page.click("#cancel");
  await ended(page, "cancelled");
  assert.match(await words(page, ".end:visible .perhaps"), /Wallet may have got what it asked for/);
  assert.equal(await page.isVisible(".end .nothing"), false);
});

test("who cancels goes back with nothing", async (t) => {
  const { wallet, page, shop, complaints } = await scene(t);
  await page.goto(await wallet.auth());
  await page.click("#cancel");
  await ended(page, "cancelled");
  assert.match(await words(page, ".end:visible"), /Wallet got nothing/);
  assert.equal(await page.isVisible(".end .perhaps"), false);
  assert.equal((await back(page, shop)).error, "Cancelled");
  assert.deepEqual(complaints, []);
});

test("when its minute is over the page says so by itself, and a used link opens nothing", async (t) => {
  const { wallet, page, complaints } = await scene(t);
  await page.clock.install();
  const link = await wallet.auth();
  await page.goto(link);
  await page.clock.runFor(31_000);
  assert.match(await page.textContent("#spoken"), /^(29|30) seconds are left/);
  assert.equal(await page.getAttribute("#left", "data-soon"), null);
  await page.clock.runFor(20_000);
  assert.equal(await page.getAttribute("#left", "data-soon"), "");
  await page.clock.runFor(11_000);
  await ended(page, "expired");
  assert.match(await words(page, ".end:visible"), /Time is up .* SESSION_EXPIRED/);
  assert.equal(await page.isVisible("#go"), false);
  assert.deepEqual(complaints, []);
  const answer = await page.goto(link.replace("/auth", "/create"));
  assert.equal(answer.status(), 404);
  assert.match(await page.textContent("main"), /SESSION_UNKNOWN/);
});

test("a popup tells the app that opened it how it ended", async (t) => {
  const all = await scene(t, { elsewhere: opener });
  const { server, wallet, page, shop, complaints } = all;
  await page.goto(shop);
  const window = await popup(all, `${await wallet.create()}&popup=1`);
  await window.click("#go");
  await ended(window, "confirmed");
  await page.waitForFunction(() => heard.length > 1);
  const passkeyAccount = await window.textContent("#account");
  const heard = await page.evaluate(() => heard);
  const { expiration } = heard[0].data;
  const bound = { passkeyAccount, sessionKey: KEY, expiration };
  assert.deepEqual(heard, [
    { origin: server.origin, data: { type: "zegel:session", ...bound } },
    { origin: server.origin, data: { type: "authz_complete", ...bound } },
  ]);
  assert.equal(await window.isVisible("#return"), false);
  const closed = window.waitForEvent("close");
  await window.click("#close");
  await closed;

  const other = await popup(all, `${await wallet.auth()}&popup=1`);
  await other.click("#cancel");
  await page.waitForFunction(() => heard.length > 3);
  const [ours, theirs] = (await page.evaluate(() => heard)).slice(2).map(({ data }) => data);
  assert.deepEqual([ours.type, ours.error], ["zegel:session", "Cancelled"]);
  assert.deepEqual([theirs.type, theirs.challengeExpired], ["authz_error", false]);
  assert.deepEqual(complaints, []);
});

test("a browser without passkeys is told so, and can only cancel", async (t) => {
  const { wallet, page, shop } = await scene(t);
  await page.addInitScript(() => delete window.PublicKeyCredential);
  await page.goto(await wallet.create());
  assert.equal(await problem(page), "SESSION_UNSUPPORTED");
  assert.equal(await page.isVisible("#go"), false);
  assert.equal(await page.isVisible("#step"), false);
  await page.click("#cancel");
  assert.equal((await back(page, shop)).error, "Cancelled");
});

test("without scripts the page says what it is about and what to do", async (t) => {
  const { wallet, page } = await scene(t, { javaScriptEnabled: false });
  await page.goto(await wallet.auth());
  assert.equal(await words(page, "#what"), "Wallet asks for a key for 15 minutes");
  assert.match(await page.textContent("main"), /This page needs JavaScript/);
  assert.equal(await page.isVisible("#go"), false);
  assert.equal(await page.isVisible("#step"), false, "no prompt is promised");
});

for (const way of ["backend", "page"]) {
  test(`a page of an app's own domain runs the ceremony, its ${way} submits it`, async (t) => {
    const server = await support.serve(t);
    const own = await ownPages(t, server, { through: way });
    const { context, complaints } = await support.context(t, browser);
    const page = await context.newPage();
    const device = await support.authenticator(page);
    let account;
    for (const action of ["create", "auth", "find"]) {
      await page.goto(await own.open(action));
      assert.equal(new URL(page.url()).origin, own.origin);
      await page.click("#go");
      await page.waitForSelector('#said[data-state="done"]');
      const said = JSON.parse(await page.textContent("#said"));
      account ??= said.passkeyAccount;
      assert.equal(said.passkeyAccount, account, action);
    }
    const [credential] = await device.credentials();
    assert.equal(credential.rpId, "app.localhost");
    assert.deepEqual(complaints, []);
  });
}

test("what it looks like", { skip: !process.env.SHOTS }, async (t) => {
  const brand = { name: "Harbour", accent: "#0f766e", words: "Your money, your passkey." };
  const all = await scene(t);
  const { server, shop, wallet, page, device } = all;
  const branded = await app(server, { redirects: [`${shop}/back`], brand });
  const bright = await app(server, {
    redirects: [`${shop}/back`],
    brand: { name: "Lemon", accent: "#ffe14d" },
  });
  const opened = {
    create: () => wallet.create(),
    branded: () => branded.auth(),
    bright: () => bright.create(),
    find: () => wallet.find(),
    sign: () => wallet.sign(typed),
    unknown: async () => (await wallet.auth()).replace("/auth", "/find"),
    hostile: () => wallet.create({ appName: "W\u{430}llet \u{202e}<b>x</b>" }),
  };
  const refusal = (status, code, reason) => (route) =>
    route.fulfill({ status, json: { code, details: [{ code: reason }] } });
  // What becomes of a link, by how its answer is answered.
  const answered = {
    unreachable: (route) => route.abort(),
    expired: refusal(400, "ChallengeExpired"),
    used: refusal(409, "ChallengeAlreadyUsed"),
    "no-account": refusal(404, "NoValidExternallySignedAccount"),
    refused: refusal(400, "InvalidAuthenticatorResponse", "signature_invalid"),
    "unfit-passkey": refusal(400, "InvalidAuthenticatorResponse", "cross_origin_missing"),
    "unfit-page": refusal(400, "InvalidAuthenticatorResponse", "rp_id_too_long"),
    busy: refusal(429, "RateLimited"),
    confirmed: (route) => route.continue(),
  };
  for (const [screen, viewport] of [
    ["desktop", { width: 1100, height: 800 }],
    ["phone", { width: 390, height: 844 }],
  ]) {
    for (const colorScheme of ["light", "dark"]) {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme });
      const shot = async (name) => {
        assert.equal(await overflows(page), false, name);
        await page.evaluate(() => new Promise((painted) =>
          requestAnimationFrame(() => requestAnimationFrame(painted))));
        const path = join(process.env.SHOTS, `session-${name}-${screen}-${colorScheme}.png`);
        await page.screenshot({ path, fullPage: true });
      };
      for (const [name, open] of Object.entries(opened)) {
        await page.goto(await open());
        await page.waitForTimeout(100);
        await shot(name);
      }
      await page.goto(await wallet.auth());
      await page.click("#go");
      await problem(page);
      await shot("dismissed");
      await page.click("#cancel");
      await ended(page, "cancelled");
      await shot("cancelled");
      for (const [name, answer] of Object.entries(answered)) {
        await page.goto(await wallet.create());
        await page.route("**/passkeys/submit", answer, { times: 1 });
        await page.click("#go");
        await page.waitForSelector("#problem:not([hidden]), .end:visible");
        await shot(name);
        if (name === "expired") {
          await page.goto(await wallet.create());
          await page.waitForTimeout(100);
          await shot("kept");
        }
        await page.evaluate(() => sessionStorage.clear());
        // It is full after a few passkeys.
        await device.clear();
      }
      // Waiting for the device, which nobody touches.
      await page.goto(await wallet.create());
      await device.present(false);
      await page.click("#go");
      await page.waitForTimeout(200);
      await shot("waiting");
      await page.click("#cancel");
      await ended(page, "cancelled");
      await device.present(true);
    }
  }
});
