import type { AdkEvent } from '../api/types.ts';
import { groupByTurn, toTurn, withoutRewound } from './to-turns.ts';
import type { Turn } from './turn.ts';

/**
 * toTurns that returns the same object for a turn whose events have not changed: while the last answer streams, earlier
 * ones are not rendered again.
 */
export function createTurnCache(): (events: readonly AdkEvent[]) => Turn[] {
  let cached: { events: AdkEvent[]; turn: Turn }[] = [];
  return (events) => {
    cached = groupByTurn(withoutRewound(events)).map((group, index) => {
      const known = cached[index];
      return known && isSame(known.events, group) ? known : { events: group, turn: toTurn(group, index) };
    });
    return cached.map(({ turn }) => turn);
  };
}

function isSame(before: readonly AdkEvent[], now: readonly AdkEvent[]): boolean {
  return before.length === now.length && before.every((event, index) => event === now[index]);
}
