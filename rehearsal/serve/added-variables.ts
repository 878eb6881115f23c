/** Addresses of the stand-ins; all on loopback. */
export interface StandInAddresses {
  gemini: string;
  firestoreHost: string;
  storage: string;
  google: string;
  secretsManager: string;
  /** A2A address of gcp-agent, if it runs. */
  peer?: string;
  /** Certificate of the rehearsal's CA, PEM. */
  authorityFile: string;
}

/**
 * The closed list of variables that a rehearsal adds to a container or overrides. Variables that ECS itself sets are
 * not in it.
 */
export const ADDED_VARIABLES = {
  LORNU_REHEARSAL: 'accepts stand-ins on loopback addresses and says that it is a rehearsal',
  LORNU_LISTEN_HOST: "the task's own address (the service on Bun)",
  HOST: "the task's own address (the service on FastAPI)",
  GOOGLE_GEMINI_BASE_URL: 'Gemini: the stand-in',
  FIRESTORE_EMULATOR_HOST: 'Firestore: the stand-in',
  STORAGE_EMULATOR_HOST: 'Cloud Storage: fake-gcs-server',
  OIDC_ISSUER: "sign-in: the stand-in for Google's accounts",
  A2A_TOKEN_JWKS_URL: "Google's public keys: the stand-in's",
  GOOGLE_STS_URL: "Google's Security Token Service: the stand-in",
  GOOGLE_IAM_CREDENTIALS_URL: "Google's IAM Credentials API: the stand-in",
  LORNU_TRACE_URL: 'Google Cloud Trace: the stand-in',
  AWS_ENDPOINT_URL_SECRETS_MANAGER: 'Secrets Manager: the emulator of AWS',
  A2A_PEER_URL: 'the agent on Google Cloud: gcp-agent on this machine (with --peer only)',
  NODE_EXTRA_CA_CERTS: "the authority of the rehearsal's certificates",
  SSL_CERT_FILE: 'the same, for Python',
  REQUESTS_CA_BUNDLE: "the same, for Python's requests",
  GRPC_DEFAULT_SSL_ROOTS_FILE_PATH: 'the same, for gRPC',
} as const;

export type AddedVariable = keyof typeof ADDED_VARIABLES;

/** Their values for a task in the applied VPC: DNS leads every name to a stand-in, whose CA must be trusted. */
export function vpcVariables(authorityFile: string): Partial<Record<AddedVariable, string>> {
  return {
    LORNU_REHEARSAL: '1',
    NODE_EXTRA_CA_CERTS: authorityFile,
    SSL_CERT_FILE: authorityFile,
    REQUESTS_CA_BUNDLE: authorityFile,
    GRPC_DEFAULT_SSL_ROOTS_FILE_PATH: authorityFile,
  };
}

/** Their values for the task at this address of loopback. */
export function addedVariables(
  address: string,
  at: StandInAddresses,
): Partial<Record<AddedVariable, string>> {
  return {
    LORNU_REHEARSAL: '1',
    LORNU_LISTEN_HOST: address,
    HOST: address,
    GOOGLE_GEMINI_BASE_URL: at.gemini,
    FIRESTORE_EMULATOR_HOST: at.firestoreHost,
    STORAGE_EMULATOR_HOST: at.storage,
    OIDC_ISSUER: at.google,
    A2A_TOKEN_JWKS_URL: `${at.google}/oauth2/v3/certs`,
    GOOGLE_STS_URL: `${at.google}/v1/token`,
    GOOGLE_IAM_CREDENTIALS_URL: at.google,
    LORNU_TRACE_URL: at.google,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: at.secretsManager,
    ...(at.peer === undefined ? {} : { A2A_PEER_URL: at.peer }),
    NODE_EXTRA_CA_CERTS: at.authorityFile,
  };
}

/** Those of the closed list that are given, with their reasons. */
export function reasonsOf(
  given: Partial<Record<AddedVariable, string>>,
): Partial<Record<AddedVariable, string>> {
  return Object.fromEntries(
    Object.entries(ADDED_VARIABLES).filter(([name]) => given[name as AddedVariable] !== undefined),
  );
}
