/** `timer` components: they tick while somebody can see the page and the app can hear it. */

import type { ComponentNode } from "./node.svelte.ts";

/** A timer of 0.001 s should not freeze the page. */
const SHORTEST_MS = 10;

export class Timers {
  connected: boolean = $state(false);
  #visible: boolean = $state(!document.hidden);
  readonly #stops = new Map<number, () => void>();

  constructor() {
    document.addEventListener("visibilitychange", () => (this.#visible = !document.hidden));
  }

  watch(node: ComponentNode): void {
    this.forget(node.id);
    const stop = $effect.root(() => {
      $effect(() => {
        const ms = 1000 * Number(node.value);
        if (!this.connected || !this.#visible || !node.flag("active", true) || !(ms > 0)) return;
        const timer = setInterval(() => node.fire("tick"), Math.max(SHORTEST_MS, ms));
        return () => clearInterval(timer);
      });
    });
    this.#stops.set(node.id, stop);
  }

  forget(id: number): void {
    this.#stops.get(id)?.();
    this.#stops.delete(id);
  }

  stop(): void {
    for (const id of [...this.#stops.keys()]) this.forget(id);
  }
}
