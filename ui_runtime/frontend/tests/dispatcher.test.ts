import { expect, test } from "vitest";

import type { Change, Dependency } from "../src/lib/config.ts";
import { Dispatcher } from "../src/lib/dispatcher.ts";
import type { Jobs, Triggered } from "../src/lib/jobs.ts";
import { Wiring } from "../src/lib/wiring.ts";

/** Jobs that only remember what was started and ended. */
class Log {
  said: string[] = [];
  events: unknown[] = [];
  trigger({ dependency, trigger, event }: Triggered): void {
    this.said.push(`run ${dependency.id}`);
    this.events.push([trigger, event]);
  }
  cancel(ids: readonly number[]): void {
    if (ids.length > 0) this.said.push(`cancel ${ids.join()}`);
  }
  giveUp(outputs: readonly number[]): void {
    this.said.push(`give up ${outputs.join()}`);
  }
}

function dependency(id: number, more: Partial<Dependency> = {}): Dependency {
  return { id, targets: [], inputs: [], outputs: [], backend_fn: true, ...more };
}

function stage(...dependencies: Dependency[]) {
  const log = new Log();
  const wiring = new Wiring(dependencies);
  const dispatcher = new Dispatcher(wiring, log as unknown as Jobs, (changes: Change[]) =>
    log.said.push(`change ${changes.map(([id]) => id).join()}`),
  );
  return { log, wiring, dispatcher };
}

test("an event starts what is bound to it on that component, in order", () => {
  const { log, dispatcher } = stage(
    dependency(0, { targets: [[5, "click"]] }),
    dependency(1, { targets: [[5, "change"]] }),
    dependency(2, { targets: [[4, "click"], [5, "click"]] }),
  );
  dispatcher.fire(5, "click", 5, "data");
  expect(log.said).toEqual(["run 0", "run 2"]);
  expect(log.events[0]).toEqual([5, "data"]);
});

test("then follows either end, success and failure each their own, with the same trigger", () => {
  const first = dependency(0);
  const { log, dispatcher } = stage(
    first,
    dependency(1, { after: [[0, "then"]] }),
    dependency(2, { after: [[0, "success"]] }),
    dependency(3, { after: [[0, "failure"]] }),
  );
  dispatcher.over({ dependency: first, trigger: 9, event: "e" }, "failure");
  expect(log.said).toEqual(["run 1", "run 3"]);
  expect(log.events[0]).toEqual([9, "e"]);
  dispatcher.over({ dependency: first }, "success");
  expect(log.said.slice(2)).toEqual(["run 1", "run 2"]);
});

test("what needs no round trip is done at once, and what follows starts", () => {
  const { log, dispatcher } = stage(
    dependency(0, { targets: [[1, "click"]], backend_fn: false, outputs: [7], changes: [[7, { value: "" }]] }),
    dependency(1, { after: [[0, "success"]] }),
  );
  dispatcher.fire(1, "click", 1);
  expect(log.said).toEqual(["give up 7", "change 7", "run 1"]);
});

test("a dependency first ends the jobs that it cancels", () => {
  const { log, dispatcher } = stage(dependency(4, { targets: [[1, "click"]], cancels: [2, 3] }));
  dispatcher.fire(1, "click", 1);
  expect(log.said).toEqual(["cancel 2,3", "run 4"]);
});

test("what is removed starts no more, and what comes under its id takes its place", () => {
  const { log, wiring, dispatcher } = stage(dependency(0, { targets: [[1, "click"]] }));
  wiring.add(dependency(0, { targets: [[2, "click"]] }));
  dispatcher.fire(1, "click", 1);
  expect(log.said).toEqual([]);
  expect(wiring.listens(2, "click")).toBe(true);
  wiring.remove(0);
  expect(wiring.listens(2, "click")).toBe(false);
});
