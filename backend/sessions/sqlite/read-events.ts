import type { Event } from '@google/adk';
import { storedObject } from '../../errors/stored-json.ts';
import { fromWire } from '../../events/wire.ts';
import { afterLargeStep, LARGE_CHARS } from '../../json/large.ts';
import { reading } from '../../sqlite/transaction.ts';
import type { Statements } from './statements.ts';

/** A range of a session's events: after `after`, up to and including `upTo`. */
export interface EventRange {
  row: number;
  after: number;
  upTo: number;
}

/**
 * Reads events of a session. If they have more than about 1 MiB, it reads in steps, and other requests run in between,
 * because a long conversation takes hundreds of milliseconds. Undefined if the session was deleted during the read.
 * Throws STORED_DATA_DAMAGED.
 */
export async function readEvents(
  statements: Statements,
  range: EventRange,
  bytes: number,
): Promise<{ events: Event[]; chars: number } | undefined> {
  const events: Event[] = [];
  let chars = 0;
  const read = (after: number, upTo: number): number => {
    const rows = reading(() => statements.eventsAfter.all({ row: range.row, after, upTo }));
    let more = 0;
    for (const { event } of rows) {
      events.push(fromWire(storedObject(event, `event ${range.after + 1 + events.length} of the session`)));
      more += event.length;
    }
    chars += more;
    return more;
  };
  if (bytes <= LARGE_CHARS) read(range.after, range.upTo);
  else {
    let { after } = range;
    for (const upTo of ends(statements, range)) {
      await afterLargeStep(read(after, upTo));
      after = upTo;
    }
  }
  return events.length === range.upTo - range.after ? { events, chars } : undefined;
}

/** The ends of the steps for reading a long conversation. Each step has about 1 MiB, or one larger event. */
function ends(statements: Statements, range: EventRange): number[] {
  const found: number[] = [];
  let sum = 0;
  for (const { seq, bytes } of reading(() => statements.eventSizes.all({ ...range }))) {
    if (sum > 0 && sum + bytes > LARGE_CHARS) {
      found.push(seq - 1);
      sum = 0;
    }
    sum += bytes;
  }
  return [...found, range.upTo];
}
