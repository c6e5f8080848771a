/** Dependencies that run in the app: when one may start, what its outputs show meanwhile, what it changed. */

import type { Change, Dependency } from "./config.ts";
import type { ComponentNode, Pending } from "./node.svelte.ts";
import type { Failed, JobMessage, Progress, Queued } from "./protocol.ts";
import { t } from "./texts.ts";

export interface Runner {
  run(fn: number, data: unknown[], trigger?: number, event?: unknown): number;
  cancel(job: number): void;
}

export interface Board {
  /** The components among these ids; others of an app, such as a state, are not on the page. */
  nodes(ids: readonly number[]): ComponentNode[];
  value(id: number): unknown;
  apply(changes: Change[]): void;
  fail(place: number | undefined, failed: Pick<Failed, "title" | "message" | "traceback">): void;
}

interface Job {
  dependency: Dependency;
  /** The strings this job gave its outputs so far: what a later `append` continues. */
  strings: Map<number, string>;
}

export class Jobs {
  readonly #jobs = new Map<number, Job>();
  /** Dependencies with `always_last` that were triggered again while they ran, and by what. */
  readonly #again = new Map<number, { dependency: Dependency; trigger: number | undefined; event: unknown }>();

  constructor(
    private readonly runner: Runner,
    private readonly board: Board,
  ) {}

  trigger(dependency: Dependency, trigger?: number, event?: unknown): void {
    const running = [...this.#jobs.values()].some((job) => job.dependency === dependency);
    const mode = dependency.trigger_mode ?? "once";
    if (running && mode === "always_last") this.#again.set(dependency.id, { dependency, trigger, event });
    if (running && mode !== "multiple") return;
    const data = dependency.inputs.map((id) => this.board.value(id));
    const job = this.runner.run(dependency.id, data, trigger, event);
    this.#jobs.set(job, { dependency, strings: new Map() });
    // A refused input says so at the input: what the last run said ends there too.
    for (const node of this.board.nodes([...dependency.inputs, ...dependency.outputs])) node.failure = null;
    this.#showPending(dependency, {});
  }

  /** Nobody wants these outputs' results any more: cancel what works on them, ignore what still comes. */
  giveUp(outputs: readonly number[]): void {
    for (const [number, job] of this.#jobs) {
      if (!job.dependency.outputs.some((id) => outputs.includes(id))) continue;
      this.#again.delete(job.dependency.id);
      this.runner.cancel(number);
      this.#finish(number, job);
    }
    for (const node of this.board.nodes(outputs)) node.failure = null;
  }

  message(message: JobMessage): void {
    const job = this.#jobs.get(message.job);
    if (!job) return;
    switch (message.type) {
      case "queued":
        return this.#showPending(job.dependency, queuedState(message));
      case "started":
        return this.#showPending(job.dependency, { state: "running", position: null, eta: null });
      case "progress":
        return this.#showPending(job.dependency, { state: "running", progress: progressState(message) });
      case "data":
        return this.board.apply(grown(job, message.changes));
      case "done":
        this.#finish(message.job, job);
        this.board.apply(grown(job, message.changes));
        return this.#runAgain(job.dependency);
      case "failed":
        this.#finish(message.job, job);
        if (message.code !== "cancelled") this.#fail(job.dependency, message, message.output);
        return this.#runAgain(job.dependency);
    }
  }

  /** The app no longer knows this job. */
  lost(number: number): void {
    const job = this.#jobs.get(number);
    if (!job) return;
    this.#finish(number, job);
    this.#fail(job.dependency, { title: t.error, message: t.jobLost });
  }

  #fail(dependency: Dependency, failed: Pick<Failed, "title" | "message" | "traceback">, output?: number | null): void {
    this.board.fail(output ?? dependency.outputs[0], failed);
  }

  #finish(number: number, { dependency }: Job): void {
    this.#jobs.delete(number);
    const busy = new Set([...this.#jobs.values()].flatMap((job) => job.dependency.outputs));
    for (const node of this.board.nodes(dependency.outputs)) if (!busy.has(node.id)) node.pending = null;
  }

  #runAgain({ id }: Dependency): void {
    const again = this.#again.get(id);
    this.#again.delete(id);
    if (again) this.trigger(again.dependency, again.trigger, again.event);
  }

  #showPending(dependency: Dependency, change: Partial<Pending>): void {
    const show = dependency.show_progress ?? "full";
    for (const [index, node] of this.board.nodes(dependency.outputs).entries())
      node.pending = { ...(node.pending ?? freshPending()), show, first: index === 0, ...change };
  }
}

/** The changes with each `append` made a whole value again. */
function grown(job: Job, changes: Change[]): Change[] {
  return changes.map(([id, { append, ...change }]) => {
    if (append !== undefined) change.value = (job.strings.get(id) ?? "") + append;
    if (typeof change.value === "string") job.strings.set(id, change.value);
    return [id, change];
  });
}

function freshPending(): Pending {
  return {
    state: "running",
    since: performance.now(),
    show: "full",
    first: false,
    position: null,
    size: null,
    eta: null,
    progress: null,
  };
}

function queuedState(message: Queued): Partial<Pending> {
  return { state: "queued", position: message.position, size: message.size ?? null, eta: message.eta ?? null };
}

function progressState(message: Progress): Pending["progress"] {
  const { step, total, unit } = message;
  const known = typeof step === "number" && typeof total === "number" && total > 0;
  const count = known ? `${step}/${total}` : typeof step === "number" ? `${step}` : "";
  return {
    fraction: message.fraction ?? (known ? step / total : null),
    text: [message.text, [count, count && unit].filter(Boolean).join(" ")].filter(Boolean).join(" · "),
  };
}
