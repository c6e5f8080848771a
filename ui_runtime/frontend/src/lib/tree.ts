/** The components of the page: those it came with, and those that `render` blocks hold since. */

import type { AppConfig, ComponentConfig } from "./config.ts";
import { ComponentNode, type Events } from "./node.svelte.ts";
import type { Render } from "./protocol.ts";
import { isKept, recall, remember } from "./remembered.ts";
import { Timers } from "./timers.svelte.ts";

/** What a `render` block holds. */
interface Part {
  components: number[];
  dependencies: number[];
}

export class Tree {
  readonly nodes = new Map<number, ComponentNode>();
  readonly timers = new Timers();
  readonly #parts = new Map<number, Part>();
  readonly #events: Events;

  constructor(config: AppConfig, events: Omit<Events, "changed">) {
    const changed = (node: ComponentNode) => isKept(node) && remember(node);
    this.#events = { ...events, changed };
    for (const component of config.components) this.#add(component);
  }

  /** Take up what a `render` block holds from now on. Returns the dependencies that are gone. */
  render({ block, components, dependencies }: Render): number[] {
    const before = this.#take(block);
    const now = { components: components.map(({ id }) => id), dependencies: dependencies.map(({ id }) => id) };
    this.#parts.set(block, now);
    for (const id of before.components.filter((one) => !now.components.includes(one))) this.#remove(id);
    for (const component of components) this.#renew(component);
    return before.dependencies.filter((id) => !now.dependencies.includes(id));
  }

  /** What the block holds, with what the blocks inside of it hold; nobody holds it any more. */
  #take(block: number): Part {
    const part = this.#parts.get(block);
    if (!part) return { components: [], dependencies: [] };
    this.#parts.delete(block);
    const inner = part.components.map((id) => this.#take(id));
    return {
      components: [part, ...inner].flatMap(({ components }) => components),
      dependencies: [part, ...inner].flatMap(({ dependencies }) => dependencies),
    };
  }

  #renew({ keep, ...component }: ComponentConfig & { keep?: string[] }): void {
    const before = this.nodes.get(component.id);
    if (keep && before?.type === component.type) before.refresh(component, keep);
    else this.#add(component);
  }

  #add(component: ComponentConfig): void {
    const node = new ComponentNode(component, this.#events);
    this.nodes.set(node.id, node);
    if (node.type === "timer") this.timers.watch(node);
    if (isKept(node)) recall(node);
  }

  #remove(id: number): void {
    this.nodes.delete(id);
    this.timers.forget(id);
  }
}
