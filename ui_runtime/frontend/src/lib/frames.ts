/** Changes that wait for the next frame: whatever comes before it is applied in one go. */

import type { Change } from "./config.ts";

export class Frames {
  #waiting = new Map<number, Change[1]>();
  #asked = 0;

  constructor(private readonly apply: (changes: Change[]) => void) {}

  add(changes: Change[]): void {
    for (const [id, change] of changes) this.#waiting.set(id, { ...this.#waiting.get(id), ...change });
    // A page in the background draws no frames.
    if (document.hidden) this.flush();
    else this.#asked ||= requestAnimationFrame(() => this.flush());
  }

  /** Apply at once what waits, before anything that came later. */
  flush(): void {
    if (this.#asked) cancelAnimationFrame(this.#asked);
    this.#asked = 0;
    const changes = [...this.#waiting];
    this.#waiting.clear();
    this.apply(changes);
  }
}
