/** The emulator's question about one call: caller, operation, and the policies that concern them. */
export interface Question {
  /** In botocore's notation: "elbv2:CreateLoadBalancer". */
  operation: string;
  params: Readonly<Record<string, unknown>>;
  region: string;
  account: string;
  principal: Principal;
  /** Condition keys about the calling service or resource, such as aws:SourceArn. */
  context: Readonly<Record<string, string | string[]>>;
  state: AccountState;
}

export interface Principal {
  /** The ARN as AWS prints it, for a role with its session; for a service its name. */
  arn: string;
  /** The ARN of the role behind a session. */
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

/** The part of the emulated account that a decision needs, without the principal. */
export interface AccountState {
  /** Resource policies by ARN: keys, buckets, secrets, topics, repositories, roles' trust. */
  resourcePolicies: Readonly<Record<string, string>>;
  /** The encryption key of each topic. */
  topics: Readonly<Record<string, string | null>>;
  secrets: readonly { arn: string; name: string; key: string | null }[];
  /** Boundaries of roles by the role's name. */
  boundaries: Readonly<Record<string, string | null>>;
  /** Keys by alias and by id. */
  keys: Readonly<Record<string, string>>;
  /** Roles of the task definition that the call names. */
  taskRoles: readonly string[];
  /** Services whose service-linked role exists. */
  linkedRoles: readonly string[];
}

/** One permission that a call needs. */
export interface Need {
  action: string;
  resource: string;
  context: Readonly<Record<string, string | string[]>>;
  /** A principal other than the caller: a service that tests the resource it will use. */
  as?: string;
  /** AWS's message if this permission is missing, if it is not the usual one. */
  refusal?: { code: string; message: string };
}

export type Decision = { allowed: true } | { allowed: false; code: string; message: string; missing: string };
