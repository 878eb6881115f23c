import { z } from 'zod';
import { toCamelKeys } from './keys.ts';

/** The end of an eval set's file name; the part before it is the set's id. */
export const SET_EXTENSION = '.evalset.json';

/** google-adk's files (2.13: evaluation/eval_case.py, eval_set.py, eval_config.py), in camelCase. Unknown fields are kept. */
const PART = z.looseObject({
  text: z.string().nullish(),
  functionCall: z
    .looseObject({
      id: z.string().nullish(),
      name: z.string(),
      args: z.record(z.string(), z.unknown()).nullish(),
    })
    .nullish(),
  functionResponse: z
    .looseObject({ id: z.string().nullish(), name: z.string(), response: z.unknown() })
    .nullish(),
});
const CONTENT = z.looseObject({ role: z.string().nullish(), parts: z.array(PART).nullish() });
const RUBRIC = z.looseObject({
  rubricId: z.string(),
  rubricContent: z.looseObject({ textProperty: z.string().nullish() }),
  type: z.string().nullish(),
});
const INVOCATION = z.looseObject({
  invocationId: z.string().default(''),
  userContent: CONTENT,
  finalResponse: CONTENT.nullish(),
  intermediateData: z
    .looseObject({
      toolUses: z.array(PART.shape.functionCall.unwrap().unwrap()).optional(),
      toolResponses: z.array(PART.shape.functionResponse.unwrap().unwrap()).optional(),
      intermediateResponses: z.array(z.tuple([z.string(), z.array(PART)])).optional(),
      invocationEvents: z
        .array(
          z.looseObject({
            author: z.string(),
            content: CONTENT.nullish(),
            usageMetadata: z.record(z.string(), z.unknown()).nullish(),
            modelVersion: z.string().nullish(),
          }),
        )
        .optional(),
    })
    .nullish(),
  creationTimestamp: z.number().default(0),
  duration: z.number().nullish(),
  rubrics: z.array(RUBRIC).nullish(),
});
const EVAL_CASE = z
  .looseObject({
    evalId: z.string().min(1),
    conversation: z.array(INVOCATION).nullish(),
    conversationScenario: z.looseObject({}).nullish(),
    sessionInput: z
      .looseObject({
        appName: z.string(),
        userId: z.string(),
        sessionId: z.string().nullish(),
        state: z.record(z.string(), z.unknown()).default({}),
      })
      .nullish(),
    rubrics: z.array(RUBRIC).nullish(),
    creationTimestamp: z.number().default(0),
  })
  .refine(
    (one) => !one.conversation !== !one.conversationScenario,
    'needs either conversation or conversation_scenario',
  );
const EVAL_SET = z.looseObject({
  evalSetId: z.string().min(1),
  name: z.string().nullish(),
  description: z.string().nullish(),
  evalCases: z.array(EVAL_CASE),
  creationTimestamp: z.number().default(0),
});
const CRITERION = z.union([z.number(), z.looseObject({ threshold: z.number() })]);
const EVAL_CONFIG = z.looseObject({ criteria: z.record(z.string(), CRITERION).default({}) });

export type Content = z.infer<typeof CONTENT>;
export type Part = z.infer<typeof PART>;
export type Rubric = z.infer<typeof RUBRIC>;
export type Invocation = z.infer<typeof INVOCATION>;
export type EvalCase = z.infer<typeof EVAL_CASE>;
export type EvalSet = z.infer<typeof EVAL_SET>;
/** A metric by its google-adk name, with its criterion; undefined for one that only reports a value. */
export interface EvalMetric {
  metricName: string;
  threshold?: number | null;
  criterion?: { threshold: number; [option: string]: unknown } | null;
}

/** The file is not valid; the message is a sentence with the place of the error. */
export class FormatError extends Error {}

/** Parses an eval set, in the current form or in google-adk's earlier list of "query" and "reference". */
export function parseEvalSet(text: string, id: string): EvalSet {
  const json = parseJson(text);
  const known = toCamelKeys(Array.isArray(json) ? fromOldForm(json, id) : json);
  const set = check(EVAL_SET, known, 'eval set');
  const ids = set.evalCases.map(({ evalId }) => evalId);
  const twice = ids.find((one, index) => ids.indexOf(one) !== index);
  if (twice !== undefined) throw new FormatError(`It has two cases named "${twice}".`);
  return set;
}

/** One case, as ADK's page sends it. Throws FormatError. */
export const parseEvalCase = (json: unknown): EvalCase => check(EVAL_CASE, toCamelKeys(json), 'eval case');

