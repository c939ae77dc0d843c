// @ts-check
// Asks the device for the passkey's approval of what the page shows, and tells whoever sent the
// person here how it ended. What is shown comes from the server, as it is signed; nothing of it
// is made here.

import {
  Failure, PAUSE_MS, element, isBusy, isHindered, lapses, setBusy, showEnd, showLeft, tell, told,
} from "/page.js";

/**
 * @typedef {"pending" | "confirmed" | "expired" | "cancelled" | "blocked"} State
 * @typedef {import("./page.js").Problem} Problem
 * @typedef {{ publicKey?: any, payment_request?: any }} Question
 * @typedef {{ state: State, return_to?: string }} End
 */

const approve = element("approve");
const cancel = element("cancel");

/** The state has changed behind our back: the server shows the true one. */
class Overtaken extends Error {}

/** @satisfies {Record<string, Problem>} */
const problems = {
  framed: {
    code: "CONFIRM_FRAMED",
    title: "This page lies in another one",
    advice: "Nothing is approved there. Open the link in a window of its own.",
  },
  insecure: {
    code: "CONFIRM_INSECURE",
    title: "Passkeys do not work at this address",
    advice: "Browsers allow passkeys on https and on http://localhost only. Nothing was approved.",
  },
  unsupported: {
    code: "CONFIRM_UNSUPPORTED",
    title: "This browser has no passkeys",
    advice: "Open the link in a current browser on a device that has your passkey.",
  },
  noPasskey: {
    code: "CONFIRM_NO_PASSKEY",
    title: "There is no passkey for it",
    advice: "No passkey is registered that could approve this. Nothing was approved.",
  },
  dismissed: {
    code: "CONFIRM_DISMISSED",
    title: "Nothing was approved",
    advice:
      "The prompt was closed, waited too long, or this device does not have your passkey. You can " +
      "try again; if the passkey is on another device, choose that one in the prompt.",
  },
  wrongOrigin: {
    code: "CONFIRM_WRONG_ORIGIN",
    title: "Your passkey is not for this address",
    advice:
      "Your browser refuses to use it here. If you came by a link, it may be a trap; if you run " +
      "this server, its address must belong to the relying party named above.",
  },
  noPaymentPrompt: {
    code: "CONFIRM_NO_PAYMENT_PROMPT",
    title: "This browser cannot show payments securely",
    advice:
      "This payment must be approved in a window of the browser's own, which this one does not " +
      "have. Open the link in Chrome or Edge on the device that has your passkey.",
  },
  mismatch: {
    code: "CONFIRM_MISMATCH",
    title: "This page is out of date",
    advice:
      "What would be approved is not what you see here, so nothing was. Reload the page and read " +
      "it again.",
  },
  refused: {
    code: "CONFIRM_REFUSED",
    title: "The approval was not accepted",
    advice: "The server could not verify it. Try again with the passkey you registered.",
  },
  crowded: {
    code: "CONFIRM_TOO_MANY",
    title: "Too many attempts at once",
    advice: "Wait a moment, then try again. Your approval, if you gave it, is kept.",
  },
  unavailable: {
    code: "CONFIRM_NOT_AVAILABLE",
    title: "The server cannot answer at the moment",
    advice:
      "Whether it took your approval, if you gave it, is not known; it is kept. Wait a moment, " +
      "then try again: it counts once.",
  },
  unreachable: {
    code: "CONFIRM_UNREACHABLE",
    title: "The server does not answer",
    advice: "Check your connection, then try again. Your approval, if you gave it, is kept.",
  },
};

/** After these, an approval is as good as before. */
const passing = [problems.unreachable, problems.unavailable, problems.crowded];

/** @type {(error: unknown) => Problem} */
function understood(error) {
  if (error instanceof Failure) return error.problem;
  const { name, message } = /** @type {Error} */ (error);
  if (name === "NotAllowedError" || name === "AbortError") return problems.dismissed;
  if (name === "SecurityError") return problems.wrongOrigin;
  if (name === "InvalidStateError" || name === "NotSupportedError") return problems.noPaymentPrompt;
  return { code: "CONFIRM_UNEXPECTED", title: "Something unexpected went wrong", advice: message };
}

