import type { Turn, WireEvent } from './agent-client.ts';
import type { Content, Invocation, Part } from './eval-set.ts';

/**
 * Converts a turn's events to google-adk's invocation, like evaluation_generator.convert_events_to_eval_invocations of
 * 2.13. A turn is one message and everything that follows it; the separate times of model and tools are not visible
 * from outside.
 */
export function toInvocation(userContent: Content, { events, seconds }: Turn, at: number): Invocation {
  let finalEvent: WireEvent | undefined;
  const kept = events.filter((event) => {
    if (event.author?.toLowerCase() === 'user') return false;
    const parts = event.content?.parts ?? [];
    if (parts.length > 0 && isFinalResponse(event) && (!hasText(finalEvent) || hasText(event)))
      finalEvent = event;
    return (
      event.groundingMetadata !== undefined ||
      parts.some((part) => part.functionCall || part.functionResponse || part.text || part['inlineData'])
    );
  });
  return {
    invocationId: events[0]?.invocationId ?? '',
    userContent,
    finalResponse: finalEvent?.content ?? null,
    intermediateData: {
      invocationEvents: kept.map((event) => ({
        author: event.author ?? 'agent',
        // The final response is stored separately; calls are counted here, so they stay.
        content: event !== finalEvent || hasCalls(event) ? (event.content ?? null) : null,
        ...(event.groundingMetadata === undefined ? {} : { groundingMetadata: event.groundingMetadata }),
        usageMetadata: event.usageMetadata ?? null,
        modelVersion: event.modelVersion ?? null,
      })),
    },
    creationTimestamp: at,
    duration: seconds,
  };
}

/** A stored conversation as invocations: each message of a person begins a turn. */
export function toInvocations(events: readonly WireEvent[]): Invocation[] {
  const invocations: Invocation[] = [];
  for (const turn of Map.groupBy(events, ({ invocationId }) => invocationId).values()) {
    const said = turn.findLast(({ author, content }) => author?.toLowerCase() === 'user' && content);
    if (!said?.content) continue;
    const { duration: _, ...invocation } = toInvocation(
      said.content,
      { events: turn, firstSeconds: undefined, seconds: 0 },
      said.timestamp ?? 0,
    );
    invocations.push(invocation);
  }
  return invocations;
}

/** Ids of calls are new in each run: a response, such as a confirmation, answers the newest call of its name. */
export function answerable(content: Content, before: readonly Part[]): Content {
  if (!content.parts?.some(({ functionResponse }) => functionResponse)) return content;
  return {
    ...content,
    parts: content.parts.map((part) => {
      const { functionResponse } = part;
      const call = before.findLast(
        ({ functionCall }) => functionCall?.name === functionResponse?.name,
      )?.functionCall;
      return functionResponse && call?.id
        ? { ...part, functionResponse: { ...functionResponse, id: call.id } }
        : part;
    }),
  };
}

const hasText = (event: WireEvent | undefined): boolean =>
  event?.content?.parts?.some(({ text }) => text) ?? false;
const hasCalls = (event: WireEvent): boolean =>
  event.content?.parts?.some(({ functionCall }) => functionCall) ?? false;

/** ADK's Event.is_final_response(). */
function isFinalResponse(event: WireEvent): boolean {
  if (event.actions?.skipSummarization || event.longRunningToolIds?.length) return true;
  const parts = event.content?.parts ?? [];
  return (
    !event.partial &&
    !parts.some(({ functionCall, functionResponse }) => functionCall || functionResponse) &&
    !parts.at(-1)?.['codeExecutionResult']
  );
}
