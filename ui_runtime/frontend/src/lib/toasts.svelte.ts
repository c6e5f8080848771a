/** Short notices in a corner; the newest last. */

import type { ToastLevel, ToastMessage } from "./protocol.ts";

export interface Toast {
  key: number;
  level: ToastLevel;
  title: string;
  message: string;
}

const SHOWN_SECONDS = 10;
const MOST_SHOWN = 5;

export class Toasts {
  list: Toast[] = $state.raw([]);
  #next = 0;

  show({ level, title, message, seconds }: ToastMessage): void {
    const key = this.#next++;
    this.list = [...this.list, { key, level, title, message }].slice(-MOST_SHOWN);
    const shown = seconds ?? SHOWN_SECONDS;
    if (Number.isFinite(shown) && shown > 0) setTimeout(() => this.close(key), shown * 1000);
  }

  close(key: number): void {
    this.list = this.list.filter((toast) => toast.key !== key);
  }
}
