/** What was done, to be undone and done again. Steps hold pixels, so the oldest go when they are too many. */

export interface Step {
  /** Bytes that it holds. */
  readonly cost: number;
  undo(): void;
  redo(): void;
}

export class History {
  #done: Step[] = [];
  #undone: Step[] = [];

  constructor(
    private readonly budget: number,
    private readonly limit = 200,
  ) {}

  get canUndo(): boolean {
    return this.#done.length > 0;
  }

  get canRedo(): boolean {
    return this.#undone.length > 0;
  }

  /** A step that has just been done. */
  add(step: Step): void {
    this.#undone = [];
    this.#done.push(step);
    let cost = this.#done.reduce((sum, each) => sum + each.cost, 0);
    // The last one can always be undone.
    while (this.#done.length > 1 && (cost > this.budget || this.#done.length > this.limit))
      cost -= this.#done.shift()?.cost ?? 0;
  }

  undo(): void {
    const step = this.#done.pop();
    if (!step) return;
    step.undo();
    this.#undone.push(step);
  }

  redo(): void {
    const step = this.#undone.pop();
    if (!step) return;
    step.redo();
    this.#done.push(step);
  }

  clear(): void {
    this.#done = [];
    this.#undone = [];
  }
}