/** @type {(text: string) => Uint8Array<ArrayBuffer>} */
function bytes(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (char) => char.charCodeAt(0));
}

/** @type {(buffer: ArrayBuffer) => string} */
function base64url(buffer) {
  const text = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** @type {(path: string, body: object) => Promise<any>} */
async function send(path, body) {
  let answer;
  try {
    answer = await fetch(`${location.pathname}/${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
  } catch {
    throw new Failure(problems.unreachable);
  }
  if (answer.status === 404 || answer.status === 409 || answer.status === 410) throw new Overtaken();
  if (answer.status === 401) throw new Failure(problems.refused);
  if (answer.status === 429) throw new Failure(problems.crowded);
  if (answer.status >= 500) throw new Failure(problems.unavailable);
  const read = await answer.json().catch(() => ({}));
  if (answer.ok) return read;
  throw new Failure({
    code: `CONFIRM_${(read.code ?? `HTTP_${answer.status}`).toUpperCase()}`,
    title: "The server did not accept it",
    advice: [read.title, read.details].filter(Boolean).join(": ") || "It gave no reason.",
  });
}

/** The digest of what is shown must end every challenge: else the page and the server differ.
 * @type {(challenge: string) => void} */
function mustBeOfThisPage(challenge) {
  const digest = [...bytes(challenge).slice(-32)];
  const hex = digest.map((byte) => byte.toString(16).padStart(2, "0")).join("");
  if (hex !== told.digest) throw new Failure(problems.mismatch);
}

/** @type {(options: any) => PublicKeyCredentialRequestOptions} */
function decoded(options) {
  const parse = PublicKeyCredential.parseRequestOptionsFromJSON;
  if (parse) return parse.call(PublicKeyCredential, options);
  const allowCredentials = options.allowCredentials?.map((/** @type {any} */ allowed) => ({
    ...allowed,
    id: bytes(allowed.id),
  }));
  return { ...options, challenge: bytes(options.challenge), allowCredentials };
}

/** @type {(options: any, signal: AbortSignal) => Promise<object>} */
async function byPasskey(options, signal) {
  mustBeOfThisPage(options.challenge);
  if (options.allowCredentials?.length === 0) throw new Failure(problems.noPasskey);
  const made = await navigator.credentials.get({ publicKey: decoded(options), signal });
  return encoded(/** @type {PublicKeyCredential} */ (made));
}

/** Secure Payment Confirmation: the browser shows payee and amount in a window of its own.
 * @type {(asked: any, signal: AbortSignal) => Promise<object>} */
async function byPaymentRequest({ total, ...asked }, signal) {
  mustBeOfThisPage(asked.challenge);
  const Request = /** @type {any} */ (window).PaymentRequest;
  const availability = await Request?.securePaymentConfirmationAvailability?.();
  if (!Request || (availability !== undefined && availability !== "available")) {
    throw new Failure(problems.noPaymentPrompt);
  }
  const data = {
    ...asked,
    challenge: bytes(asked.challenge),
    credentialIds: asked.credentialIds.map(bytes),
  };
  const method = { supportedMethods: "secure-payment-confirmation", data };
  const request = new Request([method], { total });
  // Nothing can be aborted before it is shown, nor after it was answered.
  signal.addEventListener("abort", () => request.abort().catch(() => {}));
  const response = await request.show();
  await response.complete("success");
  return encoded(response.details);
}

/** The credential as JSON. `toJSON()` would leave out the browser's own signature.
 * @type {(credential: PublicKeyCredential) => object} */
function encoded(credential) {
  const response = /** @type {AuthenticatorAssertionResponse} */ (credential.response);
  const results = /** @type {any} */ (credential.getClientExtensionResults());
  const browserBound = results.payment?.browserBoundSignature?.signature;
  return {
    id: credential.id,
    rawId: base64url(credential.rawId),
    type: credential.type,
    ...(credential.authenticatorAttachment && {
      authenticatorAttachment: credential.authenticatorAttachment,
    }),
    response: {
      clientDataJSON: base64url(response.clientDataJSON),
      authenticatorData: base64url(response.authenticatorData),
      signature: base64url(response.signature),
      ...(response.userHandle && { userHandle: base64url(response.userHandle) }),
    },
    clientExtensionResults: browserBound
      ? { payment: { browserBoundSignature: { signature: base64url(browserBound) } } }
      : {},
  };
}

/** @type {(signal: AbortSignal) => Promise<object>} */
async function ask(signal) {
  const question = /** @type {Question} */ (await send("challenge", {}));
  return question.payment_request
    ? byPaymentRequest(question.payment_request, signal)
    : byPasskey(question.publicKey, signal);
}

/** An address the server gave, if it leads where the page says it leads.
 * @type {(address: string | undefined) => string | undefined} */
function trusted(address) {
  try {
    const url = new URL(address ?? "");
    const isWeb = url.protocol === "https:" || url.protocol === "http:";
    return isWeb && url.origin === told.returnOrigin ? url.href : undefined;
  } catch {
    return undefined;
  }
}

/** Tells the opener of a popup how it ended; nobody but the tenant's own origin gets to read it.
 * @type {(state: State) => boolean} */
function report(state) {
  if (!told.popup || !told.returnOrigin || !window.opener) return false;
  const transaction_id = JSON.parse(told.transaction);
  const message = { type: "zegel:transaction", transaction_id, state };
  window.opener.postMessage(message, told.returnOrigin);
  element("close").hidden = false;
  element("return").hidden = true;
  return true;
}

/** @type {(end: End) => void} */
function end({ state, return_to }) {
  clearInterval(clock);
  showEnd(state);
  const address = trusted(return_to);
  if (address) {
    const link = /** @type {HTMLAnchorElement} */ (element("return"));
    link.href = address;
    link.hidden = false;
  }
  if (!report(state) && address) setTimeout(() => location.assign(address), PAUSE_MS);
}

/** The prompt that is open, if one is. @type {AbortController | undefined} */
let asking;

/** An approval that was given but may not have arrived is sent again, not asked for again.
 * @type {object | undefined} */
let given;

/** @type {(isWaiting: boolean) => void} */
function busy(isWaiting) {
  setBusy(approve, isWaiting);
  approve.textContent = isWaiting ? "Waiting…" : "Approve";
}

approve.addEventListener("click", async () => {
  if (isBusy(approve)) return;
  const mine = new AbortController();
  asking = mine;
  element("problem").hidden = true;
  busy(true);
  try {
    given ??= await ask(mine.signal);
    end(await send("finish", given));
  } catch (error) {
    if (mine.signal.aborted) return;
    if (error instanceof Overtaken) return location.reload();
    const problem = understood(error);
    if (!passing.includes(problem)) given = undefined;
    tell(problem);
  } finally {
    busy(false);
  }
});

cancel.addEventListener("click", async () => {
  asking?.abort();
  element("problem").hidden = true;
  try {
    end(await send("cancel", {}));
  } catch (error) {
    if (error instanceof Overtaken) return location.reload();
    tell(understood(error));
  }
});

element("close").addEventListener("click", () => window.close());

/** Minutes that were last spoken: a screen reader is told once a minute, not every second. */
let spoken = Infinity;

function tick() {
  const seconds = Math.ceil((lapses - Date.now()) / 1000);
  if (seconds <= 0) {
    clearInterval(clock);
    asking?.abort();
    // The server says how it ended, by its own clock.
    setTimeout(() => location.reload(), 1000);
  }
  const shown = Math.max(0, seconds);
  showLeft(shown);
  const coming = Math.ceil(shown / 60);
  if (coming < spoken && coming > 0) {
    spoken = coming;
    element("spoken").textContent =
      coming === 1 ? "Less than a minute is left to answer." : `${coming} minutes are left to answer.`;
  }
}

let clock = 0;
if (told.state === "pending") {
  clock = setInterval(tick, 1000);
  tick();
  approve.hidden = isHindered(problems);
  element("choices").hidden = false;
} else {
  report(/** @type {State} */ (told.state));
}
