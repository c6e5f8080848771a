/**
 * The page's session with the app, without I/O: events in, commands out.
 *
 *   idle ─start→ connecting ─opened→ greeting ─welcome→ ready
 *                    ↑                    │                │
 *                    └──── waiting ←──────┴──── lost ──────┘      any ─ended→ ended
 *
 * A lost connection is taken up again with `hello {session, seen}`; the app then sends what the page
 * missed. Runs asked for meanwhile wait here. A run that the app never acknowledged is sent again under
 * the same job number, which the app runs only once; when the app no longer knows the session, jobs it
 * had begun are reported as lost, since running them twice could do harm.
 */

import { decode, type FromPage, type JobMessage, type PageMessage, type Run } from "./protocol.ts";

export type Phase = "idle" | "connecting" | "greeting" | "ready" | "waiting" | "ended";

/** Why a session that was closed is not taken up again by itself. */
export type Refusal = "elsewhere" | "protocol";

export type Command =
  | { do: "connect" }
  | { do: "connect-later"; ms: number }
  | { do: "send"; frame: string }
  | { do: "drop" }
  | { do: "deliver"; message: JobMessage | PageMessage }
  | { do: "job-lost"; job: number }
  | { do: "refused"; reason: Refusal }
  | { do: "welcomed"; session: string; again: boolean; resumed: boolean }
  | { do: "phase"; phase: Phase };

const FIRST_RETRY_MS = 300;
const LONGEST_RETRY_MS = 15_000;
/** Messages after which the app is told what was seen, so that it need not keep them for a resume. */
const ACKNOWLEDGE_EVERY = 100;
const CLOSED_FOR_GOOD = new Map<number, Refusal>([
  [1008, "protocol"],
  [4001, "elsewhere"],
]);
/** Silence after which the page asks whether the app still hears it. */
export const PING_AFTER_MS = 20_000;
/** Silence after which the connection counts as dead, though no one closed it. */
export const DEAD_AFTER_MS = 35_000;

export class SessionCore {
  phase: Phase = "idle";
  session: string | null = null;

  #seen = 0;
  #attempts = 0;
  #nextJob = 1;
  #lastHeard = 0;
  #pinged = false;
  #unacknowledged = 0;
  /** Runs in the order asked; `sent` but not `acknowledged` ones may be sent again. */
  #jobs = new Map<number, { run: Run; sent: boolean; acknowledged: boolean }>();

  constructor(private readonly random: () => number = Math.random) {}

