export interface Person {
  subject: string;
  email: string;
  name: string | undefined;
}

export interface AllowedPeople {
  domains: readonly string[];
  /** Single addresses, in addition to the domains. */
  emails: readonly string[];
}

/**
 * Subjects that may become a user id: at most 255 ASCII characters (OpenID Connect Core, section 2), without the
 * prefixes of machines' user ids.
 */
const SUBJECT = /^(?!(?:service|peer):)[\x21-\x7e]{1,255}$/;
/**
 * Longest e-mail address (RFC 5321, 4.5.3.1) and longest name that are kept; longer ones would make a cookie that
 * browsers drop.
 */
const MAX_EMAIL_CHARACTERS = 254;
const MAX_NAME_CHARACTERS = 100;

const GOOGLE = 'https://accounts.google.com';

/** The claims of an ID token that decide; their types are not checked yet. */
export interface PersonClaims {
  iss: string;
  sub: string;
  email?: unknown;
  email_verified?: unknown;
  hd?: unknown;
  name?: unknown;
}

/**
 * The person, or undefined if no rule admits them. With Google the domain is `hd`: a private account may have an
 * address of the domain, but only the domain's own accounts have that claim (Google, "OpenID Connect: hd parameter").
 */
export function toAllowedPerson(claims: PersonClaims, allowed: AllowedPeople): Person | undefined {
  const { sub: subject, iss, email: rawEmail, email_verified: isVerified, hd, name } = claims;
  if (typeof rawEmail !== 'string' || isVerified !== true) return undefined;
  if (!SUBJECT.test(subject) || rawEmail.length > MAX_EMAIL_CHARACTERS) return undefined;
  const email = rawEmail.toLowerCase();
  const domain = iss === GOOGLE || hd !== undefined ? hd : email.slice(email.lastIndexOf('@') + 1);
  const isAllowed =
    (typeof domain === 'string' && allowed.domains.includes(domain.toLowerCase())) ||
    allowed.emails.includes(email);
  if (!isAllowed) return undefined;
  return { subject, email, name: typeof name === 'string' ? cut(name) : undefined };
}

/** Avoids half a surrogate pair at the cut, which cannot be stored. */
function cut(name: string): string {
  return name.slice(0, MAX_NAME_CHARACTERS).replace(/[\uD800-\uDBFF]$/, '');
}
