/** From an event to what it starts: cancelled jobs, changes known beforehand, scripts, runs, and what follows them. */

import type { Change, Outcome } from "./config.ts";
import type { Jobs, Triggered } from "./jobs.ts";
import type { Wiring } from "./wiring.ts";

export class Dispatcher {
  constructor(
    private readonly wiring: Wiring,
    private readonly jobs: Jobs,
    private readonly apply: (changes: Change[]) => void,
  ) {}

  fire(id: number, event: string, trigger: number | undefined, data?: unknown): void {
    for (const dependency of this.wiring.on(id, event)) this.start({ dependency, trigger, event: data });
  }

  /** A job ended by itself: start what comes after it, for the same reason. Returns the components that this fills. */
  over({ dependency, trigger, event }: Triggered, outcome: Outcome): readonly number[] {
    const following = this.wiring.next(dependency.id, outcome);
    for (const next of following) this.start({ dependency: next, trigger, event });
    return following.flatMap(({ outputs }) => outputs);
  }

  start(triggered: Triggered): void {
    const { cancels = [], changes, outputs, backend_fn, js } = triggered.dependency;
    this.jobs.cancel(cancels);
    if (changes) {
      this.jobs.giveUp(outputs);
      this.apply(changes);
    }
    if (backend_fn || js) this.jobs.trigger(triggered);
    else this.over(triggered, "success");
  }
}
