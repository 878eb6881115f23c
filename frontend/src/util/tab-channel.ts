/** Messages between the tabs of one browser. The service has the truth, so a lost message only costs a reload. */
export type TabMessage =
  | { kind: 'sessions-changed' }
  | { kind: 'turn-started'; sessionId: string }
  | { kind: 'turn-ended'; sessionId: string };

const channel = typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel('lornu');

export function tellTabs(message: TabMessage): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a BroadcastChannel never leaves the origin
  channel?.postMessage(message);
}

/** Calls back with messages of other tabs; returns a function that stops listening. */
export function onTabs(listener: (message: TabMessage) => void): () => void {
  const handle = (event: MessageEvent<TabMessage>): void => listener(event.data);
  channel?.addEventListener('message', handle);
  return () => channel?.removeEventListener('message', handle);
}
