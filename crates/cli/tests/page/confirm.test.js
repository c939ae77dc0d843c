// The page on which payments are approved, in a real Chromium with a virtual authenticator.
//
// `node --test crates/cli/tests/page/` after `npm ci` in compat/browser, whose driver it borrows.
// ZEGEL is the binary (default: target/release/zegel), CHROMIUM the browser. With SHOTS a folder,
// pictures of the pages are put there.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import * as support from "../page-support.js";
import { payloads } from "../payloads.js";

let browser;
before(async () => {
  browser = await support.launch();
});
after(() => browser.close());

/** A server, a tenant, its shop, and alice with her passkey at a browser. */
async function scene(t, { name, elsewhere, ...options } = {}) {
  const server = await support.serve(t);
  const shop = await support.page(t, elsewhere);
  const tenant = await support.tenant(server, { shop, name });
  const { context, complaints } = await support.context(t, browser, options);
  const page = await context.newPage();
  const device = await support.authenticator(page);
  if (options.javaScriptEnabled === false) {
    const other = await (await support.context(t, browser)).context.newPage();
    await support.authenticator(other);
    await support.register(other, server.origin, tenant.api);
  } else {
    await support.register(page, server.origin, tenant.api);
  }
  complaints.length = 0;
  return { server, shop, tenant, context, page, device, complaints };
}

const state = (page) => page.getAttribute("#main", "data-state");
const ended = (page, name) => page.waitForSelector(`#main[data-state="${name}"]`);
const problem = (page) => page.textContent("#problem:not([hidden]) #problem-code");
const overflows = (page) => page.evaluate(() => document.documentElement.scrollWidth > innerWidth);

test("a payment is approved by keyboard alone, and the browser goes back to the shop", async (t) => {
  const { tenant, page, shop, complaints } = await scene(t);
  const { confirm_url, transaction_id, digest } = await tenant.begin();
  await page.goto(confirm_url);
  assert.equal(await page.textContent(".amount dd"), "12.34 EUR");
  assert.equal(await page.textContent(".payee dd"), "Bakery Ltd");
  assert.match(await page.textContent("#left"), /^(5:00|4:\d\d) left$/);
  assert.match(await page.textContent("#spoken"), /^5 minutes are left/);
  assert.equal(await page.getAttribute("#main", "data-digest"), digest);

  const focused = () => page.evaluate(() => document.activeElement?.id);
  const reached = [];
  for (let press = 0; press < 8 && reached.at(-1) !== "approve"; press += 1) {
    await page.keyboard.press("Tab");
    reached.push(await focused());
  }
  assert.deepEqual(reached.slice(-2), ["cancel", "approve"]);
  await page.keyboard.press("Enter");
  await ended(page, "confirmed");
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), "Confirmed");
  const back = `${shop}/paid?transaction_id=${transaction_id}&state=confirmed`;
  assert.equal(await page.getAttribute("#return", "href"), back);
  await page.waitForURL(back);

  const known = await tenant.api("GET", `/v2/transactions/${transaction_id}`);
  assert.equal(known.state, "confirmed");
  assert.deepEqual(complaints, []);
});

test("both choices weigh the same", async (t) => {
  const { tenant, page } = await scene(t);
  await page.goto((await tenant.begin()).confirm_url);
  const looks = (id) =>
    page.evaluate((id) => {
      const style = getComputedStyle(document.getElementById(id));
      const names = ["width", "height", "color", "backgroundColor", "borderColor", "fontWeight"];
      return names.map((name) => style[name]);
    }, id);
  assert.deepEqual(await looks("approve"), await looks("cancel"));
});

test("who cancels has cancelled, and a page opened again says so without leading away", async (t) => {
  const { tenant, page, complaints } = await scene(t);
  const { confirm_url, transaction_id } = await tenant.begin({}, { return_url: undefined });
  await page.goto(confirm_url);
  await page.click("#cancel");
  await ended(page, "cancelled");
  assert.equal(await page.isVisible("#return"), false);
  await page.goto(confirm_url);
  assert.equal(await state(page), "cancelled");
  assert.equal(await page.isVisible("#approve"), false);
  assert.match(await page.textContent("dl"), /12\.34 EUR/);
  const known = await tenant.api("GET", `/v2/transactions/${transaction_id}`);
  assert.equal(known.state, "cancelled");
  assert.deepEqual(complaints, []);
});

test("a dismissed prompt approves nothing, and the next try succeeds", async (t) => {
  const { tenant, page, device } = await scene(t);
  await device.verifyUser(false);
  await page.goto((await tenant.begin()).confirm_url);
  await page.click("#approve");
  assert.equal(await problem(page), "CONFIRM_DISMISSED");
  assert.equal(await state(page), "pending");
  assert.equal(await page.textContent("#approve"), "Approve");
  await device.verifyUser(true);
  await page.click("#approve");
  await ended(page, "confirmed");
});

