import { asProblem } from '../api/problem.ts';
import { Store } from '../util/store.ts';

export interface Toast {
  id: number;
  tone: 'error' | 'info';
  message: string;
  next?: string;
}

const SHOWN_MS = 8_000;

/** Short notices in the corner, for errors outside of the conversation. */
export class Toasts extends Store<{ toasts: Toast[] }> {
  #lastId = 0;

  constructor() {
    super({ toasts: [] });
  }

  inform(message: string): void {
    this.#add({ tone: 'info', message });
  }

  /** Shows why `error` happened and what to do; only texts meant for a person are shown. */
  complain(error: unknown): void {
    const { message, next } = asProblem(error);
    this.#add({ tone: 'error', message, next });
  }

  dismiss(id: number): void {
    this.set({ toasts: this.getState().toasts.filter((toast) => toast.id !== id) });
  }

  #add(toast: Omit<Toast, 'id'>): void {
    const id = ++this.#lastId;
    this.set({ toasts: [...this.getState().toasts.slice(-2), { ...toast, id }] });
    setTimeout(() => this.dismiss(id), SHOWN_MS);
  }
}

export const toasts = new Toasts();
