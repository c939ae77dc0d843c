// How long @simplewebauthn/server takes to verify an assertion of a passkey.
//
// Reads the fixture that compat/peers/rust makes from standard input and prints one JSON object:
// verifications a second, one after the other and with fifty at once. Node.js does the elliptic
// curve in other threads, so with many at once wall-clock time flatters it; a second is then one of
// processor time, over all threads.

import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { verifyAuthenticationResponse } from "@simplewebauthn/server";

const manifest = new URL("package.json", import.meta.url);
const { dependencies } = JSON.parse(readFileSync(manifest, "utf8"));

const fixture = JSON.parse(await text(process.stdin));
const body = JSON.stringify(fixture.response);
const publicKey = new Uint8Array(Buffer.from(fixture.publicKey, "base64url"));

/** One verification, from the JSON text that a browser sent. */
async function verify() {
  const { verified } = await verifyAuthenticationResponse({
    response: JSON.parse(body),
    expectedChallenge: fixture.challenge,
    expectedOrigin: fixture.origin,
    expectedRPID: fixture.rpId,
    requireUserVerification: true,
    credential: { id: fixture.credentialId, publicKey, counter: 0 },
  });
  if (!verified) throw new Error("refuses what it should verify");
}

/** The most a second over rounds of `count`; `now` tells seconds. */
async function fastest(rounds, count, now, round) {
  let best = 0;
  for (let turn = 0; turn < rounds; turn++) {
    const began = now();
    await round(count);
    best = Math.max(best, count / (now() - began));
  }
  return best;
}

async function oneByOne(count) {
  for (let turn = 0; turn < count; turn++) await verify();
}

async function fiftyAtOnce(count) {
  await Promise.all(Array.from({ length: 50 }, () => oneByOne(count / 50)));
}

const wallClock = () => performance.now() / 1e3;

const processor = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

// Until the compiler has seen enough of it.
await oneByOne(3_000);
const name = `@simplewebauthn/server ${dependencies["@simplewebauthn/server"]}`;
const rates = [
  { name, perSecond: await fastest(40, 100, wallClock, oneByOne) },
  { name: `${name}, 50 at once`, perSecond: await fastest(10, 1_000, processor, fiftyAtOnce) },
];
console.log(JSON.stringify({ rates }));