test("an approval whose answer is lost is sent again, not asked for again", async (t) => {
  const { tenant, page, device } = await scene(t);
  await page.goto((await tenant.begin()).confirm_url);
  let lost = 0;
  await page.route("**/finish", async (route) => {
    lost += 1;
    await route.fetch();
    await route.abort();
  }, { times: 1 });
  await page.click("#approve");
  assert.equal(await problem(page), "CONFIRM_UNREACHABLE");
  const count = (await device.credentials())[0].signCount;
  await page.click("#approve");
  await ended(page, "confirmed");
  assert.equal(lost, 1);
  assert.equal((await device.credentials())[0].signCount, count, "the device was not asked again");
});

for (const [status, code] of [[503, "CONFIRM_NOT_AVAILABLE"], [429, "CONFIRM_TOO_MANY"]]) {
  test(`an approval that is answered ${status} is kept and counts once`, async (t) => {
    const { tenant, page, device } = await scene(t);
    await page.goto((await tenant.begin()).confirm_url);
    await page.route("**/finish", async (route) => {
      // As if its commit got no answer: it is there, and nobody knows.
      await route.fetch();
      await route.fulfill({ status, json: { title: "x", status } });
    }, { times: 1 });
    await page.click("#approve");
    assert.equal(await problem(page), code);
    const count = (await device.credentials())[0].signCount;
    await page.click("#approve");
    await ended(page, "confirmed");
    assert.equal((await device.credentials())[0].signCount, count, "the device was not asked again");
  });
}

test("t63 a challenge of another payment is not answered", async (t) => {
  const { tenant, page, device } = await scene(t);
  await page.goto((await tenant.begin()).confirm_url);
  await page.route("**/challenge", async (route) => {
    const answer = await route.fetch();
    const body = await answer.json();
    const challenge = Buffer.from(body.publicKey.challenge, "base64url");
    challenge[63] ^= 1;
    body.publicKey.challenge = challenge.toString("base64url");
    await route.fulfill({ response: answer, json: body });
  });
  const count = (await device.credentials())[0].signCount;
  await page.click("#approve");
  assert.equal(await problem(page), "CONFIRM_MISMATCH");
  assert.equal((await device.credentials())[0].signCount, count, "nothing was signed");
});

test("t50 the browser is led nowhere but to the tenant's own address", async (t) => {
  const { tenant, page } = await scene(t);
  for (const address of ["javascript:alert(1)", "https://evil.example/", "//evil.example", "data:,x"]) {
    await page.goto((await tenant.begin()).confirm_url);
    await page.route("**/cancel", (route) =>
      route.fulfill({ json: { state: "cancelled", return_to: address } }),
    );
    await page.click("#cancel");
    await ended(page, "cancelled");
    assert.equal(await page.isVisible("#return"), false, address);
    await page.unroute("**/cancel");
  }
});

test("when the time is up the page says so by itself", async (t) => {
  const { tenant, page, complaints } = await scene(t);
  await page.goto((await tenant.begin({}, { expires_in_seconds: 30 })).confirm_url);
  assert.match(await page.textContent("#left"), /^0:(30|2\d) left$/);
  await page.waitForSelector('#main[data-state="expired"]', { timeout: 40_000 });
  assert.equal(await page.isVisible("#approve"), false);
  assert.match(await page.textContent(".end:visible"), /Time is up/);
  assert.deepEqual(complaints, []);
});

const opener = `<script>
  const heard = [];
  addEventListener("message", ({ origin, data }) => heard.push({ origin, data }));
</script>`;

test("a popup tells the shop that opened it how it ended", async (t) => {
  const { server, tenant, context, page, shop, device, complaints } = await scene(t, {
    elsewhere: opener,
  });
  const [credential] = await device.credentials();
  const { confirm_url, transaction_id } = await tenant.begin();
  await page.goto(shop);
  const opened = context.waitForEvent("page");
  await page.evaluate((url) => void open(url), `${confirm_url}?popup=1`);
  const popup = await opened;
  await (await support.authenticator(popup)).addCredential(credential);
  await popup.setViewportSize({ width: 480, height: 860 });
  await popup.click("#approve");
  await ended(popup, "confirmed");
  await page.waitForFunction(() => heard.length > 0);
  assert.deepEqual(await page.evaluate(() => heard), [
    {
      origin: server.origin,
      data: { type: "zegel:transaction", transaction_id, state: "confirmed" },
    },
  ]);
  assert.equal(await popup.isVisible("#return"), false);
  const closed = popup.waitForEvent("close");
  await popup.click("#close");
  await closed;
  // The browser itself tells of the message that was not delivered, were there one.
  assert.deepEqual(complaints, []);
});

