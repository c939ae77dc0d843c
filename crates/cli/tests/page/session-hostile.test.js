// Passkey sessions against those who would have them otherwise: other addresses, frames, openers and
// texts, in a real Chromium. How to run them says session.test.js.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as support from "../page-support.js";
import { payloads } from "../payloads.js";
import { back, browser, ended, opener, overflows, popup, problem, scene, words } from "../session-scene.js";
import { addresses, app, ownPages } from "../session-support.js";

const allow = 'allow="publickey-credentials-get *; publickey-credentials-create *"';

test("t57 of all openers the listed origin hears the outcome and nobody else", async (t) => {
  const all = await scene(t, { elsewhere: opener });
  const { wallet, page, shop, context } = all;
  const other = await support.page(t, opener);
  const below = shop.replace("//", "//shop.");
  const ipv4 = shop.replace("localhost", "127.0.0.1");
  for (const [who, opens, leaves, hears] of [
    ["the listed origin", shop, undefined, true],
    ["another path of it", `${shop}/elsewhere`, undefined, true],
    ["another port", other, undefined, false],
    ["a host below", below, undefined, false],
    ["the machine by its address", ipv4, undefined, false],
    ["who takes the listed one's place", shop, other, false],
    ["a stranger who makes way", other, shop, true],
  ]) {
    await page.goto(opens);
    const window = await popup(all, `${await wallet.auth()}&popup=1`);
    if (leaves) await page.goto(leaves);
    await window.click("#cancel");
    await ended(window, "cancelled");
    await window.waitForTimeout(200);
    const heard = await page.evaluate(() => heard.map(({ data }) => data.type));
    assert.deepEqual(heard, hears ? ["zegel:session", "authz_error"] : [], who);
    await window.close();
  }
  // A page of no origin.
  await page.goto(other);
  const link = `${await wallet.auth()}&popup=1`;
  const opened = context.waitForEvent("page");
  await page.evaluate((link) => {
    const frame = document.createElement("iframe");
    frame.sandbox = "allow-scripts allow-popups allow-popups-to-escape-sandbox";
    frame.srcdoc = `<script>
      addEventListener("message", ({ data }) => parent.postMessage(data, "*"));
      open(${JSON.stringify(link)});
    <\/script>`;
    document.body.append(frame);
  }, link);
  const window = await opened;
  await window.click("#cancel");
  await ended(window, "cancelled");
  await window.waitForTimeout(200);
  assert.deepEqual(await page.evaluate(() => heard), []);
});

test("t57 no message is for everybody", async (t) => {
  const all = await scene(t, { elsewhere: opener });
  const { wallet, context, page, shop } = all;
  await context.addInitScript(() => {
    const whole = window.opener;
    if (!whole) return;
    // Stands in for the opener and notes for whom each message is.
    globalThis.meant = [];
    const opener = { postMessage: (message, target) => meant.push(target) };
    Object.defineProperty(window, "opener", { value: opener });
  });
  await page.goto(shop);
  const window = await popup(all, `${await wallet.auth()}&popup=1`);
  await window.click("#cancel");
  await ended(window, "cancelled");
  assert.deepEqual(await window.evaluate(() => meant), [shop, shop]);
});

test("t57 an opener of another origin hears nothing and the page leads away from it", async (t) => {
  const all = await scene(t);
  const { wallet, context, page, shop } = all;
  await page.goto(await support.page(t, opener));
  for (const [address, leads] of [
    [`${await wallet.auth()}&popup=1`, false],
    [await wallet.auth(), true],
  ]) {
    const window = await popup(all, address);
    await window.click("#cancel");
    await ended(window, "cancelled");
    if (leads) assert.equal((await back(window, shop)).error, "Cancelled");
    await window.waitForTimeout(300);
    await window.close();
  }
  assert.deepEqual(await page.evaluate(() => heard), []);
  assert.ok(context);
});

