import type { status } from '@grpc/grpc-js';

export { status } from '@grpc/grpc-js';

/** A refusal with a gRPC status, as the client receives it. */
export class RpcError extends Error {
  readonly code: status;
  readonly details: string;

  constructor(code: status, message: string) {
    super(message);
    this.code = code;
    this.details = message;
  }
}
