// The owner of a passkey in software, for what no browser would do, and the account it must have.

import { createHash, createPublicKey } from "node:crypto";

import { PublicKey } from "@solana/web3.js";

import { Passkey } from "../../node/support/tenants/authenticator.js";

const program = new PublicKey("ExtSgUPtP3JyKUysFw2S5fpL5fWfUPzGUQLd2bTwftXN");

/** The address of the account of a public key (SubjectPublicKeyInfo), as Solana's library derives it. */
export function accountOf(spki) {
  const digest = createHash("sha256").update(compressed(spki)).digest();
  return PublicKey.findProgramAddressSync(
    [Buffer.from("passkey"), digest],
    program,
  )[0].toBase58();
}

/** A public key as 33 bytes. */
export function compressed(spki) {
  const { x, y } = createPublicKey({ key: spki, format: "der", type: "spki" }).export({
    format: "jwk",
  });
  const parity = Buffer.from(y, "base64url").at(-1) & 1;
  return Buffer.concat([Buffer.from([2 | parity]), Buffer.from(x, "base64url")]);
}

/** What a page reads from the link it was opened with, by the client's own methods. */
export function read(grid, link) {
  const { origin, hostname, pathname, searchParams } = new URL(link);
  const action = pathname.split("/").at(-1);
  const params =
    action === "create"
      ? grid.extractPasskeyCreateParams(searchParams)
      : grid.extractPasskeyAuthParams(searchParams);
  return { origin, hostname, action, params };
}

/** Somebody with one passkey. */
export class Owner {
  constructor() {
    this.passkey = new Passkey();
    this.spki = createPublicKey(this.passkey.privateKey).export({
      type: "spki",
      format: "der",
    });
    this.account = accountOf(this.spki);
  }

  /**
   * What the page hands over after it answered a link: neither the passkey's id nor, unless it is
   * new, its public key. `how` says what to do otherwise than a browser would.
   */
  answer(grid, link, how = {}) {
    const { origin, hostname, action, params } = read(grid, link);
    const { clientDataJSON, authenticatorData, signature } = this.passkey.get(
      { publicKey: { challenge: params.challenge, rpId: hostname } },
      { origin, ...how },
    ).response;
    const response = { clientDataJSON, authenticatorData, signature };
    if (action === "create") response.publicKey = this.spki.toString("base64url");
    return {
      ceremonyType: action,
      sessionKey:
        params.sessionKey &&
        grid.getSessionKeyObject(params.sessionKey, params.expirationInSeconds),
      slotNumber: params.slotNumber,
      authenticatorResponse: { response },
    };
  }
}
