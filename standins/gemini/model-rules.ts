import { createHash } from 'node:crypto';
import type { Content, GeminiRequest, Part } from './request.ts';

/**
 * What the real API refuses depending on the model, read on 2026-11-29 from ai.google.dev/gemini-api/docs
 * (/thought-signatures, /whats-new-gemini-3.6, the pages of 3.7 and 3.8 Flash) and, for the messages, from reports: n8n
 * and ADK (missing signature), Zoo-Code 1052 (model turn last), CLIProxyAPI 5199 (ids). The service has its own list,
 * so that the tests find a mistake in either.
 */
export function refuseByModel(model: string, request: GeminiRequest): string | undefined {
  const version = versionOf(model);
  if (version === undefined) return undefined;
  return (
    refuseThinking(model, version, request) ??
    (version >= 306 || isLite35(model) ? refuseModelTurnLast(request.contents) : undefined) ??
    (version >= 300 ? refuseSignatures(request.contents) : undefined) ??
    (version >= 305 ? refuseIds(request.contents) : undefined)
  );
}

/** Whether this model signs its function calls and gives them ids. */
export function signsCalls(model: string): boolean {
  return (versionOf(model) ?? 0) >= 300;
}

/** 3.8 is 308; names without a number, such as gemini-flash-latest, are the newest. Undefined: not a Gemini model. */
function versionOf(model: string): number | undefined {
  if (!model.startsWith('gemini-')) return undefined;
  const [, major, minor = '0'] = /^gemini-(\d+)(?:\.(\d+))?/.exec(model) ?? [];
  return major === undefined ? 9_999 : Number(major) * 100 + Number(minor);
}

const isLite35 = (model: string): boolean => model.startsWith('gemini-3.5-flash-lite');

function refuseThinking(model: string, version: number, request: GeminiRequest): string | undefined {
  const { thinkingLevel, thinkingBudget } = request.generationConfig?.thinkingConfig ?? {};
  if (thinkingLevel === undefined) return undefined;
  if (version < 300) return 'Thinking level is not supported for this model.';
  if (thinkingBudget !== undefined) return 'You can only set only one of thinking budget and thinking level.';
  const hasMinimal = version < 307 && !/^gemini-[\d.]+-pro/.test(model);
  return thinkingLevel.toUpperCase() === 'MINIMAL' && !hasMinimal
    ? 'Thinking level MINIMAL is not supported for this model.'
    : undefined;
}

function refuseModelTurnLast(contents: Content[]): string | undefined {
  return contents.at(-1)?.role === 'model'
    ? 'Requests ending with a model turn are not supported.'
    : undefined;
}

/** The first call of each step since the person's last message must be signed, and signatures must be intact. */
function refuseSignatures(contents: Content[]): string | undefined {
  const turn = contents.findLastIndex(
    ({ role, parts = [] }) => role !== 'model' && parts.some((part) => !part.functionResponse),
  );
  for (const [index, { role, parts = [] }] of contents.entries()) {
    if (role !== 'model') continue;
    for (const part of parts)
      if (part.thoughtSignature !== undefined && !isIntact(part.thoughtSignature))
        return 'Corrupted thought signature.';
    const first = parts.find((part) => part.functionCall);
    if (index > turn && first && !first.thoughtSignature) return missingSignature(first, index);
  }
  return undefined;
}

function missingSignature({ functionCall }: Part, position: number): string {
  return `Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, and missing thought_signature may lead to degraded model performance. Additional data, function call \`default_api:${functionCall?.name}\` , position ${position + 1}. Please refer to https://ai.google.dev/gemini-api/docs/thought-signatures for more details.`;
}

/** A call with an id needs a response with that id, and no response may name an unknown call. */
function refuseIds(contents: Content[]): string | undefined {
  for (const [index, content] of contents.entries()) {
    const calls = (content.parts ?? []).flatMap(({ functionCall }) => (functionCall ? [functionCall] : []));
    if (calls.length === 0) continue;
    const answers = (contents[index + 1]?.parts ?? []).flatMap(
      ({ functionResponse }) => functionResponse ?? [],
    );
    const ids = (list: { id?: string }[]): string =>
      JSON.stringify(list.map(({ id }) => id ?? '').toSorted());
    if (ids(calls) !== ids(answers)) return 'functionResponse.id does not match functionCall.id.';
  }
  return undefined;
}

/**
 * Counts calls made by one of our signing models that are returned without our signature: the real API accepts them,
 * but the model has lost its reasoning.
 */
export function lostSignatures({ contents }: GeminiRequest): number {
  const firsts = contents.map(({ parts = [] }) => parts.find((part) => part.functionCall));
  return firsts.filter((part) => part?.functionCall?.id && UNSIGNED.has(part.thoughtSignature ?? '')).length;
}

/** The values that Google documents for calls that none of its models has signed. */
const UNSIGNED = new Set(['skip_thought_signature_validator', 'context_engineering_is_the_way_to_go']);
/** Contains + and / in base64, which a store with URL-safe base64 must convert back. */
const MARK = Buffer.from([0xfb, 0xef, 0xff]);
const SEED_BYTES = 18;

/** A signature that shows later whether it was returned byte for byte. */
export function signatureOf(what: string): string {
  const seed = createHash('sha256').update(what).digest().subarray(0, SEED_BYTES);
  return Buffer.concat([MARK, seed, checksum(seed)]).toString('base64');
}

function isIntact(signature: string): boolean {
  if (UNSIGNED.has(signature)) return true;
  const bytes = Buffer.from(signature, 'base64');
  const seed = bytes.subarray(MARK.length, MARK.length + SEED_BYTES);
  return Buffer.concat([MARK, seed, checksum(seed)]).equals(bytes);
}

function checksum(seed: Uint8Array): Buffer {
  return createHash('sha256').update('signature').update(seed).digest().subarray(0, 10);
}
