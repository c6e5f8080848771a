/** Dependencies that run: when one may start, what its outputs show meanwhile, what it changed, how it ended. */

import { isBig } from "./big.ts";
import type { Change, Dependency, Outcome } from "./config.ts";
import type { ComponentNode, Failure, Pending } from "./node.svelte.ts";
import { patched } from "./patch.ts";
import { freshPending, progressState, queuedState } from "./pending.ts";
import type { Failed, JobMessage } from "./protocol.ts";
import { changesOf, spread } from "./scripts.ts";
import { t } from "./texts.ts";

export interface Runner {
  /** `file` is an uploaded one that holds the values instead of `data`. */
  run(fn: number, data: unknown[], trigger?: number, event?: unknown, file?: string): number;
  cancel(job: number): void;
}

export interface Board {
  /** The components among these ids. */
  nodes(ids: readonly number[]): ComponentNode[];
  /** The wire value that a job takes; null for what stays in the app. */
  value(id: number): unknown;
  apply(changes: Change[]): void;
  /** The same before the next frame is drawn: steps that come faster are not shown one by one. */
  applySoon(changes: Change[]): void;
  /** Say at the component why a job failed; elsewhere too if what is said there `passes` soon. */
  fail(place: number | undefined, failure: Failure, passes: boolean): void;
  /** The component in sight. */
  reveal(id: number): void;
  /** Call the app's own function in this module. */
  script(path: string, values: unknown[]): Promise<unknown>;
  /** Upload values that are too big for a message; the id of the file that holds them. */
  keep(values: unknown[]): Promise<string>;
  /** A job ended by itself: what follows it may start. Returns the components that this fills. */
  over(triggered: Triggered, outcome: Outcome): readonly number[];
}

/** A dependency, with what started it. */
export interface Triggered {
  dependency: Dependency;
  /** The component that the event came from; the app itself is none. */
  trigger?: number | undefined;
  event?: unknown;
}

interface Job extends Triggered {
  /** As the app knows it; null until it is sent. */
  number: number | null;
  /** The values this job gave its outputs so far: what an `append` or `patch` continues. */
  values: Map<number, unknown>;
}

export class Jobs {
  readonly #live = new Set<Job>();
  readonly #byNumber = new Map<number, Job>();
  /** Dependencies with `always_last` that were triggered again while they ran. */
  readonly #again = new Map<number, Triggered>();

  constructor(
    private readonly runner: Runner,
    private readonly board: Board,
  ) {}

  trigger(triggered: Triggered): void {
    if (!this.#admits(triggered)) return;
    const { dependency } = triggered;
    const job: Job = { ...triggered, number: null, values: new Map() };
    this.#live.add(job);
    // A refused input says so at the input: what the last run said ends there too.
    for (const node of this.board.nodes([...dependency.inputs, ...dependency.outputs])) node.forgive();
    const late = this.board.nodes(dependency.inputs).flatMap((node) => node.settle() ?? []);
    if (late.length === 0) this.#start(job);
    else void this.#startAfter(job, late);
  }

  /** Whether a job of the dependency is not over. */
  runs(dependency: Dependency): boolean {
    return [...this.#live].some((job) => job.dependency.id === dependency.id);
  }

  /** Nobody wants these outputs' results any more: cancel what works on them, ignore what still comes. */
  giveUp(outputs: readonly number[]): void {
    this.#abandon(({ dependency }) => dependency.outputs.some((id) => outputs.includes(id)));
    for (const node of this.board.nodes(outputs)) node.forgive();
  }

  /** End the jobs of these dependencies. */
  cancel(dependencies: readonly number[]): void {
    if (dependencies.length > 0) this.#abandon(({ dependency }) => dependencies.includes(dependency.id));
  }

  message(message: JobMessage): void {
    const job = this.#byNumber.get(message.job);
    if (!job) return;
    switch (message.type) {
      case "queued":
        return this.#showPending(job, queuedState(message));
      case "started":
        return this.#showPending(job, { state: "running", position: null, eta: null });
      case "progress":
        return this.#showPending(job, { state: "running", progress: progressState(message) });
      case "data":
        return this.board.applySoon(whole(job, message.changes));
      case "done":
        return this.#done(job, whole(job, message.changes));
      case "failed":
        return this.#failed(job, message);
    }
  }

  /** The app no longer knows this job. */
  lost(number: number): void {
    const job = this.#byNumber.get(number);
    if (job) this.#fail(job, { title: t.error, message: t.jobLost });
  }

  #admits(triggered: Triggered): boolean {
    const { id, trigger_mode: mode = "once" } = triggered.dependency;
    if (mode === "multiple" || !this.runs(triggered.dependency)) return true;
    if (mode === "always_last") this.#again.set(id, triggered);
    return false;
  }

  #start(job: Job): void {
    const { dependency } = job;
    const values = dependency.inputs.map((id) => this.board.value(id));
    if (dependency.js) void this.#script(job, dependency.js, values);
    else this.#send(job, values);
  }

