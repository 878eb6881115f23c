import type { Channel, Row } from './channel.ts';
import { Timestamp } from './special-values.ts';
import type { Write } from './writes.ts';

/** A database: what its references need of it. */
export interface Database {
  readonly channel: Channel;
  /** projects/PROJECT/databases/DATABASE/documents */
  readonly root: string;
}

/** In a transaction: its id, or that this read begins it. */
export interface Within {
  transaction?: string;
  newTransaction?: object;
}

/** Stores the writes, all or none. Returns the time of each written document. */
export async function commit(
  { channel, root }: Database,
  writes: readonly Write[],
  transaction?: string,
): Promise<Timestamp[]> {
  const body = transaction === undefined ? { writes } : { writes, transaction };
  const [row = {}] = await channel.call('commit', root, body);
  const results = (row['writeResults'] ?? []) as { updateTime?: string }[];
  return results.map(({ updateTime }) => Timestamp.parse(updateTime ?? (row['commitTime'] as string)));
}

/** The transaction that a read has begun. */
export function begunBy(rows: readonly Row[]): { transaction?: string } {
  const transaction = rows.find((row) => row['transaction'])?.['transaction'];
  return typeof transaction === 'string' ? { transaction } : {};
}
