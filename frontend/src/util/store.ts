import { useSyncExternalStore } from 'react';

/** A value that changes over time, for React and for plain code; `state` is replaced, never changed in place. */
export class Store<State extends object> {
  #state: State;
  readonly #listeners = new Set<() => void>();
  #pending: ReturnType<typeof setTimeout> | undefined;

  constructor(initial: State) {
    this.#state = initial;
  }

  readonly getState = (): State => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Replaces the named fields and notifies all listeners at once. */
  protected set(change: Partial<State>): void {
    this.#state = { ...this.#state, ...change };
    clearTimeout(this.#pending);
    this.#pending = undefined;
    for (const listener of this.#listeners) listener();
  }

  /** Like `set`, but notifies at most once in `everyMs`: a stream has more tokens than a screen has frames. */
  protected setSoon(change: Partial<State>, everyMs = 32): void {
    this.#state = { ...this.#state, ...change };
    this.#pending ??= setTimeout(() => this.set({}), everyMs);
  }
}

/** The store's state; renders whenever it changes. */
export function useStore<State extends object>(store: Store<State>): State {
  return useSyncExternalStore(store.subscribe, store.getState);
}
