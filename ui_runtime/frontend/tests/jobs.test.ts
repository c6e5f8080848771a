import { expect, test, vi } from "vitest";

import { isBig } from "../src/lib/big.ts";
import type { Change, Dependency, Outcome } from "../src/lib/config.ts";
import { Jobs, type Board, type Runner, type Triggered } from "../src/lib/jobs.ts";
import type { ComponentNode, Failure, Pending } from "../src/lib/node.svelte.ts";

/** A page of two components and an app that only remembers what it was asked. */
class Stage implements Runner, Board {
  asked: { fn: number; data: unknown[]; event?: unknown; file?: string }[] = [];
  kept: unknown[][] = [];
  cancelled: number[] = [];
  failed: string[] = [];
  readonly all = [1, 2].map((id) => ({
    id,
    value: `value ${id}` as unknown,
    pending: null as Pending | null,
    failure: null as Failure | null,
    invalid: null as string | null,
    settle: (): Promise<void> | null => null,
    forgive(): void {
      this.failure = this.invalid = null;
    },
  }));
  over: (triggered: Triggered, outcome: Outcome) => readonly number[] = ({ dependency }, outcome) => {
    this.ended.push(`${dependency.id} ${outcome}`);
    return [];
  };
  ended: string[] = [];
  scripts: Record<string, (...values: unknown[]) => unknown> = {};
  revealed: number[] = [];

  run(fn: number, data: unknown[], _trigger?: number, event?: unknown, file?: string): number {
    return this.asked.push({ fn, data, ...(event === undefined ? {} : { event }), ...(file ? { file } : {}) });
  }
  async keep(values: unknown[]): Promise<string> {
    return `file ${this.kept.push(values)}`;
  }
  cancel(job: number): void {
    this.cancelled.push(job);
  }
  nodes(ids: readonly number[]): ComponentNode[] {
    return this.all.filter(({ id }) => ids.includes(id)) as unknown as ComponentNode[];
  }
  value(id: number): unknown {
    return this.all.find((node) => node.id === id)?.value ?? null;
  }
  apply(changes: Change[]): void {
    for (const [id, change] of changes) {
      const node = this.all.find((one) => one.id === id);
      if (node && "value" in change) node.value = change.value;
    }
  }
  applySoon(changes: Change[]): void {
    this.apply(changes);
  }
  reveal(id: number): void {
    this.revealed.push(id);
  }
  async script(path: string, values: unknown[]): Promise<unknown> {
    return this.scripts[path]!(...values);
  }
  fail(place: number | undefined, failure: Failure, passes: boolean): void {
    this.failed.push(`${place}: ${failure.message}${passes ? " (as a toast too)" : ""}`);
    for (const node of this.nodes(place === undefined ? [] : [place])) node.failure = failure;
  }
}

function setUp(mode: Dependency["trigger_mode"] = "once") {
  const stage = new Stage();
  const dependency: Dependency = {
    id: 7,
    targets: [],
    inputs: [1, 99],
    outputs: [2],
    backend_fn: true,
    trigger_mode: mode ?? "once",
  };
  return { stage, dependency, jobs: new Jobs(stage, stage), output: stage.all[1]! };
}

const done = (job: number, changes: Change[] = []) => ({ type: "done", job, changes, seconds: 0 }) as const;

test("a job takes the current values; one that is not on the page is null, in its place", () => {
  const { stage, jobs, dependency } = setUp();
  jobs.trigger({ dependency });
  expect(stage.asked).toEqual([{ fn: 7, data: ["value 1", null] }]);
});

test("an output is pending from the click until the job is done", () => {
  const { jobs, dependency, output } = setUp();
  jobs.trigger({ dependency });
  expect(output.pending?.state).toBe("running");
  jobs.message(done(1));
  expect(output.pending).toBeNull();
});

test("once: a trigger is ignored while the job is unfinished", () => {
  const { stage, jobs, dependency } = setUp("once");
  jobs.trigger({ dependency });
  jobs.trigger({ dependency });
  jobs.message(done(1));
  expect(stage.asked).toHaveLength(1);
});

test("multiple: each trigger is a job, and the output is pending until the last is done", () => {
  const { stage, jobs, dependency, output } = setUp("multiple");
  jobs.trigger({ dependency });
  jobs.trigger({ dependency });
  expect(stage.asked).toHaveLength(2);
  jobs.message(done(1));
  expect(output.pending).not.toBeNull();
  jobs.message(done(2));
  expect(output.pending).toBeNull();
});

test("always_last: any number of triggers meanwhile make one more job, with the values of then", () => {
  const { stage, jobs, dependency } = setUp("always_last");
  for (let i = 0; i < 3; i++) jobs.trigger({ dependency });
  stage.all[0]!.value = "later";
  jobs.message(done(1));
  expect(stage.asked.map(({ data }) => data[0])).toEqual(["value 1", "later"]);
  jobs.message(done(2));
  expect(stage.asked).toHaveLength(2);
});

