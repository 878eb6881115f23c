import type { TextForm } from './resource-type.ts';

// AWS's rules for names and descriptions that several resource types share.
const EC2 = 'https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpRange.html';
const ELB =
  'https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html';
const IAM = 'https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html';
const WAF = 'https://docs.aws.amazon.com/waf/latest/APIReference/API_WebACL.html';

export const GROUP_NAME: TextForm = {
  pattern: /^(?!sg-)[a-zA-Z0-9. _\-:/()#,@[\]+=&;{}!$*]{1,255}$/,
  page: EC2,
};
export const GROUP_TEXT: TextForm = { pattern: /^[a-zA-Z0-9. _\-:/()#,@[\]+=&;{}!$*]{0,255}$/, page: EC2 };
export const BALANCER_NAME: TextForm = {
  pattern: /^(?!internal-)[A-Za-z0-9](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?$/,
  page: ELB,
};
export const ROLE_NAME: TextForm = { pattern: /^[\w+=,.@-]{1,64}$/, page: IAM };
export const POLICY_NAME: TextForm = { pattern: /^[\w+=,.@-]{1,128}$/, page: IAM };
export const IAM_TEXT: TextForm = { pattern: /^[\t\n\r\u0020-\u007e\u00a1-\u00ff]{0,1000}$/, page: IAM };
export const FIREWALL_NAME: TextForm = { pattern: /^[\w-]{1,128}$/, page: WAF };
export const FIREWALL_TEXT: TextForm = {
  pattern: /^[\w+=:#@/\-,.][\w+=:#@/\-,.\s]{0,254}[\w+=:#@/\-,.]$/,
  page: WAF,
};

const DOCS = 'https://docs.aws.amazon.com/';

/** A pattern, and the page of AWS's documentation that states it. */
export function form(pattern: RegExp, page: string): TextForm {
  return { pattern, page: `${DOCS}${page}` };
}

/** Letters, digits, hyphens and underscores. */
export function word(most: number, page: string): TextForm {
  return form(new RegExp(`^[A-Za-z0-9_-]{1,${most}}$`), page);
}

/** Any characters. */
export function upTo(most: number, page: string): TextForm {
  return form(new RegExp(`^[^]{0,${most}}$`), page);
}

/** No control characters, and not empty. */
export function line(most: number, page: string): TextForm {
  return form(new RegExp(`^[^\\p{Cc}]{1,${most}}$`, 'u'), page);
}