test("t57 an opener of another origin hears nothing", async (t) => {
  const { tenant, context, page } = await scene(t);
  const hostile = await support.page(t, opener);
  const { confirm_url } = await tenant.begin();
  await page.goto(hostile);
  const opened = context.waitForEvent("page");
  await page.evaluate((url) => void open(url), `${confirm_url}?popup=1`);
  const popup = await opened;
  await popup.click("#cancel");
  await ended(popup, "cancelled");
  await popup.waitForTimeout(300);
  assert.deepEqual(await page.evaluate(() => heard), []);
});

test("t52 in a frame there is nothing to see", async (t) => {
  const { tenant, page } = await scene(t);
  const { confirm_url } = await tenant.begin();
  const framing = await support.page(t, `<iframe src="${confirm_url}"></iframe>`);
  await page.goto(framing);
  const frame = page.frames()[1];
  assert.equal(await frame.evaluate(() => document.querySelector("#approve")), null);
});

test("without scripts it shows what it is about and what to do", async (t) => {
  const { tenant, page } = await scene(t, { javaScriptEnabled: false });
  await page.goto((await tenant.begin()).confirm_url);
  assert.equal(await page.textContent(".amount dd"), "12.34 EUR");
  assert.match(await page.textContent("main"), /This page needs JavaScript/);
  assert.match(await page.textContent("#left"), /^Valid until \d\d:\d\d:\d\d UTC$/);
  assert.equal(await page.isVisible("#approve"), false);
});

test("t58 at an address the tenant does not list, it names it and only takes a no", async (t) => {
  const { server, tenant, page } = await scene(t);
  const { confirm_url } = await tenant.begin();
  await tenant.setOrigins(["http://localhost:1"]);
  await page.goto(confirm_url);
  assert.match(await page.textContent("#obstacle"), /CONFIRM_ORIGIN_NOT_LISTED/);
  assert.match(await page.textContent("#obstacle"), new RegExp(server.origin));
  assert.equal(await page.isVisible("#approve"), false);
  await page.click("#cancel");
  await ended(page, "cancelled");
});

test("t53 of two hundred payloads in every field none runs", async (t) => {
  const { server, shop, context, page, tenant } = await scene(t);
  assert.ok(payloads.length >= 200);
  const dialogs = [];
  page.on("dialog", (dialog) => dialogs.push(dialog.message()) && dialog.dismiss());
  const strangers = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(server.origin)) strangers.push(request.url());
  });
  for (const payload of payloads) {
    const { confirm_url } = await tenant.begin(
      {
        payee: { name: payload, account: payload },
        reason: payload,
        reference: payload,
      },
      { transaction_id: payload },
    );
    await page.goto(confirm_url);
    assert.equal(await page.evaluate(() => globalThis.ran), undefined, payload);
    // All of it is there to be read, and nothing else.
    assert.equal(await page.textContent(".payee dd .shown"), payload);
    assert.equal(await page.evaluate(() => document.querySelectorAll("script, style").length), 1);
  }
  assert.deepEqual([dialogs, strangers], [[], []]);

  for (const name of payloads.filter((_, place) => place % 20 === 0)) {
    const named = await support.tenant(server, { shop, name });
    await support.register(page, server.origin, named.api);
    await page.goto((await named.begin()).confirm_url);
    assert.equal(await page.textContent(".asks .shown"), name);
    assert.equal(await page.evaluate(() => globalThis.ran), undefined, name);
  }
  assert.equal(context.pages().length, 1);
});

const hostile = {
  amount: "123456789012345.67",
  payee: { name: "P\u{430}ypal \u{202e}dtL", account: "A\u{200b}".repeat(70) },
  reason: "x".repeat(140),
  reference: " <b>two</b>  spaces ",
};

