// @ts-check
// Registers the first passkey, founds the organisation with it, and proves that it works.

/**
 * @typedef {{ code: string, title: string, advice: string }} Problem
 * @typedef {{ organizationId: string, userId: string }} Founded
 */

// The token is for this page alone: it must not stay in the address bar, in the history, or in
// what somebody copies from either.
const token = location.hash.slice(1);
history.replaceState(null, "", location.pathname);

/** @type {<T extends HTMLElement = HTMLElement>(id: string) => T} */
const element = (id) => /** @type {any} */ (document.getElementById(id));

/** @type {(id: string) => string} */
const typed = (id) => /** @type {HTMLInputElement} */ (element(id)).value.trim();

/** @type {(bytes: ArrayBuffer | Uint8Array) => string} */
function base64url(bytes) {
  const text = String.fromCharCode(...new Uint8Array(bytes));
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** A failure that has been understood. */
class Failure extends Error {
  /** @param {Problem} problem */
  constructor(problem) {
    super(problem.title);
    this.problem = problem;
  }
}

/** @type {Record<string, Problem>} */
const problems = {
  token: {
    code: "FIRST_STEP_NO_TOKEN",
    title: "This address is not complete",
    advice:
      "Open the whole link that the server printed when it started, with everything after the #. " +
      "After a reload, open it again from there.",
  },
  insecure: {
    code: "FIRST_STEP_INSECURE",
    title: "Passkeys do not work at this address",
    advice:
      "Browsers allow passkeys on https and on http://localhost only. Open the server as localhost, " +
      "give it a public-url with https, or use “zegel init” on its machine.",
  },
  unsupported: {
    code: "FIRST_STEP_UNSUPPORTED",
    title: "This browser has no passkeys",
    advice: "Open the link in a current browser, or use “zegel init” on the machine of the server.",
  },
  cancelled: {
    code: "FIRST_STEP_CANCELLED",
    title: "No passkey was registered",
    advice:
      "The prompt was closed, refused, or waited too long. Nothing has happened yet; you can try again.",
  },
  unsuitable: {
    code: "FIRST_STEP_UNSUITABLE",
    title: "This device cannot make the passkey",
    advice: "It offers none of the accepted kinds (ES256, RS256). Choose another device in the prompt.",
  },
  unreachable: {
    code: "FIRST_STEP_UNREACHABLE",
    title: "The server does not answer",
    advice: "Check that it is still running, then try again. The link stays valid until it is used.",
  },
};

/** Problems the server tells by code. */
const answered = {
  FIRST_STEP_TOKEN: {
    title: "The server does not know this link",
    advice:
      "It may have been started anew since: each start prints a new link, and only the newest is good.",
  },
  FIRST_STEP_TAKEN: {
    title: "The first step has been taken already",
    advice:
      "If it was not you, stop the server: somebody else read the link. Nothing of yours can be in it yet.",
  },
};

/** @type {(error: unknown) => Problem} */
function understood(error) {
  if (error instanceof Failure) return error.problem;
  const { name, message } = /** @type {Error} */ (error);
  if (name === "NotAllowedError" || name === "AbortError") return problems.cancelled;
  if (name === "NotSupportedError" || name === "ConstraintError") return problems.unsuitable;
  if (name === "SecurityError") return problems.insecure;
  return { code: "FIRST_STEP_UNEXPECTED", title: "Something unexpected went wrong", advice: message };
}

/** @type {(problem: Problem) => void} */
function tell({ code, title, advice }) {
  element("problem-title").textContent = title;
  element("problem-advice").textContent = advice;
  element("problem-code").textContent = code;
  element("problem").hidden = false;
  element("problem").scrollIntoView({ block: "nearest" });
}

/** @type {(step: "names" | "passkey" | "done") => void} */
function at(step) {
  for (const item of document.querySelectorAll("[data-step]")) {
    if (item.getAttribute("data-step") === step) item.setAttribute("aria-current", "step");
    else item.removeAttribute("aria-current");
  }
}

/**
 * Asks the device for a passkey. The protocol has the client make the challenge; what authorises
 * the passkey is the token it is sent with.
 * @type {(organisation: string, user: string) => Promise<object>}
 */
async function register(organisation, user) {
  const challenge = crypto.getRandomValues(new Uint8Array(32));
  const made = await navigator.credentials.create({
    publicKey: {
      challenge,
      rp: { name: "zegel" },
      user: {
        id: crypto.getRandomValues(new Uint8Array(16)),
        name: `${user} (${organisation})`,
        displayName: user,
      },
      pubKeyCredParams: [
        { type: "public-key", alg: -7 },
        { type: "public-key", alg: -257 },
      ],
      authenticatorSelection: { residentKey: "preferred", userVerification: "preferred" },
      attestation: "none",
      timeout: 300_000,
    },
  });
  const passkey = /** @type {PublicKeyCredential} */ (made);
  const response = /** @type {AuthenticatorAttestationResponse} */ (passkey.response);
  credentialId = passkey.rawId;
  return {
    authenticatorName: "First passkey",
    challenge: base64url(challenge),
    attestation: {
      credentialId: base64url(passkey.rawId),
      clientDataJson: base64url(response.clientDataJSON),
      attestationObject: base64url(response.attestationObject),
      transports: (response.getTransports?.() ?? [])
        .map((name) => `AUTHENTICATOR_TRANSPORT_${name.toUpperCase()}`)
        .filter((name) => /_(BLE|INTERNAL|NFC|USB|HYBRID)$/.test(name)),
    },
  };
}

/** @type {(organizationName: string, userName: string, passkey: object) => Promise<Founded>} */
async function found(organizationName, userName, passkey) {
  const answer = await send("/first-step", JSON.stringify({ organizationName, userName, passkey }), {
    Authorization: `Bearer ${token}`,
  });
  const body = await answer.json();
  if (answer.ok) return body;
  throw new Failure({
    code: body.code,
    title: "The server did not accept it",
    advice: body.message,
    .../** @type {Record<string, object>} */ (answered)[body.code],
  });
}

/** @type {(path: string, body: string, headers: Record<string, string>) => Promise<Response>} */
async function send(path, body, headers) {
  try {
    return await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...headers },
      body,
    });
  } catch {
    throw new Failure(problems.unreachable);
  }
}

