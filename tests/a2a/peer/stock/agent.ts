import { BaseAgent, createEvent, type Event, type InvocationContext } from '@google/adk';

/** An agent scripted by the last word of the message; serve.py is the same agent in Python. */
export class Scripted extends BaseAgent {
  protected override async *runAsyncImpl(context: InvocationContext): AsyncGenerator<Event, void, void> {
    const { invocationId, userContent } = context;
    const say = (parts: NonNullable<Event['content']>['parts'], more: Partial<Event> = {}): Event =>
      createEvent({ invocationId, author: this.name, content: { role: 'model', parts }, ...more });
    switch (userContent?.parts?.[0]?.text?.split(' ').at(-1)) {
      case 'file':
        yield say([
          { text: 'Here it is: ' },
          { inlineData: { data: 'iVBORw0=', mimeType: 'image/png', displayName: 'a.png' } },
        ]);
        return;
      case 'tool':
        yield say([{ functionCall: { id: 'c1', name: 'secret_tool', args: { key: 'hidden' } } }]);
        yield say([{ functionResponse: { id: 'c1', name: 'secret_tool', response: { value: 'hidden' } } }]);
        yield say([{ text: 'Done with the tool.' }]);
        return;
      case 'confirm':
        yield say([{ functionCall: { id: 'c2', name: 'ask_a_person', args: {} } }], {
          longRunningToolIds: ['c2'],
        });
        return;
      case 'fail':
        throw new Error('secret of the peer');
      case 'endless':
        for (;;) {
          yield say([{ text: 'and on ' }], { partial: true });
          await Bun.sleep(20);
        }
      default:
        yield say([{ text: 'All is' }], { partial: true });
        yield say([{ text: ' well.' }], { partial: true });
        yield say([{ text: 'All is well.' }]);
    }
  }

  // oxlint-disable-next-line require-yield -- live runs are not served
  protected override async *runLiveImpl(): AsyncGenerator<Event, void, void> {
    throw new Error('not live');
  }
}
