// @ts-check
// Answers a passkey session: asks the device, submits what it signs, and tells whoever sent the
// person here how it ended. What is shown and signed comes from the server with the page; nothing
// is read from its address.

import {
  Failure, PAUSE_MS, element, isBusy, isHindered, lapses, main, setBusy, showEnd, showLeft, tell, told,
} from "/page.js";
import { makePasskey, sign } from "/passkey-session.js";
import { byCode, byReason, problems } from "/session-problems.js";

/**
 * @typedef {import("../../../../sdk/passkey-session.js").Session} Session
 * @typedef {import("../../../../sdk/passkey-session.js").Made} Made
 * @typedef {import("../../../../sdk/passkey-session.js").Payload} Payload
 * @typedef {import("./page.js").Problem} Problem
 * @typedef {{ passkeyAccount?: string, sessionKey?: string, expiration?: number, signature?: string }} Bound
 * @typedef {{ error: string, errorDescription: string }} Unbound
 */

const session = /** @type {Session} */ (JSON.parse(told.session));
const go = element("go");
const plainWords = go.textContent ?? "";
const hint = element("step").textContent ?? "";

/** Too late, says the server. */
class Expired extends Error {}

/** After these, what was signed is as good as before. */
const passing = [problems.unreachable, problems.crowded, problems.unavailable];

/** @type {(error: unknown) => Problem} */
function understood(error) {
  if (error instanceof Failure) return error.problem;
  const { name, message } = /** @type {Error} */ (error);
  if (name === "NotAllowedError" || name === "AbortError") {
    return session.action === "create" && !made ? problems.notMade : problems.dismissed;
  }
  if (name === "SecurityError") return problems.wrongOrigin;
  if (["NotSupportedError", "ConstraintError", "InvalidStateError"].includes(name)) return problems.unfit;
  return { code: "SESSION_UNEXPECTED", title: "Something unexpected went wrong", advice: message };
}

