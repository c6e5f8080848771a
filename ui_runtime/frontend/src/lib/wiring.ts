/** Which dependency an event starts, and which one follows another: found by key, however many there are. */

import type { Dependency, Outcome } from "./config.ts";

export class Wiring {
  readonly #byId = new Map<number, Dependency>();
  readonly #byEvent = new Map<string, Set<Dependency>>();
  readonly #byParent = new Map<number, Set<Dependency>>();

  constructor(dependencies: Iterable<Dependency> = []) {
    for (const dependency of dependencies) this.add(dependency);
  }

  add(dependency: Dependency): void {
    this.remove(dependency.id);
    this.#byId.set(dependency.id, dependency);
    for (const [id, event] of dependency.targets) put(this.#byEvent, key(id, event), dependency);
    for (const [parent] of dependency.after ?? []) put(this.#byParent, parent, dependency);
  }

  remove(id: number): void {
    const dependency = this.#byId.get(id);
    if (!dependency) return;
    this.#byId.delete(id);
    for (const [target, event] of dependency.targets) this.#byEvent.get(key(target, event))?.delete(dependency);
    for (const [parent] of dependency.after ?? []) this.#byParent.get(parent)?.delete(dependency);
  }

  /** What `event` of the component (or of the layout's own id) starts, in the order in which it was added. */
  on(id: number, event: string): Dependency[] {
    return [...(this.#byEvent.get(key(id, event)) ?? [])];
  }

  listens(id: number, event: string): boolean {
    return (this.#byEvent.get(key(id, event))?.size ?? 0) > 0;
  }

  /** What runs when the dependency ended like this. */
  next(parent: number, outcome: Outcome): Dependency[] {
    const wanted = (after: Dependency["after"]) =>
      after?.some(([id, when]) => id === parent && (when === "then" || when === outcome));
    return [...(this.#byParent.get(parent) ?? [])].filter(({ after }) => wanted(after));
  }
}

const key = (id: number, event: string): string => `${id}:${event}`;

function put<K, V>(index: Map<K, Set<V>>, at: K, value: V): void {
  const set = index.get(at);
  if (set) set.add(value);
  else index.set(at, new Set([value]));
}
