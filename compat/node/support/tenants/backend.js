// The backend of a shop, as the published guide to transactions shows it: it knows the API key,
// hands the browser's bodies through, and nothing else.

/**
 * Adds the routes of the guide to an Express app that reads JSON bodies.
 *
 * @param {import("express").Express} app
 * @param {{ url: string, apiKey: string }} tenant
 * @param {(token: string) => Promise<void>} confirmed what to do with the token of a payment
 */
export function addTransactions(app, { url, apiKey }, confirmed) {
  const headers = { "Content-Type": "application/json", apiKey };

  app.post("/transaction/initialize", async (req, res) => {
    const answer = await fetch(`${url}/transaction/initialize`, {
      method: "POST",
      headers,
      body: JSON.stringify(req.body),
    });
    res.status(answer.status).json(await answer.json());
  });

  app.post("/transaction/finalize", async (req, res) => {
    const answer = await fetch(`${url}/transaction/finalize`, {
      method: "POST",
      headers,
      body: JSON.stringify(req.body),
    });
    const data = await answer.json();
    if (answer.ok) await confirmed(data.token);
    res.status(answer.status).json(data);
  });
}
