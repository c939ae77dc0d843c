// @ts-check
// The shop's page. Whatever it is told by a message or an address, it asks the shop's own backend
// how things stand; the backend asks the server.

/** @type {<T extends HTMLElement = HTMLElement>(id: string) => T} */
const element = (id) => /** @type {any} */ (document.getElementById(id));

/** @type {(id: string) => HTMLButtonElement} */
const button = (id) => element(id);

/** @type {(path: string, options?: RequestInit) => Promise<any>} */
async function ask(path, options) {
  const answer = await fetch(path, options);
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.message);
  return body;
}

/** @type {(path: string, body?: object) => Promise<any>} */
const post = (path, body = {}) =>
  ask(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });

/** Runs a step, and says what went wrong if it does. @type {(step: () => Promise<void>) => Promise<void>} */
async function attempt(step) {
  element("problem").hidden = true;
  try {
    await step();
  } catch (error) {
    const { name, message } = /** @type {Error} */ (error);
    element("problem").textContent =
      name === "NotAllowedError" ? "The prompt was closed or waited too long. Try again." : message;
    element("problem").hidden = false;
    waiting("");
  }
}

/** @type {(text: string) => void} */
function waiting(text) {
  element("waiting").textContent = text;
  element("waiting").hidden = text === "";
}

function hasPasskey() {
  element("made").hidden = false;
  button("make").hidden = true;
  button("popup").disabled = false;
  button("redirect").disabled = false;
}

async function makePasskey() {
  const { publicKey } = await post("/passkey/begin");
  const options = PublicKeyCredential.parseCreationOptionsFromJSON(publicKey);
  const made = await navigator.credentials.create({ publicKey: options });
  await post("/passkey/finish", /** @type {PublicKeyCredential} */ (made).toJSON());
  hasPasskey();
}

/** Asks until there is an outcome; the page may be told to look sooner.
 * @type {(order: string) => Promise<void>} */
async function follow(order) {
  waiting("Waiting for your approval…");
  for (;;) {
    const status = await ask(`/orders/${encodeURIComponent(order)}`);
    if (status.isPaid) return paid(status);
    if (status.state !== "pending") {
      waiting(`Not paid: the payment is ${status.state}. You can try again.`);
      return;
    }
    await new Promise((resolve) => {
      lookNow = () => resolve(undefined);
      setTimeout(resolve, 2000);
    });
  }
}

/** @type {() => void} */
let lookNow = () => {};

/** @type {(status: { order: string, words: string[] }) => void} */
function paid({ order, words }) {
  waiting("");
  element("order").textContent = order;
  const items = words.map((word) => {
    const item = document.createElement("li");
    item.textContent = word;
    return item;
  });
  element("words").replaceChildren(...items);
  const link = /** @type {HTMLAnchorElement} */ (element("receipt"));
  link.href = `/orders/${encodeURIComponent(order)}/receipt`;
  element("verify").textContent =
    `zegel receipt verify ${order}.receipt.json --log-key '${facts.logKey}'`;
  element("paid").hidden = false;
  element("basket").hidden = true;
  element("paid").querySelector("h2")?.focus();
}

button("make").addEventListener("click", () => attempt(makePasskey));

button("popup").addEventListener("click", () => {
  // Opened at once, while the click still counts; it is led to the server's page as soon as the
  // shop knows which.
  const approval = open("about:blank", "approve", "popup,width=480,height=860");
  attempt(async () => {
    const { order, confirmUrl } = await post("/orders");
    if (!approval) throw new Error("The browser opened no window. Allow it, or pay on the page.");
    approval.location.replace(`${confirmUrl}?popup=1`);
    await follow(order);
  });
});

button("redirect").addEventListener("click", () =>
  attempt(async () => {
    const { confirmUrl } = await post("/orders");
    location.assign(confirmUrl);
  }),
);

// Only the server's own origin is listened to, and only as a hint.
addEventListener("message", ({ origin, data }) => {
  if (origin === facts.server && data?.type === "zegel:transaction") lookNow();
});

element("again").addEventListener("click", () => location.assign("/"));

/** @type {{ server: string, logKey: string, hasPasskey: boolean }} */
const facts = await ask("/facts");
if (facts.hasPasskey) hasPasskey();

const order = new URLSearchParams(location.search).get("transaction_id");
if (order) {
  history.replaceState(null, "", location.pathname);
  attempt(() => follow(order));
}