test("t57 a popup without a way back tells nobody", async (t) => {
  const all = await scene(t, { elsewhere: opener });
  const { wallet, page, shop } = all;
  await page.goto(shop);
  const window = await popup(all, `${await wallet.auth({ redirectUrl: undefined })}&popup=1`);
  await window.click("#cancel");
  await ended(window, "cancelled");
  await window.waitForTimeout(300);
  assert.deepEqual(await page.evaluate(() => heard), []);
  assert.equal(await window.isVisible("#return"), false);
});

test("t50 what only looks like a listed address opens no session", async (t) => {
  const { server, wallet, page, shop } = await scene(t);
  for (const { address, opens, trick } of await addresses(shop)) {
    // An empty text is none.
    if (opens || !address) continue;
    await assert.rejects(wallet.auth({ redirectUrl: address }), /redirect_urls/, trick);
    await assert.rejects(wallet.auth({ baseUrl: address }), /base_urls/, trick);
  }
  const near = server.origin.replace("http:", "HTTP:");
  for (const baseUrl of [near, `${server.origin}#`, `${server.origin}?`, `${server.origin}/../evil`]) {
    await assert.rejects(wallet.auth({ baseUrl }), /base_urls/, baseUrl);
  }
  // What tenants may list, browsers read as we do.
  const web = (await addresses("https://app.example"))
    .filter(({ back, address }) => back && address.startsWith("http"))
    .map(({ address }) => address);
  const read = await page.evaluate((web) => web.map((address) => new URL(address).href), web);
  assert.deepEqual(read.map((href) => href.replace(/^(https?:\/\/[^/]+)\/$/, "$1")), web);
});

test("t52 in a frame there is nothing to see of a session", async (t) => {
  const { server, wallet, page } = await scene(t);
  for (const [open, attributes] of [
    ["iframe src", allow],
    ["iframe src", 'sandbox="allow-scripts allow-same-origin"'],
    ["iframe srcdoc", ""],
    ["embed src", ""],
    ["object data", ""],
  ]) {
    const link = await wallet.auth();
    const address = open === "iframe srcdoc" ? `<iframe src='${link}'></iframe>` : link;
    await page.goto(await support.page(t, `<${open}="${address}" ${attributes}>`));
    // The last to load, whatever it is.
    await page.waitForLoadState("networkidle");
    // Chromium keeps no frame for an object it may not show.
    assert.equal(page.frames().length > 1, open !== "object data", open);
    for (const frame of page.frames().slice(1)) {
      const found = await frame.evaluate(() => document.querySelector("#go, #what")).catch(() => null);
      assert.equal(found, null, `${open} ${attributes} ${frame.url()}`);
    }
  }
  // Nor in a frame of the server's own pages.
  await page.goto(server.origin);
  const link = await wallet.auth();
  await page.evaluate((link) => {
    const frame = document.createElement("iframe");
    frame.src = link;
    document.body.append(frame);
  }, link);
  await page.waitForLoadState("networkidle");
  assert.equal(await page.frames().at(-1).evaluate(() => document.querySelector("#go")), null);
});

test("t52 a page that is framed all the same refuses to ask", async (t) => {
  const { wallet, page } = await scene(t);
  const link = await wallet.auth();
  // What an extension may do to headers.
  await page.route(link, async (route) => {
    const response = await route.fetch();
    const { "content-security-policy": _, "x-frame-options": __, ...headers } = response.headers();
    await route.fulfill({ response, headers });
  });
  await page.goto(await support.page(t, `<iframe src="${link}" ${allow}></iframe>`));
  const frame = page.frame({ url: link });
  await frame.waitForSelector("#problem:not([hidden])");
  assert.equal(await frame.textContent("#problem-code"), "SESSION_FRAMED");
  assert.equal(await frame.isVisible("#go"), false);
  assert.ok(await frame.isVisible("#cancel"));
});

