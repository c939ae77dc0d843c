// Everything the SDK can ask for, so that a rule about all requests is tried on all of them.

/**
 * Stamps every request `@turnkey/sdk-server` knows, with no parameters: each has a method
 * `x` that sends it and `stampX` that only stamps it.
 *
 * @returns {Promise<{ name: string, submits: boolean, request: object }[]>}
 */
export async function everyRequest(client, organizationId) {
  const names = Object.keys(client)
    .filter((name) => name.startsWith("stamp"))
    .map((name) => name.charAt(5).toLowerCase() + name.slice(6))
    .filter((name) => name in client);
  return Promise.all(
    names.map(async (name) => {
      const stampX = `stamp${name.charAt(0).toUpperCase()}${name.slice(1)}`;
      const request = await client[stampX]({ organizationId });
      return { name, submits: request.url.includes("/submit/"), request };
    }),
  );
}
