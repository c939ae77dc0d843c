// What the hosted Passkey API answers, area by area: for each request a status and a part of
// its title and details. The rows are in `support/tenants/checklist`, the passkeys our own.

import assert from "node:assert/strict";
import { before, describe, it } from "node:test";

import { ceremonies } from "../support/tenants/checklist/ceremonies.js";
import { management } from "../support/tenants/checklist/management.js";
import { operator } from "../support/tenants/checklist/operator.js";
import { newWorld } from "../support/tenants/checklist/world.js";

let world;
before(async () => {
  world = await newWorld();
});

for (const [area, rows] of Object.entries({ ...management, ...ceremonies, ...operator })) {
  describe(area, () => {
    for (const row of rows) it(row[0], () => check(...row));
  });
}

/**
 * @param {string} name
 * @param {(world: object) => Promise<object>} ask
 * @param {number} status
 * @param {string | ((answer: object) => void)} [expected] a part of the title; or, of a success,
 *   what else must hold
 * @param {string} [details] a part of them; of `""`, all
 */
async function check(name, ask, status, expected, details) {
  const answer = await ask(world);
  assert.equal(answer.status, status, `${answer.status} ${answer.text}`);
  if (status === 204) assert.equal(answer.text, "");
  if (status >= 400) problem(answer, expected, details);
  else expected?.(answer);
}

function problem({ status, json, text, headers }, title, details) {
  assert.match(headers.get("content-type"), /^application\/json/);
  assert.ok(json, text);
  assert.equal(json.status, status);
  assert.equal(typeof json.title, "string");
  assert.equal(typeof json.details, "string");
  assert.ok(json.title.includes(title), `title: ${text}`);
  if (details === "") assert.equal(json.details, "");
  else if (details !== undefined)
    assert.ok(json.details.includes(details), `details: ${text}`);
}