test("t65 hostile texts stay within their lines on a telephone", async (t) => {
  const { tenant, page } = await scene(t, { viewport: { width: 390, height: 844 } });
  const pages = [(await tenant.begin(hostile)).confirm_url];
  for (const data of [{ to: "x".repeat(10_000), [`${"n".repeat(300)}`]: [1, { a: 2 }] }, ["raw"]]) {
    const transaction_id = `data-${pages.length}`;
    const body = { user_id: "alice", transaction_id, transaction_data: data };
    await tenant.api("POST", "/transaction/initialize", body);
    const { id } = await tenant.api("GET", `/v2/transactions/${transaction_id}`);
    pages.push(`${new URL(pages[0]).origin}/confirm/${id}`);
  }
  for (const width of [390, 320]) {
    await page.setViewportSize({ width, height: 844 });
    for (const address of pages) {
      await page.goto(address);
      assert.equal(await overflows(page), false, `${width} ${address}`);
    }
  }
  await page.goto(pages[0]);
  assert.match(await page.textContent(".payee"), /⟨U\+202E⟩/);
  assert.match(await page.textContent(".payee"), /mixes letters of different scripts/);
  await page.goto(pages[1]);
  assert.match(await page.textContent("dd > .length"), /^10000 characters/);
  await page.focus("dd > .long");
  await page.keyboard.press("End");
  await page.waitForFunction(() => document.querySelector("dd > .long").scrollTop > 0);
  await page.goto(pages[2]);
  assert.match(await page.textContent(".caution.bad"), /cannot be shown as a payment/);
});

test("Secure Payment Confirmation is asked for, and told about where there is none", async (t) => {
  const { server, tenant, page, device } = await scene(t);
  await support.register(page, server.origin, tenant.api, { user_id: "bob", payment: true });
  const icon =
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
  const spc = {
    caller_origin: server.origin,
    instrument: { display_name: "Card ··42", icon },
  };
  const rest = { user_id: "bob", method: "secure_payment_confirmation", spc };
  await page.goto((await tenant.begin({}, rest)).confirm_url);
  await page.click("#approve");
  assert.equal(await problem(page), "CONFIRM_NO_PAYMENT_PROMPT");

  const able = await support.launch("--enable-features=SecurePaymentConfirmationBrowser");
  t.after(() => able.close());
  const other = await (await support.context(t, able)).context.newPage();
  const { cdp } = await support.authenticator(other);
  await support.register(other, server.origin, tenant.api, { user_id: "bob", payment: true });
  await other.goto((await tenant.begin({}, rest)).confirm_url);
  await cdp.send("Page.enable");
  await cdp.send("Page.setSPCTransactionMode", { mode: "autoReject" });
  await other.click("#approve");
  assert.equal(await problem(other), "CONFIRM_DISMISSED");
  await cdp.send("Page.setSPCTransactionMode", { mode: "autoAccept" });
  await other.click("#approve");
  await ended(other, "confirmed");
  assert.ok(device);
});

test("what it looks like", { skip: !process.env.SHOTS }, async (t) => {
  const { tenant, server, page } = await scene(t);
  const full = {
    payee: { name: "The Corner Bakery", account: "DE02120300000000202051" },
    reason: "Six croissants and a loaf of rye",
    reference: "RF18 5390 0754 7034",
  };
  const begin = async (payment, rest) => (await tenant.begin(payment, rest)).confirm_url;
  const confirmed = await begin(full);
  await page.goto(confirmed);
  await page.click("#approve");
  await ended(page, "confirmed");
  const cancelled = await begin(full);
  await page.goto(cancelled);
  await page.click("#cancel");
  await ended(page, "cancelled");
  const data = { amount: 12.5, to: { name: "Bakery", accounts: ["a", "\u0440\u0430\u0443\u0440\u0430"] }, memo: "" };
  const ids = [];
  for (const transaction_data of [data, ["0xdeadbeef ".repeat(900)]]) {
    const transaction_id = `data-${ids.length}`;
    await tenant.api("POST", "/transaction/initialize", { user_id: "alice", transaction_id, transaction_data });
    ids.push((await tenant.api("GET", `/v2/transactions/${transaction_id}`)).id);
  }
  const unlisted = await begin(full);
  const pages = {
    pending: await begin(full),
    hostile: await begin(hostile),
    data: `${server.origin}/confirm/${ids[0]}`,
    blob: `${server.origin}/confirm/${ids[1]}`,
    confirmed,
    cancelled,
    unknown: `${server.origin}/confirm/x`,
  };
  for (const [device, viewport] of [
    ["desktop", { width: 1100, height: 800 }],
    ["phone", { width: 390, height: 844 }],
  ]) {
    for (const colorScheme of ["light", "dark"]) {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme });
      for (const [name, address] of Object.entries(pages)) {
        await page.goto(address);
        await page.waitForTimeout(100);
        const path = join(process.env.SHOTS, `${name}-${device}-${colorScheme}.png`);
        await page.screenshot({ path, fullPage: true });
      }
      await tenant.setOrigins(["http://localhost:1"]);
      await page.goto(unlisted);
      const path = join(process.env.SHOTS, `unlisted-${device}-${colorScheme}.png`);
      await page.screenshot({ path, fullPage: true });
      await tenant.setOrigins([server.origin]);
    }
  }
});
