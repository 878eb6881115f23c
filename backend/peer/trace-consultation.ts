import { serverAttributes, traceClientCall } from '../observability/trace-context.ts';
import { PeerError } from './peer-error.ts';

/**
 * A question to the peer as a span, by OpenTelemetry's conventions for a remote agent. The peer continues the trace. Its
 * words and the reasons of its failures are not recorded.
 * https://github.com/open-telemetry/semantic-conventions-genai/blob/v0.1.0/docs/gen-ai/client-invoke-agent.md
 */
export async function traceConsultation<Answer extends { name: string }>(
  url: string,
  ask: () => Promise<Answer>,
): Promise<Answer> {
  const attributes = {
    'gen_ai.operation.name': 'invoke_agent',
    // The peer's agent uses Google's models; through which of their addresses is not known here.
    'gen_ai.provider.name': 'gcp.gen_ai',
    ...serverAttributes(url),
  };
  return traceClientCall(
    'invoke_agent',
    attributes,
    async (span) => {
      const answer = await ask();
      span.updateName(`invoke_agent ${answer.name}`).setAttribute('gen_ai.agent.name', answer.name);
      return answer;
    },
    (error) => (error instanceof PeerError ? error.failure : '_OTHER'),
  );
}
