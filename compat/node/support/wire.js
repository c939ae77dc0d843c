// One step below the clients: a request that a client has stamped, posted by hand.

/**
 * Posts a stamped request byte for byte and reads the answer.
 *
 * @param {{ body: string, url: string, stamp: { stampHeaderName: string, stampHeaderValue: string } }} request
 */
export async function post({ body, url, stamp }, headers = {}) {
  const response = await fetch(url, {
    method: "POST",
    body,
    headers: { [stamp.stampHeaderName]: stamp.stampHeaderValue, ...headers },
  });
  const text = await response.text();
  return {
    status: response.status,
    contentType: response.headers.get("content-type"),
    text,
    json: text === "" ? undefined : JSON.parse(text),
  };
}