test("a ceremony in a frame is not begun by the module, and refused with a reason", async (t) => {
  const server = await support.serve(t);
  const own = await ownPages(t, server, { through: "backend" });
  const { context } = await support.context(t, browser);
  const page = await context.newPage();
  const device = await support.authenticator(page);
  await page.goto(await own.open("create"));
  await page.click("#go");
  await page.waitForSelector('#said[data-state="done"]');

  const link = await own.open("auth");
  await page.goto(await support.page(t, `<iframe src="${link}" ${allow}></iframe>`));
  const frame = page.frame({ url: link });
  await frame.click("#go");
  await frame.waitForSelector('#said[data-state="failed"]');
  assert.match(await frame.textContent("#said"), /SecurityError: .* in the whole window or a popup/);
  const [{ signCount }] = await device.credentials();
  assert.equal(signCount, 2, "the device was not asked");

  // A page that asks all the same.
  const told = await frame.evaluate(async () => {
    const { sessionOf } = await import("/passkey-session.js");
    const { challenge, tenant } = sessionOf();
    const decoded = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
    const encoded = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
    const { response } = await navigator.credentials.get({ publicKey: { challenge: decoded(challenge) } });
    const names = ["clientDataJSON", "authenticatorData", "signature"];
    const parts = Object.fromEntries(names.map((name) => [name, encoded(response[name])]));
    const body = { ceremonyType: "auth", tenant, authenticatorResponse: { response: parts } };
    const answer = await fetch("/passkeys/submit", { method: "POST", body: JSON.stringify(body) });
    return { ...await answer.json(), signed: JSON.parse(new TextDecoder().decode(response.clientDataJSON)) };
  });
  assert.equal(told.signed.crossOrigin, true);
  assert.equal(told.code, "InvalidAuthenticatorResponse");
  assert.equal(told.details[0].code, "cross_origin_not_allowed");
  assert.match(told.details[0].suggestion, /open the page in the whole window or in a popup/);
});

test("t53 of two hundred payloads an app and its tenant are called, none runs", async (t) => {
  const { server, wallet, page, shop } = await scene(t);
  const strangers = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(server.origin)) strangers.push(request.url());
  });
  const harmless = async (open, payload) => {
    await page.goto(await open({ appName: payload }));
    await page.waitForSelector("#choices:not([hidden])");
    assert.equal(await page.evaluate(() => globalThis.ran), undefined, payload);
    assert.equal(await page.evaluate(() => document.querySelectorAll("script, style").length), 1);
    // All of it is there to be read.
    assert.equal(await page.textContent(".facts:visible .shown"), payload);
  };
  const actions = ["create", "auth", "find"];
  assert.ok(payloads.length >= 200);
  for (const [place, payload] of payloads.entries()) {
    await harmless(wallet[actions[place % actions.length]], payload);
  }
  for (const payload of payloads.filter((_, place) => place % 20 === 0)) {
    const brand = { name: payload.slice(0, 60).trim(), words: payload };
    const named = await app(server, { redirects: [`${shop}/back`], name: payload, brand });
    for (const action of actions) await harmless(named[action], payload);
  }
  assert.deepEqual(strangers, []);
});

test("hostile names stay within their lines on a telephone", async (t) => {
  const { server, shop, page } = await scene(t, { viewport: { width: 320, height: 640 } });
  const name = "W\u{430}llet\u{202e}" + "x".repeat(400);
  const brand = { name: "x".repeat(60), words: "y".repeat(200), accent: "#ffe14d" };
  const long = await app(server, { redirects: [`${shop}/back`], brand });
  await page.goto(await long.create({ appName: name }));
  assert.equal(await overflows(page), false);
  assert.match(await page.textContent(".facts:visible"), /mixes letters of different scripts/);
});

test("a page of another domain than was opened for is refused", async (t) => {
  const server = await support.serve(t);
  const own = await ownPages(t, server, { through: "backend" });
  const { context } = await support.context(t, browser);
  const page = await context.newPage();
  await support.authenticator(page);
  const url = (await own.open("create")).replace("app.localhost", "twin.localhost");
  await page.goto(url);
  await page.click("#go");
  await page.waitForSelector('#said[data-state="failed"]');
  assert.match(await page.textContent("#said"), /InvalidAuthenticatorResponse/);
});