  /** Values that are still on their way to the app are waited for. */
  async #startAfter(job: Job, late: Promise<void>[]): Promise<void> {
    this.#showPending(job, {});
    try {
      await Promise.all(late);
      if (this.#live.has(job)) this.#start(job);
    } catch (error) {
      if (this.#live.has(job)) this.#fail(job, { title: t.uploadFailed, message: (error as Error).message });
    }
  }

  async #script(job: Job, path: string, values: unknown[]): Promise<void> {
    const { dependency } = job;
    const places = dependency.backend_fn ? dependency.inputs : dependency.outputs;
    try {
      const before = dependency.outputs.map((id) => this.board.value(id));
      const given = spread(await this.board.script(path, [...values, ...before]), places.length);
      // Cancelled, or its part of the page is gone.
      if (!this.#live.has(job)) return;
      if (dependency.backend_fn) this.#send(job, given ? [...given, ...values.slice(given.length)] : values);
      else this.#done(job, given ? changesOf(dependency, given) : []);
    } catch (error) {
      console.error(`the script of dependency ${dependency.id} failed`, error);
      if (this.#live.has(job)) this.#fail(job, { title: t.scriptFailed, message: (error as Error)?.message ?? String(error) });
    }
  }

  #send(job: Job, values: unknown[]): void {
    const { inputs, with_props: places } = job.dependency;
    const data = values.map((value, place) =>
      places?.includes(place) ? { value, props: this.board.nodes([inputs[place]!])[0]?.live?.() } : value,
    );
    if (isBig(data)) void this.#sendBig(job, data);
    else this.#run(job, data);
  }

  async #sendBig(job: Job, data: unknown[]): Promise<void> {
    this.#showPending(job, {});
    try {
      const file = await this.board.keep(data);
      if (this.#live.has(job)) this.#run(job, [], file);
    } catch (error) {
      if (this.#live.has(job)) this.#fail(job, { title: t.uploadFailed, message: (error as Error).message });
    }
  }

  #run(job: Job, data: unknown[], file?: string): void {
    const { dependency, trigger, event } = job;
    job.number = this.runner.run(dependency.id, data, trigger, dependency.wants_event ? event : undefined, file);
    this.#byNumber.set(job.number, job);
    this.#showPending(job, {});
  }

  #done(job: Job, changes: Change[]): void {
    this.#finish(job);
    this.board.apply(changes);
    const [output] = job.dependency.outputs;
    if (job.dependency.scroll_to_output && output !== undefined) this.board.reveal(output);
    this.#runAgain(job.dependency.id);
    this.board.over(job, "success");
  }

  #failed(job: Job, { title, message, traceback = null, code, output, invalid, seconds = null }: Failed): void {
    if (code === "cancelled") {
      this.#finish(job);
      return this.#runAgain(job.dependency.id);
    }
    for (const [id, said] of invalid ?? []) for (const node of this.board.nodes([id])) node.invalid = said;
    // One without any words is not to be seen.
    this.#fail(job, { title, message, traceback, seconds }, output, !!invalid?.length || !(title || message));
  }

  #fail(job: Job, failure: Failure, output?: number | null, told = false): void {
    this.#finish(job);
    // What follows comes first: as it reads or fills the same components, it would take back what is said there.
    const filled = this.board.over(job, "failure");
    const place = output ?? job.dependency.outputs[0];
    if (!told) this.board.fail(place, failure, place !== undefined && filled.includes(place));
    this.#runAgain(job.dependency.id);
  }

  #abandon(which: (job: Job) => boolean): void {
    for (const job of [...this.#live].filter(which)) {
      this.#again.delete(job.dependency.id);
      if (job.number !== null) this.runner.cancel(job.number);
      this.#finish(job);
    }
  }

  #finish(job: Job): void {
    this.#live.delete(job);
    if (job.number !== null) this.#byNumber.delete(job.number);
    const busy = new Set([...this.#live].flatMap(({ dependency }) => placesOf(dependency)));
    for (const node of this.board.nodes(placesOf(job.dependency))) if (!busy.has(node.id)) node.pending = null;
  }

  #runAgain(id: number): void {
    const again = this.#again.get(id);
    this.#again.delete(id);
    if (again) this.trigger(again);
  }

  #showPending({ dependency }: Job, change: Partial<Pending>): void {
    const show = dependency.show_progress ?? "full";
    for (const [index, node] of this.board.nodes(placesOf(dependency)).entries())
      node.pending = { ...(node.pending ?? freshPending()), show, first: index === 0, ...change };
  }
}

/** The components that show the progress of a dependency. */
function placesOf({ show_progress_on: places, outputs }: Dependency): readonly number[] {
  return places ?? outputs;
}

/** The changes with each `append` and `patch` made a whole value again. */
function whole(job: Job, changes: Change[]): Change[] {
  return changes.map(([id, { append, patch, ...change }]) => {
    if (append !== undefined) change.value = String(job.values.get(id) ?? "") + append;
    if (patch !== undefined) change.value = patched(job.values.get(id), patch);
    if ("value" in change) job.values.set(id, change.value);
    return [id, change];
  });
}
