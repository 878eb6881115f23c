/** What the emulator asks about one call: who calls what, and what the account says about them. */
export interface Question {
  /** As botocore names it, "elbv2:CreateLoadBalancer". */
  operation: string;
  params: Readonly<Record<string, unknown>>;
  region: string;
  account: string;
  principal: Principal;
  /** Where the call says which service or resource asks for it: aws:SourceArn and the like. */
  context: Readonly<Record<string, string | string[]>>;
  state: AccountState;
}

export interface Principal {
  /** As AWS prints it, a role's with its session. A service's is its name. */
  arn: string;
  /** Of the role behind a session. */
  roleArn?: string;
  /** Identity policies by name; none for a service or for a federated token. */
  policies: readonly NamedPolicy[];
  /** The permissions boundary's policy. */
  boundary?: NamedPolicy;
  /** The policy that the session was started with. */
  session?: NamedPolicy;
  /** The policy of the VPC endpoint by which the call leaves the VPC. */
  endpoint?: NamedPolicy;
}

export interface NamedPolicy {
  name: string;
  document: string;
}

/** Of the emulated account what a decision needs beside the principal. */
export interface AccountState {
  /** Resource policies by ARN: keys, buckets, secrets, topics, repositories, roles' trust. */
  resourcePolicies: Readonly<Record<string, string>>;
  /** Of each topic the key that it is encrypted with. */
  topics: Readonly<Record<string, string | null>>;
  secrets: readonly { arn: string; name: string; key: string | null }[];
  /** Boundaries of roles by the role's name. */
  boundaries: Readonly<Record<string, string | null>>;
  /** Keys by alias and by id. */
  keys: Readonly<Record<string, string>>;
  /** Roles of the task definition that the call names. */
  taskRoles: readonly string[];
  /** Services whose linked role is there already. */
  linkedRoles: readonly string[];
}

/** One permission that a call needs. */
export interface Need {
  action: string;
  resource: string;
  context: Readonly<Record<string, string | string[]>>;
  /** Somebody else than the caller: a service that tries what it was told to use. */
  as?: string;
  /** What AWS answers when it is missing, where that is not the usual sentence. */
  refusal?: { code: string; message: string };
}

export type Decision = { allowed: true } | { allowed: false; code: string; message: string; missing: string };
