/** What the tabs of one browser tell each other; the truth stays with the service, so a lost message costs a refresh. */
export type TabMessage =
  | { kind: 'sessions-changed' }
  | { kind: 'turn-started'; sessionId: string }
  | { kind: 'turn-ended'; sessionId: string };

const channel = typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel('lornu');

export function tellTabs(message: TabMessage): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a BroadcastChannel never leaves the origin
  channel?.postMessage(message);
}

/** Calls back with what other tabs say; returns how to stop listening. */
export function onTabs(listener: (message: TabMessage) => void): () => void {
  const handle = (event: MessageEvent<TabMessage>): void => listener(event.data);
  channel?.addEventListener('message', handle);
  return () => channel?.removeEventListener('message', handle);
}
