import { EventEmitter } from 'node:events';
import type { AgentExecutionEvent, ExecutionEventBus } from '@a2a-js/sdk/server';

/**
 * Delivers an executor's events synchronously. The SDK's bus makes a DOM event of each, which slows down a streamed
 * answer.
 */
export class EventBus extends EventEmitter implements ExecutionEventBus {
  publish(event: AgentExecutionEvent): void {
    this.emit('event', event);
  }

  finished(): void {
    this.emit('finished');
  }
}
