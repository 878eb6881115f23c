import type { Context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';

/**
 * OpenTelemetry's own, but a bound function does not get the length of its target. ADK binds a dozen functions in each
 * turn, and to define that property costs more than all the rest of binding.
 */
export class LeanContextManager extends AsyncLocalStorageContextManager {
  override bind<T>(context: Context, target: T): T {
    if (typeof target !== 'function') return super.bind(context, target);
    const bound = (...given: unknown[]): unknown =>
      this.with(context, target as unknown as (...given: unknown[]) => unknown, undefined, ...given);
    return bound as T;
  }
}
