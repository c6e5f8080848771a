/** Short notices in a corner; the newest last. They wait while somebody points at them. */

import type { ToastLevel, ToastMessage } from "./protocol.ts";

export interface Toast {
  key: number;
  level: ToastLevel;
  title: string;
  message: string;
  /** Milliseconds that it is shown; null until it is closed. */
  shown: number | null;
}

const SHOWN_SECONDS = 10;
const MOST_SHOWN = 5;

export class Toasts {
  list: Toast[] = $state.raw([]);
  #next = 0;
  #held = false;
  readonly #timers = new Map<number, ReturnType<typeof setTimeout>>();

  show({ level, title, message, seconds }: ToastMessage): void {
    const key = this.#next++;
    const shown = (seconds ?? SHOWN_SECONDS) * 1000;
    const toast = { key, level, title, message, shown: shown > 0 && Number.isFinite(shown) ? shown : null };
    for (const old of this.list.slice(0, -(MOST_SHOWN - 1))) this.close(old.key);
    this.list = [...this.list, toast];
    this.#wait(toast);
  }

  close(key: number): void {
    clearTimeout(this.#timers.get(key));
    this.#timers.delete(key);
    this.list = this.list.filter((toast) => toast.key !== key);
  }

  closeLast(): void {
    const last = this.list.at(-1);
    if (last) this.close(last.key);
  }

  /** Nobody should have to read against the clock. */
  hold(held: boolean): void {
    this.#held = held;
    for (const toast of this.list) this.#wait(toast);
  }

  #wait({ key, shown }: Toast): void {
    clearTimeout(this.#timers.get(key));
    if (!this.#held && shown !== null) this.#timers.set(key, setTimeout(() => this.close(key), shown));
  }
}
