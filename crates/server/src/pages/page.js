// @ts-check
// What the pages on which a person answers have in common. The server tells what a page is about
// in the attributes of its `main`.

/** @typedef {{ code: string, title: string, advice: string }} Problem */

/** @type {<T extends HTMLElement = HTMLElement>(id: string) => T} */
export const element = (id) => /** @type {any} */ (document.getElementById(id));

export const main = element("main");

/** What the server tells. */
export const told = /** @type {Record<string, string>} */ ({ ...main.dataset });

/** When it lapses, by this device's clock, however wrong that may be. */
export const lapses = Date.now() + Number(told.expires) - Number(told.now);

/** Little enough to hurry. */
const SOON_S = 10;

/** Long enough to read how it ended. */
export const PAUSE_MS = 1500;

/** A failure that has been understood. */
export class Failure extends Error {
  /** @param {Problem} problem */
  constructor(problem) {
    super(problem.title);
    this.problem = problem;
  }
}

/** @type {(problem: Problem) => void} */
export function tell({ code, title, advice }) {
  element("problem-title").textContent = title;
  element("problem-advice").textContent = advice;
  element("problem-code").textContent = code;
  element("problem").hidden = false;
  element("problem").scrollIntoView({ block: "nearest" });
}

/** What keeps a passkey from being used here, if anything does. It is told; where nothing can be
 * answered there is nothing to choose but to decline.
 * @type {(hindrances: { framed: Problem, insecure: Problem, unsupported: Problem }) => boolean} */
export function isHindered({ framed, insecure, unsupported }) {
  const obstacle =
    window.top !== window ? framed
    : !isSecureContext ? insecure
    : !window.PublicKeyCredential ? unsupported
    : undefined;
  if (obstacle) tell(obstacle);
  return Boolean(obstacle ?? document.getElementById("obstacle"));
}

/** Shows how much time there is. @type {(seconds: number) => void} */
export function showLeft(seconds) {
  const [minutes, rest] = [Math.floor(seconds / 60), seconds % 60];
  element("left").textContent = `${minutes}:${String(rest).padStart(2, "0")} left`;
  element("left").toggleAttribute("data-soon", seconds <= SOON_S);
}

/** Shows how it ended, and takes there who listens to the page. @type {(state: string) => void} */
export function showEnd(state) {
  main.dataset.state = state;
  element("problem").hidden = true;
  /** @type {HTMLElement | null} */ (main.querySelector(`.end[data-when="${state}"] h1`))?.focus();
  scrollTo({ top: 0 });
}

/** @type {(button: HTMLElement, isBusy: boolean) => void} */
export function setBusy(button, isBusy) {
  // Not `disabled`, which would take the focus away.
  button.setAttribute("aria-disabled", String(isBusy));
}

/** @type {(button: HTMLElement) => boolean} */
export const isBusy = (button) => button.getAttribute("aria-disabled") === "true";

// A page that the browser kept and shows again may be of another state by now.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
