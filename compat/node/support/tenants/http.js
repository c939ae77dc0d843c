// One request, and an answer that keeps its status.

/**
 * Sends a request. Objects go out as JSON, text as it is, with the content type of JSON either
 * way unless `headers` says otherwise.
 */
export async function call(method, url, body, headers = {}) {
  const text = typeof body === "object" ? JSON.stringify(body) : body;
  const content = text === undefined ? {} : { "content-type": "application/json" };
  const response = await fetch(url, {
    method,
    body: text,
    headers: { ...content, ...headers },
  });
  return answer(response);
}

/** Posts JSON in chunks, without its length. */
export async function streamed(url, chunks) {
  const response = await fetch(url, {
    method: "POST",
    body: ReadableStream.from(chunks.map((chunk) => Buffer.from(chunk))),
    duplex: "half",
    headers: { "content-type": "application/json" },
  });
  return answer(response);
}

async function answer(response) {
  const text = await response.text();
  const type = response.headers.get("content-type") ?? "";
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: text !== "" && type.startsWith("application/json") ? JSON.parse(text) : undefined,
  };
}
