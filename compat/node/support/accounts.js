// Wallet accounts to ask for. The indexes keep the paths within one wallet apart.

const account = (curve, addressFormat, path) => ({
  curve,
  pathFormat: "PATH_FORMAT_BIP32",
  path,
  addressFormat,
});

/** BIP-44 Ethereum. */
export const ethereum = (index = 0) =>
  account("CURVE_SECP256K1", "ADDRESS_FORMAT_ETHEREUM", `m/44'/60'/0'/0/${index}`);

/** The SDK's own default path for Solana. */
export const solana = (index = 0) =>
  account("CURVE_ED25519", "ADDRESS_FORMAT_SOLANA", `m/44'/501'/${index}'/0'`);

/** An account whose address is its public key in hexadecimal. */
export const bare = (curve, index = 0) =>
  account(curve, "ADDRESS_FORMAT_COMPRESSED", `m/0'/${index}'`);
