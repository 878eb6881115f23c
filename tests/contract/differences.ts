/** One place where two transcripts differ. */
export interface Difference {
  /** Such as "1 POST /run_sse .frames[0].partial". */
  path: string;
  reference: unknown;
  service: unknown;
}

/** An intended difference. Every other one is a bug of ours. */
interface Deliberate {
  reason: string;
  /** Cases that it applies to; default: all. */
  title?: RegExp;
  path: RegExp;
  holds?: (difference: Difference) => boolean;
}

const is = (reference: unknown, service: unknown) => (difference: Difference) =>
  difference.reference === reference && difference.service === service;

/** docs/wire.md explains these differences. */
const DELIBERATE: Deliberate[] = [
  // The service's description of itself.
  {
    reason: 'The service says which language serves, its own version, and where it runs.',
    title: /^GET \/version/,
    path: /^\[0\]\.body\.(version|language|language_version|revision|environment|region|model|modelIsStandIn)$/,
  },
  {
    reason: 'The agents are written in TypeScript.',
    title: /^GET \/list-apps in detail|^GET app-info$/,
    path: /\.language$/,
    holds: is('python', 'typescript'),
  },
  {
    reason: 'Each ADK derives the description and the schema of a tool from its own language.',
    title: /^GET app-info$/,
    path: /\.functionDeclarations\[0\]\.(description|parameters|parametersJsonSchema)$/,
  },
  // Refusals.
  {
    reason: 'No folder of the server is told to a caller.',
    title: /unknown app|an app name/,
    path: /\.body\.detail$/,
    holds: ({ reference, service }) =>
      /^Agent not found: '.*'\.$/s.test(String(service)) && String(reference).startsWith(String(service)),
  },
  {
    reason: 'There is no development server here whose address could matter.',
    title: /internal app/,
    path: /\.body\.detail$/,
    holds: ({ reference, service }) => String(reference).startsWith(String(service).replace(/\.$/, '')),
  },
  {
    reason: 'Where and why JSON ends being JSON is said by the parser; status and shape are the same.',
    title: /a body of/,
    path: /\.body\.detail\[0\]\.(ctx\.error|loc\[1\])$/,
  },
  {
    reason: "NaN is not JSON (RFC 8259); Python's parser takes it.",
    title: /a body of NaN/,
    path: /^\[0\]\.(status|contentType|body)/,
    holds: ({ path, service }) => !path.endsWith('.status') || service === 422,
  },
  {
    reason:
      'Many JSON readers lose a number beyond 1.8e308 and the key __proto__ silently; Python keeps both.',
    title: /a body of (a number beyond doubles|the key __proto__)$/,
    path: /^\[0\]\.(status|contentType|body)/,
    holds: ({ path, service }) => !path.endsWith('.status') || service === 422,
  },
  {
    reason: 'Bodies have a size and a depth: 413 and 422.',
    title: /^\/run beyond a limit/,
    path: /^\[0\]\.(status|contentType|body)/,
    holds: ({ path, service }) => !path.endsWith('.status') || service === 413 || service === 422,
  },
  {
    reason:
      'google-adk fails at a text that is no Unicode, and gcp-agent refuses it; the service repairs it.',
    title: /a lone surrogate/,
    path: /^\[0\]\.(status|contentType|body)/,
    holds: ({ path, reference, service }) =>
      !path.endsWith('.status') || (reference === 422 && Number(service) < 500),
  },
  {
    reason: 'A name that no path, or no document of Firestore, can hold is refused where it is given.',
    title: /whose id is refused/,
    path: /^\[0\]\.(status|body)/,
    holds: ({ path, service }) =>
      path.endsWith('.status')
        ? service === 400
        : !path.endsWith('.detail') || String(service).startsWith('Invalid session id'),
  },
  {
    reason: 'An answer to a call that nobody made is the mistake of the caller; google-adk answers 500.',
    title: /that nobody made/,
    path: /^\[1\]\.(status|contentType|body)/,
    holds: ({ path, reference, service }) =>
      !path.endsWith('.status') || (reference === 500 && service === 400),
  },
  // Artifacts.
  {
    reason: 'Where an artifact lies is named by its store; no path of the disk is told to a caller.',
    path: /\.canonicalUri$/,
    holds: ({ reference, service }) =>
      String(reference).startsWith('file:///') && String(service).startsWith('artifact://apps/probe/users/'),
  },
  {
    reason:
      "A text says its type, as in google-adk's own store on Cloud Storage; its store on disk leaves it out.",
    path: /\.mimeType$/,
    holds: is(undefined, 'text/plain'),
  },
  {
    reason: "Each of google-adk's stores has words of its own for what it refuses.",
    title: /^an artifact is saved with/,
    path: /^\[0\]\.body\.detail$/,
    holds: ({ reference, service }) => typeof reference === 'string' && typeof service === 'string',
  },
  {
    reason: 'An artifact without a name is refused; google-adk calls it "artifact".',
    title: /^an artifact is saved with an empty name/,
    path: /^\[0\]\.(status|body)/,
    holds: ({ path, service }) => !path.endsWith('.status') || service === 400,
  },
  // Successful turns.
  {
    reason:
      "google-adk's partial events share the actions of the final one: what a later step writes shows in frames before it.",
    path: /frames\[\d+\]\.actions\.stateDelta\.(last_answer|form)$/,
    holds: ({ service }) => service === undefined,
  },
  {
    reason: 'Each ADK has its own tool for handing over.',
    title: /hand-over/,
    path: /\.functionResponse\.response\.result$/,
    holds: is(null, 'Transfer queued'),
  },
  {
    reason:
      'Events are stored in the order in which they were shown; google-adk sorts them by time, the question then comes after the provisional answer.',
    title: /^a confirmation round trip/,
    path: /^\[3\]\.body\.events\[[23]\]/,
  },
  {
    reason: 'An empty answer is told as such when it is streamed too; google-adk just ends the stream.',
    title: /^an empty answer \(\/run_sse with tokens\)/,
    path: /(frames|events)\[1\]$/,
    holds: ({ reference, service }) =>
      reference === undefined && JSON.stringify(service).includes('MODEL_RETURNED_NO_CONTENT'),
  },
  // Failed turns.
  {
    reason:
      'A turn that failed is answered in the shape of every other error; google-adk answers plain text.',
    title: /\(\/run\)$/,
    path: /^\[1\]\.(body|contentType)$/,
    holds: ({ path, reference }) =>
      reference === (path.endsWith('contentType') ? 'text/plain' : 'Internal Server Error'),
  },
  {
    reason: "The model's error is told in its own words, not as a Python dictionary with links.",
    title: /^the model: simulate|a failed one/,
    path: /\.(errorMessage|error|error_message)$/,
    holds: sameModelError,
  },
  {
    reason: "A name of google-adk's own that starts with an underscore is no name for a contract.",
    title: /429/,
    path: /\.error_type$/,
    holds: is('_ResourceExhaustedError', 'ClientError'),
  },
  {
    reason:
      'A broken connection is named by google-adk after the exception of its HTTP client, without words.',
    title: /break after 3/,
    path: /\.(errorCode|errorMessage|error|error_message|error_type)$/,
    holds: ({ reference }) => /^(ReadError(: )?)?$/.test(String(reference)),
  },
  {
    reason:
      'What was shown before the model failed is kept, on the event that says why; google-adk forgets it.',
    title: /(error|break) after 3 \(\/run_sse with tokens\)/,
    path: /\.id$|\.content$/,
    holds: ({ path, reference }) => path.endsWith('.id') || reference === undefined,
  },
  {
    reason:
      'Each ADK has words of its own for a call that the model got wrong, and the stand-in repeats them.',
    title: /call (no_such_tool|set_state) \(/,
    path: /\.(text|error|last_answer|candidatesTokenCount)$/,
  },
  {
    reason:
      'An answer that does not fit its schema was shown: it is kept, and an event behind it says why the turn failed. Neither is put into the state.',
    title: /does not fit its schema/,
    path: /\.(frames|events)\[[1-3]\]/,
    holds: ({ service }) => !JSON.stringify(service ?? null).includes('"form"'),
  },
  {
    reason:
      'A tool that throws: adk-js tells the model, which answers; google-adk ends the turn and leaves the call without a response.',
    title: /call fail \(/,
    path: /^\[[12]\]/,
  },
];

const MODEL_ERROR = /\b\d{3} [A-Z_]+\b/;

/** The model's code and status are the same on both sides. */
function sameModelError({ reference, service }: Difference): boolean {
  const code = MODEL_ERROR.exec(String(service))?.[0];
  return code !== undefined && String(reference).includes(code);
}

export function isDeliberate(title: string, difference: Difference): boolean {
  return DELIBERATE.some(
    (entry) =>
      (entry.title?.test(title) ?? true) &&
      entry.path.test(difference.path) &&
      (entry.holds?.(difference) ?? true),
  );
}
