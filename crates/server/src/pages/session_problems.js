// @ts-check
// What goes wrong with a passkey session, in words for people.

/** @typedef {import("./page.js").Problem} Problem */

/** @satisfies {Record<string, Problem>} */
export const problems = {
  framed: {
    code: "SESSION_FRAMED",
    title: "This page lies in another one",
    advice:
      "Passkeys are not used inside of another page, for nobody could tell whose it is. Open the " +
      "link in a window of its own.",
  },
  insecure: {
    code: "SESSION_INSECURE",
    title: "Passkeys do not work at this address",
    advice: "Browsers allow passkeys on https and on http://localhost only.",
  },
  unsupported: {
    code: "SESSION_UNSUPPORTED",
    title: "This browser has no passkeys",
    advice: "Start again in a current browser, on a device that has or can keep your passkey.",
  },
  dismissed: {
    code: "SESSION_DISMISSED",
    title: "Your device did not answer",
    advice:
      "The prompt was closed, waited too long, or this device does not have your passkey. You can " +
      "try again; if the passkey is on another device, choose that one in the prompt.",
  },
  notMade: {
    code: "SESSION_NOT_MADE",
    title: "No passkey was made",
    advice:
      "The prompt was closed or waited too long, or this device cannot keep another passkey. You " +
      "can try again and choose another place for it in the prompt.",
  },
  unfit: {
    code: "SESSION_UNFIT",
    title: "This device cannot make such a passkey",
    advice: "Try again and choose another place for it in the prompt: a telephone or a password manager.",
  },
  wrongOrigin: {
    code: "SESSION_WRONG_ORIGIN",
    title: "Your passkey is not for this address",
    advice: "Your browser refuses to use it here. If a link brought you, it may be a trap.",
  },
  noAccount: {
    code: "SESSION_NO_ACCOUNT",
    title: "This passkey has no account here",
    advice:
      "Go back to the app and start again there with another passkey. If you have none yet, make an " +
      "account first.",
  },
  used: {
    code: "SESSION_USED",
    title: "This link was answered already",
    advice:
      "If that was you a moment ago, go back: it may have worked. If not, start again there and " +
      "tell the app’s people.",
  },
  refused: {
    code: "SESSION_REFUSED",
    title: "The answer was not accepted",
    advice: "The server could not verify it. Go back to the app and start again there.",
  },
  unfitPasskey: {
    code: "SESSION_UNFIT_PASSKEY",
    title: "This passkey’s app does not work here",
    advice:
      "What keeps your passkey, a password manager perhaps, leaves out something that must be " +
      "signed. Start again in the app and keep the passkey elsewhere: on your device, or in another " +
      "password manager.",
  },
  unfitBrowser: {
    code: "SESSION_UNFIT_BROWSER",
    title: "This browser signs it in other words",
    advice:
      "What your browser or password manager wrote cannot be verified on the chain. Nothing was " +
      "done. Update it, or start again in another browser.",
  },
  unfitPage: {
    code: "SESSION_UNFIT_PAGE",
    title: "This page’s address does not work on the chain",
    advice:
      "Nothing is wrong with your passkey, and nothing was done. Tell the app’s people: the page " +
      "must lie at the very domain of its passkeys, of at most 32 characters.",
  },
  copied: {
    code: "SESSION_COUNTER",
    title: "This passkey may have been copied",
    advice:
      "It counts its uses, and the count went backwards. If you did not restore it from a copy, do " +
      "not use it any more.",
  },
  absent: {
    code: "SESSION_ABSENT",
    title: "Nobody touched the device",
    advice: "The passkey signed without asking anybody, which is not accepted. Start again in the app.",
  },
  exists: {
    code: "SESSION_ACCOUNT_EXISTS",
    title: "This passkey has an account already",
    advice: "Go back to the app and sign in with it, instead of making an account.",
  },
  onChain: {
    code: "SESSION_ON_CHAIN",
    title: "The chain did not take it",
    advice: "Nothing was changed. Go back to the app and start again there.",
  },
  unverified: {
    code: "SESSION_UNVERIFIED",
    title: "Your device did not ask who you are",
    advice:
      "This account takes no signature without a fingerprint, face or PIN. Start again in the app, and " +
      "set one of them up on your device or security key first.",
  },
  crowded: {
    code: "SESSION_TOO_MANY",
    title: "Too many attempts at once",
    advice: "Wait a few seconds, then try again. You will not be asked to sign again.",
  },
  unavailable: {
    code: "SESSION_UNAVAILABLE",
    title: "The server cannot answer at the moment",
    advice: "Try again while there is time. You will not be asked to sign again.",
  },
  unreachable: {
    code: "SESSION_UNREACHABLE",
    title: "The server does not answer",
    advice: "Check your connection, then try again. You will not be asked to sign again.",
  },
};

/** Why an answer was not believed, by the codes of the reasons. @type {Record<string, Problem>} */
export const byReason = {
  cross_origin_not_allowed: problems.framed,
  top_origin_without_cross_origin: problems.framed,
  top_origin: problems.framed,
  cross_origin_missing: problems.unfitPasskey,
  unknown_member: problems.unfitBrowser,
  reminder: problems.unfitBrowser,
  member_order: problems.unfitBrowser,
  spelling: problems.unfitBrowser,
  origin_scheme: problems.unfitPage,
  origin_subdomain: problems.unfitPage,
  origin_host: problems.unfitPage,
  origin_port: problems.unfitPage,
  rp_id_empty: problems.unfitPage,
  rp_id_too_long: problems.unfitPage,
  rp_id_quote: problems.unfitPage,
  counter: problems.copied,
  sign_count_not_increased: problems.copied,
  user_presence: problems.absent,
  user_presence_missing: problems.absent,
  account_exists: problems.exists,
  user_verification: problems.unverified,
  beginning: problems.unfitBrowser,
  fields: problems.unfitBrowser,
  on_chain: problems.onChain,
  lapsed: problems.onChain,
};

/** What the doors of the API say, by their codes. @type {Record<string, Problem>} */
export const byCode = {
  ChallengeAlreadyUsed: problems.used,
  NoValidExternallySignedAccount: problems.noAccount,
  InvalidAuthenticatorResponse: problems.refused,
  RateLimited: problems.crowded,
  Unavailable: problems.unavailable,
};