/** google-adk's default criteria: `adk eval` without a configuration. */
const DEFAULT_CRITERIA = { tool_trajectory_avg_score: 1, response_match_score: 0.8 };
/** Values that google-adk reports for every evaluation; they neither pass nor fail. */
export const EFFICIENCY_METRICS = [
  'tool_call_count_v1',
  'inference_call_count_v1',
  'token_usage_v1',
  'invocation_duration_v1',
];

/** The metrics of a `test_config.json`; without a text, google-adk's defaults. */
export function parseEvalConfig(text: string | undefined): EvalMetric[] {
  const { criteria } =
    text === undefined
      ? { criteria: DEFAULT_CRITERIA }
      : check(EVAL_CONFIG, toCamelKeys(parseJson(text)), 'configuration');
  return withEfficiency(
    Object.entries(criteria).map(([metricName, given]) => {
      const criterion =
        typeof given === 'number' ? { threshold: given } : (toCamelKeys(given) as { threshold: number });
      return { metricName, threshold: criterion.threshold, criterion };
    }),
  );
}

export function withEfficiency(metrics: readonly EvalMetric[]): EvalMetric[] {
  const named = new Set(metrics.map(({ metricName }) => metricName));
  return [
    ...metrics,
    ...EFFICIENCY_METRICS.filter((name) => !named.has(name)).map((metricName) => ({ metricName })),
  ];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new FormatError(`It is not JSON: ${error instanceof Error ? error.message : String(error)}.`);
  }
}

function check<Schema extends z.ZodType>(schema: Schema, value: unknown, what: string): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new FormatError(
    `It is not an ${what} of google-adk 2.13: ${issue?.path.join('.') || 'the whole'}: ${issue?.message}.`.replace(
      'an configuration',
      'a configuration',
    ),
  );
}

const OLD_CASE = z.object({
  name: z.string(),
  data: z.array(
    z.looseObject({
      query: z.string(),
      reference: z.string().default(''),
      expected_tool_use: z
        .array(z.object({ tool_name: z.string(), tool_input: z.record(z.string(), z.unknown()) }))
        .default([]),
      expected_intermediate_agent_responses: z
        .array(z.object({ author: z.string(), text: z.string() }))
        .default([]),
    }),
  ),
  initial_session: z
    .looseObject({
      app_name: z.string().default(''),
      user_id: z.string().default(''),
      state: z.record(z.string(), z.unknown()).default({}),
    })
    .optional(),
});

function fromOldForm(json: readonly unknown[], id: string): unknown {
  const text = (words: string) => [{ text: words }];
  return {
    eval_set_id: id,
    name: id,
    eval_cases: check(z.array(OLD_CASE), json, 'eval set').map(
      ({ name, data, initial_session: session }) => ({
        eval_id: name,
        conversation: data.map((turn) => ({
          user_content: { role: 'user', parts: text(turn.query) },
          final_response: { role: 'model', parts: text(turn.reference) },
          intermediate_data: {
            tool_uses: turn.expected_tool_use.map((use) => ({ name: use.tool_name, args: use.tool_input })),
            intermediate_responses: turn.expected_intermediate_agent_responses.map((one) => [
              one.author,
              text(one.text),
            ]),
          },
        })),
        ...(session && Object.keys(session).length > 0 ? { session_input: session } : {}),
      }),
    ),
  };
}

/** The text parts of a content, one per line, as google-adk joins them. */
export function textOf(content: Content | null | undefined): string {
  return (content?.parts ?? []).flatMap(({ text }) => text || []).join('\n');
}

type Call = NonNullable<Part['functionCall']>;

/** The calls of an invocation, in order. */
export function callsOf({ intermediateData }: Invocation): Call[] {
  if (!intermediateData) return [];
  if (!intermediateData.invocationEvents) return intermediateData.toolUses ?? [];
  return intermediateData.invocationEvents.flatMap(({ content }) =>
    (content?.parts ?? []).flatMap(({ functionCall }) => functionCall ?? []),
  );
}

/** The responses of an invocation's calls. */
export function responsesOf({ intermediateData }: Invocation): NonNullable<Part['functionResponse']>[] {
  if (!intermediateData?.invocationEvents) return intermediateData?.toolResponses ?? [];
  return intermediateData.invocationEvents.flatMap(({ content }) =>
    (content?.parts ?? []).flatMap(({ functionResponse }) => functionResponse ?? []),
  );
}
