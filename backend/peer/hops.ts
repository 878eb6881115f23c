/**
 * How many agents a question has passed through, in the metadata of an A2A message and of the turn that it begins.
 * Both clouds use the same key (gcp-agent/gcp_agent/a2a/hops.py).
 */
export const HOPS_KEY = 'https://lornu.ai/a2a/hops';

/** An agent that was asked by an agent answers by itself: two agents never ask each other in circles. */
export const MOST_HOPS = 1;

/** The hops that metadata names: 0 where it names none, infinitely many where it names no whole number from 0 on. */
export function hopsOf(metadata: Readonly<Record<string, unknown>> | undefined): number {
  const hops = metadata?.[HOPS_KEY];
  if (hops === undefined) return 0;
  return typeof hops === 'number' && Number.isInteger(hops) && hops >= 0 ? hops : Number.POSITIVE_INFINITY;
}

/** Whether a message has come too far to be answered; a server refuses it before anything runs. */
export function isTooFar(metadata: Readonly<Record<string, unknown>> | undefined): boolean {
  return hopsOf(metadata) > MOST_HOPS;
}

/** Metadata of a question that a turn with this metadata asks another agent; undefined: it may ask none. */
export function metadataOfNextHop(
  metadata: Readonly<Record<string, unknown>> | undefined,
): Record<string, unknown> | undefined {
  const hops = hopsOf(metadata) + 1;
  return hops > MOST_HOPS ? undefined : { [HOPS_KEY]: hops };
}