  start(): Command[] {
    return [...this.#enter("connecting"), { do: "connect" }];
  }

  /** The WebSocket opened at `now` (milliseconds, any monotonic clock). */
  opened(now: number): Command[] {
    this.#lastHeard = now;
    this.#pinged = false;
    const resume = this.session === null ? {} : { session: this.session, seen: this.#seen };
    return [...this.#enter("greeting"), send({ type: "hello", ...resume })];
  }

  received(frame: string, now: number): Command[] {
    this.#lastHeard = now;
    this.#pinged = false;
    const message = decode(frame);
    if (message === null || message.type === "pong") return [];
    if (message.type === "welcome") return this.#welcome(message.session, message.resumed);
    if (message.seq !== undefined) {
      // A resumed app may repeat what was already under way when the connection dropped.
      if (message.seq <= this.#seen) return [];
      this.#seen = message.seq;
    }
    const acknowledge = this.#acknowledge();
    if ("job" in message && !this.#note(message)) return acknowledge;
    return [{ do: "deliver", message }, ...acknowledge];
  }

  /** The WebSocket closed, failed, or was dropped; `code` is its close code. */
  lost(code?: number): Command[] {
    if (this.phase === "ended" || this.phase === "waiting") return [];
    const refusal = CLOSED_FOR_GOOD.get(code ?? 0);
    if (refusal) return [...this.#enter("ended"), { do: "refused", reason: refusal }];
    return [...this.#enter("waiting"), { do: "connect-later", ms: this.#backoff() }];
  }

  /** The wait asked for by `connect-later` is over, or the browser came back online. */
  retry(): Command[] {
    return this.phase === "waiting" ? [...this.#enter("connecting"), { do: "connect" }] : [];
  }

  /** Nobody answers at this address any more, for good: stop asking. */
  end(): Command[] {
    return this.phase === "ended" ? [] : [...this.#enter("ended"), { do: "drop" }];
  }

  /** Called every few seconds: notices connections that died without saying so. */
  tick(now: number): Command[] {
    if (this.phase !== "ready" && this.phase !== "greeting") return [];
    const silence = now - this.#lastHeard;
    if (silence >= DEAD_AFTER_MS) return [{ do: "drop" }, ...this.lost()];
    if (silence < PING_AFTER_MS || this.#pinged || this.phase !== "ready") return [];
    this.#pinged = true;
    return [this.#ping()];
  }

  /** Ask for dependency `fn` to run. Returns the job's number beside the commands. */
  run(fn: number, data: unknown[], trigger?: number, event?: unknown, file?: string): [number, Command[]] {
    const job = this.#nextJob++;
    const run: Run = { type: "run", job, fn, data };
    if (file !== undefined) run.data_file = file;
    if (trigger !== undefined) run.trigger = trigger;
    if (event !== undefined) run.event = event;
    this.#jobs.set(job, { run, sent: false, acknowledged: false });
    return [job, this.phase === "ready" ? this.#flush() : []];
  }

  cancel(job: number): Command[] {
    const entry = this.#jobs.get(job);
    if (!entry) return [];
    if (!entry.sent) this.#jobs.delete(job);
    return this.phase === "ready" && entry.sent ? [send({ type: "cancel", job })] : [];
  }

  #welcome(session: string, resumed: boolean): Command[] {
    const again = this.session !== null;
    this.session = session;
    this.#attempts = 0;
    const lost = resumed ? [] : this.#forgetSession();
    if (again && resumed) this.#sendAgain();
    return [
      ...this.#enter("ready"),
      { do: "welcomed", session, again, resumed },
      ...lost,
      ...this.#flush(),
    ];
  }

  /** A new session on the app's side: its `seq` starts anew, and what had begun is gone. */
  #forgetSession(): Command[] {
    this.#seen = 0;
    const lost = [...this.#jobs].filter(([, entry]) => entry.sent);
    for (const [job] of lost) this.#jobs.delete(job);
    return lost.map(([job]) => ({ do: "job-lost", job }));
  }

  #sendAgain(): void {
    for (const entry of this.#jobs.values()) if (!entry.acknowledged) entry.sent = false;
  }

  #acknowledge(): Command[] {
    return ++this.#unacknowledged >= ACKNOWLEDGE_EVERY ? [this.#ping()] : [];
  }

  #ping(): Command {
    this.#unacknowledged = 0;
    return send({ type: "ping", seen: this.#seen });
  }

  #flush(): Command[] {
    const commands: Command[] = [];
    for (const entry of this.#jobs.values()) {
      if (entry.sent) continue;
      entry.sent = true;
      commands.push(send(entry.run));
    }
    return commands;
  }

  /** Keep account of a job's message; false when the job is not, or no longer, ours. */
  #note(message: JobMessage): boolean {
    const entry = this.#jobs.get(message.job);
    if (!entry) return false;
    entry.acknowledged = true;
    if (message.type === "done" || message.type === "failed") this.#jobs.delete(message.job);
    return true;
  }

  /** Full jitter on a doubling bound, so that a restarted app is not met by all its pages at once. */
  #backoff(): number {
    const bound = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#attempts++);
    return Math.round(bound * (0.5 + this.random() / 2));
  }

  #enter(phase: Phase): Command[] {
    this.phase = phase;
    return [{ do: "phase", phase }];
  }
}

function send(message: FromPage): Command {
  return { do: "send", frame: JSON.stringify(message) };
}
