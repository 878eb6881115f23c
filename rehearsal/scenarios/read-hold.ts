import { FirestoreRestClient } from '@lornu/standins/firestore/rest-client.ts';
import type { StoredDocument } from '@lornu/standins/firestore/documents.ts';
import type { Timestamp } from '@lornu/standins/firestore/value.ts';
import type { ServedRehearsal } from '../serve/served.ts';

/** The collection of leases and heartbeats (backend/runs/firestore/paths.ts). */
const LEASES = 'lornu_leases';

type Served = Pick<ServedRehearsal, 'standIns'> & { applied: Pick<ServedRehearsal['applied'], 'google'> };

/**
 * For how many milliseconds the stored heartbeats hold the turns of their processes at most: longer after late ones
 * (docs/runs.md, "When a process dies").
 */
export async function readHoldMs({ standIns, applied: { google } }: Served): Promise<number> {
  const parent = `projects/${google.project}/databases/${google.database}/documents`;
  const rows = await new FirestoreRestClient(standIns.firestoreHost).rows('RunQuery', {
    parent,
    structuredQuery: { from: [{ collectionId: LEASES }] },
  });
  const holds = rows.flatMap(({ document }) => {
    const { fields, updateTime } = (document ?? {}) as Partial<StoredDocument>;
    const until = fields?.['until']?.timestampValue;
    // Only a heartbeat names its process.
    return fields?.['process'] && until && updateTime ? [toMs(until) - toMs(updateTime)] : [];
  });
  return Math.max(0, ...holds);
}

function toMs({ seconds = '0', nanos = 0 }: Timestamp): number {
  return Number(seconds) * 1000 + nanos / 1e6;
}
