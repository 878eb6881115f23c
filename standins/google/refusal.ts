/** A request that Google would refuse; rendered in the form of the called API. */
export class Refusal extends Error {
  readonly status: 400 | 401 | 403 | 404 | 413 | 415;
  readonly error: string;

  constructor(status: Refusal['status'], error: string, message: string) {
    super(message);
    this.status = status;
    this.error = error;
  }
}

/** The form of OAuth endpoints, including STS (RFC 6749, 5.2). */
export function toOauthError(refusal: Refusal): Response {
  return Response.json(
    { error: refusal.error, error_description: refusal.message },
    { status: refusal.status },
  );
}

/** The form of Google Cloud APIs (AIP-193). */
export function toApiError(refusal: Refusal): Response {
  return Response.json(
    { error: { code: refusal.status, message: refusal.message, status: refusal.error } },
    { status: refusal.status },
  );
}
