// Compiles the contracts of this folder and what they import, and writes the code that deploys
// them, as `{name: hexadecimal}`, to the path it is given. Safe's and the entry point it takes
// as they were compiled by who published them.

import { readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

import solc from "solc";

const here = import.meta.dirname;
const require = createRequire(import.meta.url);

const source = (path) => ({ content: readFileSync(path, "utf8") });
const ours = readdirSync(join(here, "contracts"));
const THEIRS = "@openzeppelin/contracts/utils/cryptography/verifiers/ERC7913WebAuthnVerifier.sol";

const input = {
  language: "Solidity",
  sources: {
    ...Object.fromEntries(ours.map((name) => [name, source(join(here, "contracts", name))])),
    [THEIRS]: source(join(here, "node_modules", THEIRS)),
  },
  settings: {
    // Nothing newer than the machine without the precompiled contract understands.
    evmVersion: "prague",
    optimizer: { enabled: true, runs: 200 },
    outputSelection: { "*": { "*": ["evm.bytecode.object"] } },
  },
};
const find = (path) => ({ contents: source(join(here, "node_modules", path)).content });
const output = JSON.parse(solc.compile(JSON.stringify(input), { import: find }));

const complaints = (output.errors ?? []).filter(({ severity }) => severity === "error");
for (const { formattedMessage } of complaints) console.error(formattedMessage);
if (complaints.length > 0) process.exit(1);

const code = {};
for (const contracts of Object.values(output.contracts)) {
  for (const [name, { evm }] of Object.entries(contracts)) code[name] = evm.bytecode.object;
}
for (const path of ["SafeWebAuthnSignerFactory", "verifiers/FCLP256Verifier"]) {
  const name = path.split("/").at(-1);
  const artifact = `@safe-global/safe-passkey/build/artifacts/contracts/${path}.sol/${name}.json`;
  code[name] = require(artifact).bytecode.replace(/^0x/, "");
}
const { bytecode } = require("@account-abstraction/contracts/artifacts/EntryPoint.json");
code.EntryPoint = bytecode.replace(/^0x/, "");

// In one step, so that an interrupted run leaves nothing that looks finished.
const [path] = process.argv.slice(2);
writeFileSync(`${path}.part`, JSON.stringify(code, null, 1));
renameSync(`${path}.part`, path);
