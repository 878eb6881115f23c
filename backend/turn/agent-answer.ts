import { isCompactedEvent, type BaseAgent, type Event, type InvocationContext } from '@google/adk';
import { unparkCalls } from '../adk/parked-calls.ts';
import type { ToolResults } from '../adk/tool-results.ts';
import { splitConfirmation } from './confirmation-events.ts';
import type { MessageWrite } from './message-write.ts';
import type { ModelFailureRecorder } from './model-failure-recorder.ts';
import type { OpenAnswers } from './open-answers.ts';
import { OutputKeys } from './output-key.ts';
import { RepeatedFailure } from './repeated-failure.ts';
import type { TurnEvents } from './turn-events.ts';
import { toTurnFailure, type TurnFailure } from './turn-failure.ts';
import { replacedEvent, type TurnPlugins } from './turn-plugins.ts';

export interface AgentAnswerOptions {
  rootAgent: BaseAgent;
  context: InvocationContext;
  plugins: TurnPlugins;
  failures: ModelFailureRecorder;
  toolResults: ToolResults;
  answers: OpenAnswers;
  events: TurnEvents;
  messageWrite: MessageWrite;
  signal: AbortSignal;
}

/**
 * Processes an agent's events in one turn: corrects, stores and shows them, and ends the turn where it must not
 * continue.
 */
export class AgentAnswer {
  readonly #options: AgentAnswerOptions;
  readonly #outputKeys: OutputKeys;
  readonly #repeatedFailure = new RepeatedFailure();

  constructor(options: AgentAnswerOptions) {
    this.#options = options;
    this.#outputKeys = new OutputKeys(options.rootAgent);
  }

  /**
   * Resolves at the agent's end, at the model's failure, and at once if the signal is aborted. Throws what ends the
   * turn.
   */
  async take(agent: BaseAgent): Promise<void> {
    const { context, plugins, messageWrite, toolResults, events, signal } = this.#options;
    try {
      for await (const raw of agent.runAsync(context)) {
        await messageWrite.stored();
        if (signal.aborted) return;
        const changed = await plugins.runOnEventCallback({ invocationContext: context, event: raw });
        const whole = changed ? replacedEvent(raw, changed) : raw;
        for (const event of splitConfirmation(whole, context.session.events, toolResults)) {
          if (signal.aborted) return;
          if (event.partial) events.showPartial(unparkCalls(events.toPythonForm(event)));
          else if ((await this.#takeWhole(event)) === 'model failed') return;
        }
      }
    } finally {
      // Later events are stored after the message, and its refusal is the reason that counts.
      await messageWrite.stored();
    }
  }

  async #takeWhole(event: Event): Promise<'go on' | 'model failed'> {
    const { failures, events, toolResults } = this.#options;
    const hasFailed = failures.error !== undefined && event.errorCode !== undefined && !event.content;
    if (hasFailed) this.#describeFailure(event, toTurnFailure(failures.error));
    // The shown text of a failed answer is no answer.
    const misfit = hasFailed ? undefined : this.#outputKeys.correct(event);
    // A summary of older events is only stored; Python ADK does not show it either.
    if (isCompactedEvent(event)) await events.store(event);
    else await events.storeAndShow(event);
    // A failure ends the turn, as in google-adk; adk-js would ask the model again if tools were called before it.
    if (hasFailed) return 'model failed';
    if (misfit) throw misfit;
    this.#repeatedFailure.check(event, toolResults);
    return 'go on';
  }

  /**
   * Describes the model's failure in the event, in a sentence for the caller. If it failed in the middle of an answer,
   * the shown text stays in the conversation on this event.
   */
  #describeFailure(event: Event, failure: TurnFailure): void {
    event.errorCode = failure.errorCode;
    event.errorMessage = failure.errorMessage;
    const shown = this.#options.answers.unfinished.find(({ author }) => author === event.author);
    if (shown?.parts.length) event.content = { role: 'model', parts: shown.parts };
  }
}
