// The page of an app whose users have passkeys and pay with them. The tests call these functions;
// nothing here knows that it is being tested.

import * as webauthnJson from "@github/webauthn-json";
import { startAuthentication, startRegistration } from "@simplewebauthn/browser";
import {
  apiClientFirstLogin,
  signInWithPasskey,
} from "@teamhanko/passkeys-next-auth-provider/client";
import { getSession } from "next-auth/react";

import { show } from "./payment-sheet.js";

/** Where zegel is: another origin than this page's, so what is asked there is cross-origin. */
const { zegel: baseUrl, tenantId } = await (await fetch("/configuration")).json();

async function backend(path, body = {}) {
  const response = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok)
    throw Object.assign(new Error(answer.message ?? answer.title), {
      name: "Refused",
      status: response.status,
      code: answer.code,
    });
  return answer;
}

/** Three ways to put the options to the browser and to read what it answers. */
const ways = {
  native: {
    create: async ({ publicKey }, signal) => {
      const options = PublicKeyCredential.parseCreationOptionsFromJSON(publicKey);
      return (await navigator.credentials.create({ publicKey: options, signal })).toJSON();
    },
    get: async ({ publicKey }, signal) => {
      const options = PublicKeyCredential.parseRequestOptionsFromJSON(publicKey);
      return (await navigator.credentials.get({ publicKey: options, signal })).toJSON();
    },
  },
  webauthnJson: {
    create: (options) => webauthnJson.create(options),
    get: (options) => webauthnJson.get(options),
  },
  simplewebauthn: {
    create: ({ publicKey }) => startRegistration({ optionsJSON: publicKey }),
    get: ({ publicKey }) => startAuthentication({ optionsJSON: publicKey }),
  },
};

/** Runs a ceremony: begin, let the browser answer, finish. */
async function ceremony(path, kind, { way = "native", body, patience } = {}) {
  const options = await backend(`${path}/start`, body);
  const signal = patience && AbortSignal.timeout(patience);
  return backend(`${path}/finish`, await ways[way][kind](options, signal));
}

/** Makes a passkey: the token. */
const register = (userId, how) =>
  ceremony("/register", "create", { ...how, body: { userId, username: userId } });

/** Makes a second factor. */
const registerFactor = (userId, how) =>
  ceremony("/mfa/register", "create", { ...how, body: { userId, username: userId } });

/** Makes a passkey that may pay. */
async function registerForPayments(userId) {
  const user = { user_id: userId, username: userId, payment: true };
  const options = await backend("/as-backend/registration/initialize", user);
  return backend("/register/finish", await ways.native.create(options));
}

/** Logs in without a name. */
const logIn = (how) => ceremony("/login", "get", how);

/** Logs in with a second factor. */
const logInWithFactor = (userId, how) =>
  ceremony("/mfa/login", "get", { ...how, body: { userId } });

/** Logs in as somebody the app knows already. */
async function logInAs(user_id, way = "native") {
  const options = await backend("/as-backend/login/initialize", { user_id });
  return backend("/login/finish", await ways[way].get(options));
}

/** Opens a session, as the documentation of the provider says. */
async function signIn() {
  await signInWithPasskey({ tenantId, baseUrl, redirect: false });
  return getSession();
}

/** The same, offered while the person fills in a form; answers when somebody is signed in. */
async function signInConditionally() {
  signInWithPasskey.conditional({ tenantId, baseUrl, redirect: false });
  for (;;) {
    const session = await getSession();
    if (session) return session;
    await new Promise((later) => setTimeout(later, 20));
  }
}

/** Logs in straight at zegel, without this app's backend: the token. */
const logInFromPage = () => apiClientFirstLogin({ tenantId, baseUrl });

/** Confirms a transaction of the published guide: the token. */
async function confirm(transaction, { way = "native", patience } = {}) {
  const options = await backend("/transaction/initialize", transaction);
  const signal = patience && AbortSignal.timeout(patience);
  return backend("/transaction/finalize", await ways[way].get(options, signal));
}

const path = (id, verb) => `/as-backend/v2/transactions/${encodeURIComponent(id)}/${verb}`;

/** Confirms a payment that the backend has begun. */
async function pay({ transaction_id: id, publicKey }, { way = "native", patience } = {}) {
  const signal = patience && AbortSignal.timeout(patience);
  return backend(path(id, "confirm"), await ways[way].get({ publicKey }, signal));
}

/** Confirms one on the browser's own payment sheet. `changes` is what a dishonest page shows. */
async function payOnSheet({ transaction_id: id, payment_request: request }, changes) {
  return backend(path(id, "confirm"), await show({ ...request, ...changes }));
}

/** Shows the payment sheet, and gives what came of it to whoever asks. */
const showSheet = ({ payment_request: request }) => show(request);

/** Tells the browser which passkeys there still are. */
async function signal({ rpId, userId, allAcceptedCredentialIds }) {
  await PublicKeyCredential.signalAllAcceptedCredentials({
    rpId,
    userId,
    allAcceptedCredentialIds,
  });
}

/** Asks zegel something as any page can. */
async function ask(tenant, path) {
  const response = await fetch(`${baseUrl}${tenant}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
  });
  return { status: response.status, json: await response.json() };
}

const functions = {
  ask,
  confirm,
  logIn,
  logInAs,
  logInFromPage,
  logInWithFactor,
  pay,
  payOnSheet,
  register,
  registerFactor,
  registerForPayments,
  showSheet,
  signIn,
  signInConditionally,
  signal,
};

/** What went wrong, in a form that leaves the page. */
const refusal = ({ name, message, status, code }) => ({
  refused: { name, message, status, code },
});

globalThis.app = Object.fromEntries(
  Object.entries(functions).map(([name, call]) => [
    name,
    async (...args) => call(...args).catch(refusal),
  ]),
);