/** @type {(payload: Payload) => Promise<Bound>} */
async function submit(payload) {
  const door = session.action === "find" ? "find" : "submit";
  let answer;
  try {
    answer = await fetch(`/api/grid/v1/passkeys/${door}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(payload),
    });
  } catch {
    throw new Failure(problems.unreachable);
  }
  const read = await answer.json().catch(() => ({}));
  if (!answer.ok) throw failure(read, answer.status);
  const { key, expiration } = read.sessionKey ?? {};
  return {
    ...(read.passkeyAccount && { passkeyAccount: read.passkeyAccount }),
    ...(key && { sessionKey: key, expiration }),
    ...(read.evm && { signature: read.evm.signature }),
  };
}

/** As what the server has refused the answer, for programs. */
let refusal = "";

/** @type {(said: any, status: number) => Error} */
function failure(said, status) {
  if (["ChallengeExpired", "SlotExpired"].includes(said.code)) return new Expired();
  const problem = byReason[said.details?.[0]?.code] ?? byCode[said.code] ?? unnamed(said, status);
  if (!passing.includes(problem)) refusal = said.code ?? `HTTP_${status}`;
  return new Failure(problem);
}

/** @type {(said: any, status: number) => Problem} */
function unnamed(said, status) {
  if (status >= 500) return problems.unavailable;
  return {
    code: `SESSION_${said.code ?? `HTTP_${status}`}`,
    title: "The server did not accept it",
    advice: said.message ?? "It gave no reason.",
  };
}

/** A passkey that was made while its session failed: kept as long as the tab, so that the next link
 * does not make a second one. Neither half is a secret. */
const shelf = `zegel:made:${session.tenant}`;

/** @returns {Made | undefined} */
function kept() {
  try {
    const { id, publicKey } = JSON.parse(sessionStorage.getItem(shelf) ?? "{}");
    return typeof id === "string" && typeof publicKey === "string" ? { id, publicKey } : undefined;
  } catch {
    return undefined;
  }
}

/** @type {(made: Made | undefined) => void} */
function keep(made) {
  try {
    if (made) sessionStorage.setItem(shelf, JSON.stringify(made));
    else sessionStorage.removeItem(shelf);
  } catch {
    // Without storage it is kept as long as the page.
  }
}

/** @type {Made | undefined} */
let made = session.action === "create" ? kept() : undefined;

/** What was signed but may not have arrived is sent again, not signed again.
 * @type {Payload | undefined} */
let signed;

/** The prompt that is open, if one is. @type {AbortController | undefined} */
let asking;

let isSending = false;

/** @type {(signal: AbortSignal) => Promise<Bound>} */
async function answer(signal) {
  if (session.action === "create" && !made) {
    step("1 of 2: your device makes the passkey.");
    made = await makePasskey(session, signal);
    keep(made);
  }
  if (!signed) {
    step(session.action === "create" ? "2 of 2: your device signs with the passkey." : "Your device signs.");
    signed = await sign(session, { made, signal });
  }
  step("Sending it…");
  isSending = true;
  // Until the server says otherwise, it may have arrived.
  main.dataset.sent = "yes";
  try {
    return await submit(signed);
  } finally {
    isSending = false;
  }
}

/** @type {(words: string) => void} */
const step = (words) => void (element("step").textContent = words);

/** @type {(isWaiting: boolean) => void} */
function busy(isWaiting) {
  for (const button of [go, element("anew")]) setBusy(button, isWaiting);
  element("other").hidden = !made || Boolean(signed);
  if (isWaiting) {
    go.textContent = "Waiting…";
  } else if (signed) {
    go.textContent = "Send it again";
    step("Your device has signed; it only has to be sent.");
  } else if (made) {
    go.textContent = "Use the passkey I just made";
    step("It was made here a moment ago and only has to sign.");
  } else {
    go.textContent = plainWords;
    step(hint);
  }
}

async function proceed() {
  if (isBusy(go)) return;
  const mine = new AbortController();
  asking = mine;
  element("problem").hidden = true;
  busy(true);
  try {
    succeed(await answer(mine.signal));
  } catch (error) {
    if (error instanceof Expired) {
      delete main.dataset.sent;
      return expire();
    }
    if (mine.signal.aborted) return;
    const problem = understood(error);
    if (!passing.includes(problem)) {
      signed = undefined;
      delete main.dataset.sent;
    }
    // The server takes one answer to a link, believed or not.
    tell(problem);
    if (refusal) stop(problem);
  } finally {
    busy(false);
  }
}

/** @type {(state: "confirmed" | "cancelled" | "expired") => void} */
function end(state) {
  clearInterval(clock);
  asking?.abort();
  showEnd(state);
}

/** @type {(bound: Bound) => void} */
function succeed(bound) {
  if (session.action === "create") keep(undefined);
  element("account").textContent = bound.passkeyAccount ?? "";
  element("account-shown").hidden = !bound.passkeyAccount;
  end("confirmed");
  deliver(bound, PAUSE_MS);
}

function expire() {
  end("expired");
  element("kept").hidden = !made;
  const errorDescription = "the link was not answered within its minute";
  deliver({ error: "ChallengeExpired", errorDescription });
}

/** Nothing can be answered with this link any more. @type {(problem: Problem) => void} */
function stop(problem) {
  clearInterval(clock);
  main.dataset.state = "refused";
  // It would be offered again, and refused again.
  if (problem === problems.unfitPasskey) keep(undefined);
  element("onward").before(element("problem"));
  element("problem-title").focus();
  deliver({ error: refusal, errorDescription: problem.title });
}

/** Tells how it ended: the opener of a popup, or who is led back to. Of other origins than the one
 * the tenant listed nobody hears anything.
 * @type {(outcome: Bound | Unbound, pause?: number) => void} */
function deliver(outcome, pause) {
  if (told.popup && told.redirectOrigin && window.opener) {
    for (const message of messages(outcome)) window.opener.postMessage(message, told.redirectOrigin);
    element("close").hidden = false;
  } else if (told.redirect) {
    const link = /** @type {HTMLAnchorElement} */ (element("return"));
    link.href = address(outcome);
    link.hidden = false;
    if (pause !== undefined) setTimeout(() => location.assign(link.href), pause);
  }
}

/** In our words, and in those that pages of this protocol listen for.
 * @type {(outcome: Bound | Unbound) => object[]} */
function messages(outcome) {
  const ours = { type: "zegel:session", ...outcome };
  if (!("error" in outcome)) return [ours, { type: "authz_complete", ...outcome }];
  const { error: code, errorDescription: message } = outcome;
  const challengeExpired = code === "ChallengeExpired";
  return [ours, { type: "authz_error", message, details: [{ code, message }], challengeExpired }];
}

/** @type {(outcome: Bound | Unbound) => string} */
function address(outcome) {
  const url = new URL(told.redirect);
  if ("error" in outcome) {
    url.searchParams.set("error", outcome.error);
    url.searchParams.set("error-description", outcome.errorDescription);
    return url.href;
  }
  const { passkeyAccount, sessionKey, expiration, signature } = outcome;
  if (passkeyAccount) url.searchParams.set("passkey-account", passkeyAccount);
  if (sessionKey) {
    url.searchParams.set("session-key", sessionKey);
    url.searchParams.set("expiration", String(expiration));
  }
  if (signature) url.searchParams.set("signature", signature);
  url.searchParams.set("state", "ok");
  return url.href;
}

go.addEventListener("click", proceed);

element("anew").addEventListener("click", () => {
  if (isBusy(go)) return;
  made = signed = undefined;
  keep(undefined);
  proceed();
});

element("cancel").addEventListener("click", () => {
  // What is on its way cannot be called back.
  if (isSending) return;
  end("cancelled");
  deliver({ error: "Cancelled", errorDescription: "the person chose not to" }, PAUSE_MS);
});

element("close").addEventListener("click", () => window.close());

/** Seconds at which a screen reader is told, the next one last. */
const milestones = [10, 30];

function tick() {
  const seconds = Math.max(0, Math.ceil((lapses - Date.now()) / 1000));
  // What is on its way may still be in time.
  if (seconds === 0 && !isSending) return expire();
  showLeft(seconds);
  const next = milestones.at(-1) ?? -1;
  if (seconds > next) return;
  milestones.pop();
  element("spoken").textContent = `${seconds} seconds are left to answer.`;
}

let clock = 0;
if (told.state === "pending") {
  clock = setInterval(tick, 1000);
  tick();
  busy(false);
  go.hidden = isHindered(problems);
  if (go.hidden) element("other").hidden = true;
  element("choices").hidden = false;
} else {
  expire();
}
