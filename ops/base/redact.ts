export type Redactor = (text: string) => string;

const SECRET_NAME = /(KEY|TOKEN|SECRET|PASSWORD|PASSPHRASE|CREDENTIALS?)$/i;
/** Patterns of keys that may occur in a child's output without being in our environment. */
const SECRET_SHAPE =
  /AIza[\w-]{30,}|(?:AKIA|ASIA)[A-Z0-9]{16}|ya29\.[\w.-]+|eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g;
const MASK = '[secret]';

/** Whether a variable of this name holds a secret, so that its value is never printed. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}

/** Masks the values of secret variables (6 or more characters) and anything that looks like a key. */
export function createRedactor(env: Readonly<Record<string, string | undefined>>): Redactor {
  const values = Object.entries(env)
    .flatMap(([name, value]) =>
      value !== undefined && value.length >= 6 && isSecretName(name) ? [value] : [],
    )
    .toSorted((a, b) => b.length - a.length);
  return (text) => {
    let clean = text;
    for (const value of values) clean = clean.replaceAll(value, MASK);
    return clean.replace(SECRET_SHAPE, MASK);
  };
}
