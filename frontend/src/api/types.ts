/** ADK's API types, with only the fields that the page uses; all are optional where the server may omit them. */
export interface FunctionCall {
  id?: string;
  name: string;
  args?: Record<string, unknown>;
}

export interface FunctionResponse {
  id?: string;
  name: string;
  response?: Record<string, unknown>;
}

/** Bytes as base64; the server sends the URL-safe form. */
export interface InlineData {
  mimeType?: string;
  data?: string;
  displayName?: string;
}

/** An external file: in Cloud Storage, or on the web. */
export interface FileData {
  fileUri?: string;
  mimeType?: string;
  displayName?: string;
}

/** Code that the model wrote and Gemini ran. */
export interface ExecutableCode {
  code?: string;
  language?: string;
}

export interface CodeExecutionResult {
  outcome?: string;
  output?: string;
}

export interface Part {
  text?: string;
  thought?: boolean;
  functionCall?: FunctionCall;
  functionResponse?: FunctionResponse;
  inlineData?: InlineData;
  fileData?: FileData;
  executableCode?: ExecutableCode;
  codeExecutionResult?: CodeExecutionResult;
}

export interface Content {
  role?: string;
  parts?: Part[];
}

export interface EventActions {
  stateDelta?: Record<string, unknown>;
  artifactDelta?: Record<string, number>;
  transferToAgent?: string;
  rewindBeforeInvocationId?: string;
}

export interface AdkEvent {
  id: string;
  invocationId?: string;
  author?: string;
  branch?: string;
  /** Seconds since the epoch. */
  timestamp?: number;
  content?: Content;
  partial?: boolean;
  interrupted?: boolean;
  errorCode?: string;
  errorMessage?: string;
  longRunningToolIds?: string[];
  actions?: EventActions;
  customMetadata?: Record<string, unknown>;
  modelVersion?: string;
  usageMetadata?: UsageMetadata;
  groundingMetadata?: GroundingMetadata;
}

export interface UsageMetadata {
  promptTokenCount?: number;
  cachedContentTokenCount?: number;
  thoughtsTokenCount?: number;
  candidatesTokenCount?: number;
}

/** The sources of an answer from Google's search. */
export interface GroundingMetadata {
  groundingChunks?: { web?: { uri?: string; title?: string } }[];
  webSearchQueries?: string[];
}

export interface Session {
  id: string;
  appName: string;
  userId: string;
  state?: Record<string, unknown>;
  events?: AdkEvent[];
  /** Seconds since the epoch. */
  lastUpdateTime?: number;
}

export interface AppSummary {
  name: string;
  /** The agent's page settings from its agent.ts; see docs/agents.md. */
  title?: string;
  description?: string;
  /** The source of an SVG picture. */
  icon?: string;
  suggestions?: Suggestion[];
}

/** A suggested first message. */
export interface Suggestion {
  title: string;
  message: string;
}

/** GET /version: Python ADK's three fields, and this service's additions. */
export interface ServiceInfo {
  version?: string;
  revision?: string;
  environment?: string;
  region?: string;
  model?: string;
  /** What a person may choose for one answer; absent where there is no choice. */
  models?: string[];
  modelIsStandIn?: boolean;
  /** Whether this is a rehearsal of staging on one machine. */
  rehearsal?: boolean;
}

/** The person whose conversations are shown. */
export interface Person {
  userId: string;
  /** `local` without sign-in. */
  role?: 'local' | 'person' | 'service' | 'peer';
  name?: string;
  email?: string;
}
