import type { Request, Row } from './backend.ts';
import { fromRest, toRestJson } from './rest.ts';
import { RpcError, status } from './rpc-error.ts';

const VERBS: { [method: string]: string } = { BatchGetDocuments: 'batchGet' };

/** Calls Firestore's REST API directly, in the form of the same gRPC calls. */
export class FirestoreRestClient {
  readonly #host: string;

  constructor(host: string) {
    this.#host = host;
  }

  /** The messages of the response. Throws RpcError with the server's error. */
  async rows(method: string, request: Request | Buffer): Promise<Row[]> {
    if (Buffer.isBuffer(request)) throw new TypeError('REST takes no bytes of a protocol buffer.');
    const { database, parent = `${database}/documents`, ...body } = request;
    const verb = VERBS[method] ?? method.charAt(0).toLowerCase() + method.slice(1);
    const response = await fetch(`http://${this.#host}/v1/${encodeURI(parent)}:${verb}`, {
      method: 'POST',
      // An emulator takes this for an administrator.
      headers: { authorization: 'Bearer owner', 'content-type': 'application/json' },
      body: JSON.stringify(toRestJson(body)),
    });
    const rows = [fromRest(await response.json())].flat() as Row[];
    const error = rows.find((row) => row['error'])?.['error'] as {
      status: keyof typeof status;
      message: string;
    };
    if (error) throw new RpcError(status[error.status], error.message);
    return rows;
  }
}