test("a value that is still made is waited for, and a job that is cancelled meanwhile never starts", async () => {
  const { stage, jobs, dependency, output } = setUp();
  let settled = () => {};
  const input = stage.all[0]!;
  input.settle = () => new Promise<void>((resolve) => (settled = resolve));
  jobs.trigger({ dependency });
  expect(stage.asked).toEqual([]);
  expect(output.pending?.state).toBe("running");
  input.value = "drawn";
  settled();
  await vi.waitFor(() => expect(stage.asked).toEqual([{ fn: 7, data: ["drawn", null] }]));

  jobs.message(done(1));
  jobs.trigger({ dependency });
  jobs.cancel([7]);
  settled();
  await Promise.resolve();
  expect(stage.asked).toHaveLength(1);
});

test("a value that cannot be made fails the job", async () => {
  const { stage, jobs, dependency } = setUp();
  stage.all[0]!.settle = () => Promise.reject(new Error("too big"));
  jobs.trigger({ dependency });
  await vi.waitFor(() => expect(stage.failed).toEqual(["2: too big"]));
  expect(stage.asked).toEqual([]);
});

test("an append continues what the same job said, whatever a person typed in between", () => {
  const { jobs, dependency, output } = setUp();
  jobs.trigger({ dependency });
  jobs.message({ type: "data", job: 1, changes: [[2, { value: "ab" }]] });
  output.value = "typed over";
  jobs.message({ type: "data", job: 1, changes: [[2, { append: "c" }]] });
  expect(output.value).toBe("abc");
});

test("a failure goes to the output that the app names, else to the first", () => {
  const { stage, jobs, dependency } = setUp();
  jobs.trigger({ dependency });
  jobs.message({ type: "failed", job: 1, title: "Error", message: "bad", output: 5 });
  jobs.trigger({ dependency });
  jobs.message({ type: "failed", job: 2, title: "Error", message: "worse" });
  expect(stage.failed).toEqual(["5: bad", "2: worse"]);
});

test("a failure outlives what follows it", () => {
  const { stage, jobs, dependency } = setUp();
  stage.over = ({ dependency: { id } }) => {
    if (id !== dependency.id) return [];
    jobs.trigger({ dependency: { ...dependency, id: 8, inputs: [2], outputs: [1] } });
    return [1];
  };
  jobs.trigger({ dependency });
  jobs.message({ type: "failed", job: 1, title: "Error", message: "bad" });
  expect(stage.all[1]!.failure?.message).toBe("bad");
  expect(stage.failed).toEqual(["2: bad"]);
});

test("a failure where what follows writes is said elsewhere too", () => {
  const { stage, jobs, dependency } = setUp();
  stage.over = () => [2];
  jobs.trigger({ dependency });
  jobs.message({ type: "failed", job: 1, title: "Error", message: "bad" });
  expect(stage.failed).toEqual(["2: bad (as a toast too)"]);
});

test("a failure without words is not shown, but it is one", () => {
  const { stage, jobs, dependency } = setUp();
  jobs.trigger({ dependency });
  jobs.message({ type: "failed", job: 1, title: "", message: "" });
  expect([stage.failed, stage.ended]).toEqual([[], ["7 failure"]]);
});

test("a cancelled job is no failure", () => {
  const { stage, jobs, dependency, output } = setUp();
  jobs.trigger({ dependency });
  jobs.message({ type: "failed", job: 1, title: "", message: "", code: "cancelled" });
  expect(stage.failed).toEqual([]);
  expect(output.pending).toBeNull();
});

test("outputs given up are cancelled, and what their job still sends is ignored", () => {
  const { stage, jobs, dependency, output } = setUp("always_last");
  jobs.trigger({ dependency });
  jobs.trigger({ dependency });
  jobs.giveUp([2]);
  expect(stage.cancelled).toEqual([1]);
  jobs.message(done(1, [[2, { value: "late" }]]));
  expect(output.value).toBe("value 2");
  expect(stage.asked).toHaveLength(1);
});

test("progress is a fraction, from steps when the app counts them, with its words", () => {
  const { jobs, dependency, output } = setUp();
  jobs.trigger({ dependency });
  jobs.message({ type: "progress", job: 1, step: 3, total: 12, unit: "files", text: "Reading" });
  expect(output.pending?.progress).toEqual({ fraction: 0.25, text: "Reading · 3/12 files" });
});

test("a patch edits what the same job said", () => {
  const { jobs, dependency, output } = setUp();
  jobs.trigger({ dependency });
  jobs.message({ type: "data", job: 1, changes: [[2, { value: [{ content: "Hel" }] }]] });
  jobs.message({ type: "data", job: 1, changes: [[2, { patch: [["append", [0, "content"], "lo"]] }]] });
  expect(output.value).toEqual([{ content: "Hello" }]);
});

