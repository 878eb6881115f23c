/**
 * Metadata key, of an A2A message and of the turn that it starts, for the number of agents a question has passed
 * through. Both clouds use the same key (gcp-agent/gcp_agent/a2a/hops.py).
 */
export const HOPS_KEY = 'https://lornu.ai/a2a/hops';

/** An agent that was asked by an agent answers by itself, so that two agents never ask each other in circles. */
export const MOST_HOPS = 1;

/** The hops in metadata: 0 if missing, infinity if it is not a whole number of at least 0. */
export function hopsOf(metadata: Readonly<Record<string, unknown>> | undefined): number {
  const hops = metadata?.[HOPS_KEY];
  if (hops === undefined) return 0;
  return typeof hops === 'number' && Number.isInteger(hops) && hops >= 0 ? hops : Number.POSITIVE_INFINITY;
}

/** Whether a message has passed through too many agents; a server refuses it before anything runs. */
export function isTooFar(metadata: Readonly<Record<string, unknown>> | undefined): boolean {
  return hopsOf(metadata) > MOST_HOPS;
}

/** Metadata for a question that a turn with this metadata asks another agent; undefined: it may ask none. */
export function metadataOfNextHop(
  metadata: Readonly<Record<string, unknown>> | undefined,
): Record<string, unknown> | undefined {
  const hops = hopsOf(metadata) + 1;
  return hops > MOST_HOPS ? undefined : { [HOPS_KEY]: hops };
}
