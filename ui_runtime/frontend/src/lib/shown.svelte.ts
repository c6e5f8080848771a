/** Panels that were shown once: they stay on the page, hidden, so that nothing in them is lost. */

import { untrack } from "svelte";

export class Shown {
  #ids: readonly number[] = $state.raw([]);

  has(id: number): boolean {
    return this.#ids.includes(id);
  }

  add(id: number): void {
    if (!untrack(() => this.has(id))) this.#ids = [...untrack(() => this.#ids), id];
  }
}
