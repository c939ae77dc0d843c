// An app whose accounts are on a chain: its tenant, its client, and what its session keys do.

import { createHash } from "node:crypto";

import { GridClient } from "@sqds/grid";
import {
  Keypair,
  PublicKey,
  SystemProgram,
  TransactionMessage,
  VersionedTransaction,
} from "@solana/web3.js";

import { Owner } from "../owner.js";
import { wordsOf } from "../words.js";
import { startLink } from "./link.js";
import { newPlace, startNode } from "./programs.js";

/** The program that passkey accounts belong to. */
export const PROGRAM = new PublicKey("ExtSgUPtP3JyKUysFw2S5fpL5fWfUPzGUQLd2bTwftXN");

/** One SOL, in lamports. */
export const SOL = 1_000_000_000;

/**
 * A chain, a server that acts on it as `devnet` through a link, and whoever pays there, with ten
 * SOL unless it is to be `poor`.
 */
export async function startWorld({ ticking, poor = false, database } = {}) {
  const node = await startNode({ ticking });
  const link = await startLink(node);
  const place = await newPlace({ chains: { devnet: link.url }, database });
  const server = await place.serve().catch(async (error) => {
    // What is left running would keep the tests from ending.
    link.stop();
    await node.stop();
    throw error;
  });
  const world = {
    node,
    link,
    place,
    server,
    /** Ends the server without a word and starts it again with what it left behind. */
    async crash() {
      await world.server.kill();
      return { restart: async () => (world.server = await place.serve()) };
    },
    async stop() {
      await world.server.stop();
      link.stop();
      await node.stop();
      await place.remove();
    },
  };
  world.payer = world.server.payers.devnet;
  if (!poor) await node.fund(world.payer, 10 * SOL);
  return world;
}

/** An app of a tenant's, whose pages may be at `pages` and lead back to `returns`. */
export async function newApp({ place, server }, { pages = [], returns = [] } = {}) {
  const made = await server.operate("POST", "/tenants", {
    display_name: "tenant",
    create_api_key: true,
    config: {
      cors: { allowed_origins: [place.origin], allow_unsafe_wildcard: false },
      webauthn: {
        relying_party: { id: "localhost", display_name: "Chain", origins: [place.origin] },
        timeout: 60_000,
      },
      zegel: { sessions: { base_urls: pages, redirect_urls: returns } },
    },
  });
  const apiKey = made.api_key.secret;
  return { tenant: made.id, apiKey, ...clientOf(place, apiKey) };
}

/** A client with an API key on a network, and its words. */
export function clientOf(place, apiKey, environment = "devnet") {
  const grid = new GridClient({ environment, apiKey, baseUrl: place.url });
  return wordsOf(grid, environment);
}

/**
 * One request as an app's client makes it, for what the client does not tell: its status, its code
 * and the code of the reason.
 */
export async function call({ place }, app, [method, path, body], environment = "devnet") {
  const response = await fetch(`${place.url}/api/grid/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${app.apiKey}`,
      "content-type": "application/json",
      "x-grid-environment": environment,
    },
    body: body && JSON.stringify(body),
  });
  const read = await response.json();
  return { ...read, status: response.status, reason: read.details?.[0]?.code };
}

/** Somebody with an account and a session key, which a client holds. */
export async function newOwner(app, asked = {}) {
  const owner = new Owner();
  const session = Keypair.generate();
  const key = session.publicKey.toBase58();
  const link = await app.create({ key, ...asked });
  const made = await app.submit(owner.answer(app.grid, link));
  return { owner, session, made, purse: purseOf(owner.account) };
}

/** The execution account of a passkey account, which holds its money. */
export const purseOf = (account) =>
  PublicKey.findProgramAddressSync(
    [new PublicKey(account).toBuffer(), Buffer.from("execution_account")],
    PROGRAM,
  )[0];

/** A passkey account as its 152 bytes on the chain say. */
export function readAccount({ owner, data }) {
  const rpId = data.subarray(5, 5 + data[4]).toString();
  const hash = createHash("sha256").update(rpId).digest();
  if (!hash.equals(data.subarray(37, 69))) throw new Error("the RP ID has another hash");
  return {
    owner,
    rpId,
    pubkey: Buffer.concat([data.subarray(101, 102), data.subarray(69, 101)]),
    session: new PublicKey(data.subarray(104, 136)).toBase58(),
    expiration: Number(data.readBigUInt64LE(136)),
    counter: Number(data.readBigUInt64LE(144)),
  };
}

/** A transfer as an app drafts it: by Solana's library, as if the account could sign it. */
export function transfer(from, to, lamports, payerKey = from) {
  const message = new TransactionMessage({
    payerKey,
    recentBlockhash: PublicKey.default.toBase58(),
    instructions: [SystemProgram.transfer({ fromPubkey: from, toPubkey: to, lamports })],
  });
  const transaction = new VersionedTransaction(message.compileToV0Message());
  return Buffer.from(transaction.serialize()).toString("base64");
}

/** Has the session key do what a draft says: prepared, signed and sent by the client's methods. */
export async function act({ grid }, { owner, session }, asked) {
  const prepared = await grid.prepareArbitraryTransaction(owner.account, asked);
  if (!prepared.success) return { prepared };
  const signed = await quietly(() =>
    grid.sign({ sessionSecrets: [session], transactionPayload: prepared.data }),
  );
  const sent = await grid.send({
    address: owner.account,
    signedTransactionPayload: signed,
  });
  return { prepared, signed, sent };
}

/** The client talks to the console while it signs. */
export async function quietly(sign) {
  const { log } = console;
  console.log = () => {};
  try {
    return await sign();
  } finally {
    console.log = log;
  }
}