/**
 * Asks the server who we are, stamped by the new passkey over the very bytes that are sent.
 * @type {(founded: Founded) => Promise<string>}
 */
async function whoami({ organizationId }) {
  const body = JSON.stringify({ organizationId });
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(body));
  const hex = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const made = await navigator.credentials.get({
    publicKey: {
      challenge: new TextEncoder().encode(hex),
      allowCredentials: [{ type: "public-key", id: /** @type {ArrayBuffer} */ (credentialId) }],
      userVerification: "preferred",
      timeout: 300_000,
    },
  });
  const { response } = /** @type {PublicKeyCredential} */ (made);
  const assertion = /** @type {AuthenticatorAssertionResponse} */ (response);
  const stamp = JSON.stringify({
    credentialId: base64url(/** @type {ArrayBuffer} */ (credentialId)),
    clientDataJson: base64url(assertion.clientDataJSON),
    authenticatorData: base64url(assertion.authenticatorData),
    signature: base64url(assertion.signature),
  });
  const answer = await send("/public/v1/query/whoami", body, { "X-Stamp-Webauthn": stamp });
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.message);
  return told.username;
}

/** @type {(founded: Founded) => Promise<void>} */
async function prove(founded) {
  const proof = element("proof");
  element("prove").hidden = true;
  proof.dataset.state = "asking";
  proof.textContent =
    "Your passkey is registered. To see that it works, your device asks once more: it will stamp the question “who am I?”.";
  try {
    const name = await whoami(founded);
    proof.dataset.state = "good";
    proof.textContent = `Your passkey works: it asked the server who you are, and the answer was ${name}.`;
  } catch (error) {
    proof.dataset.state = "bad";
    proof.textContent =
      `The passkey is registered, but the trial did not succeed (${understood(error).code}). ` +
      "The organisation exists; try once more.";
    element("prove").hidden = false;
  }
}

/** @type {(founded: Founded, organisation: string) => Promise<void>} */
async function finish(founded, organisation) {
  element("names").hidden = true;
  element("organisation-name").textContent = organisation;
  element("organisation-id").textContent = founded.organizationId;
  element("user-id").textContent = founded.userId;
  element("address").textContent = location.origin;
  element("done").hidden = false;
  at("done");
  element("done").querySelector("h1")?.focus();
  element("prove").addEventListener("click", () => prove(founded));
  await prove(founded);
}

/** @type {ArrayBuffer | undefined} */
let credentialId;

/** A passkey that was made but not yet accepted is offered again, not made twice. @type {object | undefined} */
let registered;

element("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const organisation = typed("organisation");
  const user = typed("user");
  const button = /** @type {HTMLButtonElement} */ (element("register"));
  element("problem").hidden = true;
  button.disabled = true;
  button.textContent = "Waiting for your device…";
  at("passkey");
  try {
    registered ??= await register(organisation, user);
    await finish(await found(organisation, user, registered), organisation);
  } catch (error) {
    at("names");
    tell(understood(error));
  } finally {
    button.disabled = false;
    button.textContent = "Register my passkey";
  }
});

for (const button of document.querySelectorAll(".copy")) {
  button.addEventListener("click", async () => {
    const copied = element(button.getAttribute("data-copies") ?? "");
    await navigator.clipboard.writeText(copied.textContent ?? "");
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), 2000);
  });
}

element("host").textContent = location.hostname;
const obstacle = !token
  ? problems.token
  : !isSecureContext || /^[\d.]+$|:/.test(location.hostname)
    ? problems.insecure
    : !window.PublicKeyCredential
      ? problems.unsupported
      : undefined;
if (obstacle) {
  element("form").hidden = true;
  tell(obstacle);
}
