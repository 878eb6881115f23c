import { EventEmitter } from 'node:events';
import type { AgentExecutionEvent, ExecutionEventBus } from '@a2a-js/sdk/server';

/** What an executor says, told at once. The SDK's own bus makes a DOM event of each, which a streamed answer feels. */
export class EventBus extends EventEmitter implements ExecutionEventBus {
  publish(event: AgentExecutionEvent): void {
    this.emit('event', event);
  }

  finished(): void {
    this.emit('finished');
  }
}
