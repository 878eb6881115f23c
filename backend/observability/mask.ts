/** Names of fields whose values never reach a log line. */
const SECRET_FIELD =
  /^(authorization|cookie|set-cookie|password|secret|token|access_?token|refresh_?token|id_?token|api_?key|private_?key|client_?secret|x-goog-api-key|x-amz-security-token)$/i;

/** Values that are secrets by their look, wherever they stand in a text. */
const SECRET_TEXT: readonly RegExp[] = [
  /\bAIza[\w-]{20,}/g,
  /\bBearer\s+[\w.~+/=-]{8,}/gi,
  /\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g,
  /\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b/g,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
  /([?&](?:key|access_token|api_key)=)[^&\s"]+/gi,
];

/** All of them at once, a little wider: a text that does not match is not looked through six times. */
const SUSPICIOUS = new RegExp(SECRET_TEXT.map(({ source }) => source).join('|'), 'i');

const MASK = '***';

/** A text without what looks like a secret. */
function maskText(text: string): string {
  if (!SUSPICIOUS.test(text)) return text;
  let masked = text;
  for (const pattern of SECRET_TEXT) {
    masked = masked.replace(pattern, (_whole, prefix: unknown) =>
      typeof prefix === 'string' ? `${prefix}${MASK}` : MASK,
    );
  }
  return masked;
}

/** For JSON.stringify: masks secret fields and texts, and prints errors with their cause. */
export function maskingReplacer(key: string, value: unknown): unknown {
  if (SECRET_FIELD.test(key) && value !== undefined && value !== null) return MASK;
  if (typeof value === 'string') return maskText(value);
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Error) {
    return { name: value.name, message: value.message, stack: value.stack, cause: value.cause };
  }
  return value;
}
