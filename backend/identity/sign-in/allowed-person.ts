export interface Person {
  subject: string;
  email: string;
  name: string | undefined;
}

export interface AllowedPeople {
  domains: readonly string[];
  /** Single addresses beside the domains. */
  emails: readonly string[];
}

const GOOGLE = 'https://accounts.google.com';

/** The claims of an ID token that decide; all of them unchecked as to form. */
export interface PersonClaims {
  iss: string;
  sub: string;
  email?: unknown;
  email_verified?: unknown;
  hd?: unknown;
  name?: unknown;
}

/**
 * The person, or undefined when nobody let them in. With Google the domain is `hd`: a private account may carry
 * an address of the domain, but only the domain's own accounts have that claim
 * (Google, "OpenID Connect: hd parameter").
 */
export function toAllowedPerson(claims: PersonClaims, allowed: AllowedPeople): Person | undefined {
  const { sub: subject, iss, email: rawEmail, email_verified: isVerified, hd, name } = claims;
  if (typeof rawEmail !== 'string' || isVerified !== true) return undefined;
  const email = rawEmail.toLowerCase();
  const domain = iss === GOOGLE || hd !== undefined ? hd : email.slice(email.lastIndexOf('@') + 1);
  const isAllowed =
    (typeof domain === 'string' && allowed.domains.includes(domain.toLowerCase())) ||
    allowed.emails.includes(email);
  return isAllowed ? { subject, email, name: typeof name === 'string' ? name : undefined } : undefined;
}