test("what a validator says stands at each component, and nowhere else", () => {
  const { stage, jobs, dependency } = setUp();
  jobs.trigger({ dependency });
  jobs.message({ type: "failed", job: 1, title: "", message: "", code: "refused", invalid: [[1, "too short"]] });
  expect(stage.all.map(({ invalid }) => invalid)).toEqual(["too short", null]);
  expect(stage.failed).toEqual([]);
  jobs.trigger({ dependency });
  expect(stage.all[0]!.invalid).toBeNull();
});

test("how a job ended is told once; a cancelled one is not", () => {
  const { stage, jobs, dependency } = setUp();
  jobs.trigger({ dependency });
  jobs.message(done(1));
  jobs.trigger({ dependency });
  jobs.message({ type: "failed", job: 2, title: "Error", message: "bad" });
  jobs.trigger({ dependency });
  jobs.cancel([7]);
  expect(stage.cancelled).toEqual([3]);
  expect(stage.ended).toEqual(["7 success", "7 failure"]);
});

test("progress is shown at other components than the outputs when the app says so", () => {
  const { stage, jobs, dependency } = setUp();
  dependency.show_progress_on = [1];
  jobs.trigger({ dependency });
  expect(stage.all.map(({ pending }) => pending !== null)).toEqual([true, false]);
});

test("what the event carried is sent only to those who ask for it", () => {
  const { stage, jobs, dependency } = setUp("multiple");
  jobs.trigger({ dependency, event: { index: 3 } });
  dependency.wants_event = true;
  jobs.trigger({ dependency, event: { index: 3 } });
  expect(stage.asked.map(({ event }) => event)).toEqual([undefined, { index: 3 }]);
});

test("the first output comes into sight when the app asks for it", () => {
  const { stage, jobs, dependency } = setUp();
  dependency.scroll_to_output = true;
  jobs.trigger({ dependency });
  jobs.message(done(1));
  expect(stage.revealed).toEqual([2]);
});

const settled = () => new Promise((resolve) => setTimeout(resolve));

test("a script stands before the app's function: what it returns takes the inputs' place", async () => {
  const { stage, jobs, dependency } = setUp();
  stage.scripts["a.js"] = (first, second, output) => [`${first}!`, `${second} ${output}`];
  jobs.trigger({ dependency: { ...dependency, js: "a.js" } });
  await settled();
  expect(stage.asked[0]?.data).toEqual(["value 1!", "null value 2"]);
});

test("a script that returns nothing leaves the inputs as they are", async () => {
  const { stage, jobs, dependency } = setUp();
  stage.scripts["a.js"] = () => undefined;
  jobs.trigger({ dependency: { ...dependency, js: "a.js" } });
  await settled();
  expect(stage.asked[0]?.data).toEqual(["value 1", null]);
});

test("a script alone fills the outputs without a round trip", async () => {
  const { stage, jobs, dependency, output } = setUp();
  stage.scripts["a.js"] = async (first) => `${first} here`;
  jobs.trigger({ dependency: { ...dependency, js: "a.js", backend_fn: false } });
  await settled();
  expect([stage.asked, output.value, stage.ended]).toEqual([[], "value 1 here", ["7 success"]]);
});

test("a script that throws fails its dependency and runs nothing", async () => {
  const { stage, jobs, dependency } = setUp();
  const log = vi.spyOn(console, "error").mockImplementation(() => undefined);
  stage.scripts["a.js"] = () => {
    throw new Error("no such thing");
  };
  jobs.trigger({ dependency: { ...dependency, js: "a.js" } });
  await settled();
  expect([stage.asked, stage.failed, stage.ended]).toEqual([[], ["2: no such thing"], ["7 failure"]]);
  expect(log).toHaveBeenCalledOnce();
  log.mockRestore();
});

test("values too big for a message are uploaded first, and the job names their file", async () => {
  const { stage, dependency, jobs } = setUp();
  stage.all[0]!.value = Array.from({ length: 200_000 }, (_, number) => `cell ${number}`);
  jobs.trigger({ dependency });
  expect(stage.asked).toEqual([]);
  await vi.waitFor(() => expect(stage.asked).toEqual([{ fn: 7, data: [], file: "file 1" }]));
  expect(stage.kept).toEqual([[stage.all[0]!.value, null]]);
});

test("who gave a job up while its values were on their way does not run it", async () => {
  const { stage, dependency, jobs } = setUp();
  stage.all[0]!.value = "x".repeat(1_000_000);
  jobs.trigger({ dependency });
  jobs.cancel([7]);
  await new Promise((resolve) => setTimeout(resolve));
  expect(stage.asked).toEqual([]);
});

test("what is big is what JSON makes of it", () => {
  expect(isBig(["x".repeat(800_000)])).toBe(false);
  expect(isBig(["\u0000".repeat(200_000)])).toBe(true);
  expect(isBig([{ data: Array(1_000_000).fill(0), toJSON: () => ({}) }])).toBe(false);
  expect(isBig([Array.from({ length: 10_000 }, () => [1.5, null, true, "a"])])).toBe(false);
  const most = Array.from({ length: 100_000 }, () => "é");
  expect(isBig([most]) || JSON.stringify(most).length < 1 << 20).toBe(true);
});
