// Where the server under test is, and who its first root user is.
//
// A missing variable is an error, never a reason to skip: a proof that did not run is no proof.

/** The value of an environment variable. */
export function required(name) {
  const value = process.env[name];
  if (!value)
    throw new Error(`${name} is not set; compat/README.md says how to run this suite`);
  return value;
}

/** Base URL of the server, without a slash at the end. */
export const url = required("ZEGEL_URL").replace(/\/+$/, "");

/** The root organisation. */
export const organizationId = required("ZEGEL_ORGANISATION_ID");

/** The API key (P-256, hexadecimal) of its first root user. */
export const rootKey = {
  publicKey: required("ZEGEL_API_PUBLIC_KEY"),
  privateKey: required("ZEGEL_API_PRIVATE_KEY"),
};
