import { type Context, type SpanKind as Kind, SpanKind, TraceFlags, trace } from '@opentelemetry/api';
import {
  type Sampler,
  SamplingDecision,
  type SamplingResult,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-node';

const DROP: SamplingResult = { decision: SamplingDecision.NOT_RECORD };
const RECORD: SamplingResult = { decision: SamplingDecision.RECORD_AND_SAMPLED };

/**
 * Records a share of all requests, with everything that they cause. The trace id decides, so that all processes decide
 * alike, and never the caller's flag: callers must not decide what is stored at our cost. Periodic work of the process
 * (leases, takeovers) is not recorded: nobody asked for it, and it would be most of all spans.
 */
export class RequestSampler implements Sampler {
  readonly #ratio: TraceIdRatioBasedSampler;

  /** `share`: from 0 to 1. */
  constructor(share: number) {
    this.#ratio = new TraceIdRatioBasedSampler(share);
  }

  shouldSample(context: Context, traceId: string, _name: string, kind: Kind): SamplingResult {
    const parent = trace.getSpanContext(context);
    if (parent && !parent.isRemote) return parent.traceFlags & TraceFlags.SAMPLED ? RECORD : DROP;
    if (!parent && kind !== SpanKind.SERVER) return DROP;
    return this.#ratio.shouldSample(context, traceId);
  }

  toString(): string {
    return `RequestSampler{${this.#ratio.toString()}}`;
  }
}
