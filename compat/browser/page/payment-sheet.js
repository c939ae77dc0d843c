// Secure Payment Confirmation: the browser shows the payment itself, and the passkey signs what
// it showed.

const bytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) =>
    c.charCodeAt(0),
  );

/**
 * Shows a payment request as the server wrote it, in JSON, and gives the credential in JSON.
 *
 * @param {{ credentialIds: string[], challenge: string, total: object }} request
 */
export async function show({ total, credentialIds, challenge, ...rest }) {
  const data = {
    ...rest,
    credentialIds: credentialIds.map(bytes),
    challenge: bytes(challenge),
  };
  const request = new PaymentRequest(
    [{ supportedMethods: "secure-payment-confirmation", data }],
    { total },
  );
  const response = await request.show();
  await response.complete("success");
  return response.details.toJSON();
}
