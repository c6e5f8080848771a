/** The I/O shell around `SessionCore`: one connection, its timers, and the question whether the app is gone. */

import { openSocket, Ways, type Channel, type Way } from "./channel.ts";
import type { JobMessage, PageMessage } from "./protocol.ts";
import { SessionCore, type Command, type Phase, type Refusal } from "./session.ts";

const TICK_MS = 5_000;
/** A network that swallows WebSockets often never says so. */
const WELCOME_WITHIN_MS = 7_000;

export interface Listener {
  message(message: JobMessage | PageMessage): void;
  jobLost(job: number): void;
  phase(phase: Phase): void;
  refused(reason: Refusal): void;
  welcomed(again: boolean, resumed: boolean): void;
}

export class Connection {
  readonly #core = new SessionCore();
  readonly #ways = new Ways();
  #way: Way = "socket";
  #channel: Channel | null = null;
  /** Rises with each attempt: what an earlier one still says is not heard. */
  #attempt = 0;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #welcomeTimer: ReturnType<typeof setTimeout> | undefined;
  readonly #ended = new AbortController();
  #withSession: ((session: string) => void)[] = [];

  constructor(
    private readonly base: string,
    private readonly listener: Listener,
  ) {}

  start(): void {
    this.#obey(this.#core.start());
    const ticks = setInterval(() => this.#obey(this.#core.tick(performance.now())), TICK_MS);
    const { signal } = this.#ended;
    signal.addEventListener("abort", () => clearInterval(ticks));
    const retry = () => this.#obey(this.#core.retry());
    addEventListener("online", retry, { signal });
    addEventListener("pageshow", retry, { signal });
    // A phone that wakes should not wait for the back-off that it slept through.
    document.addEventListener("visibilitychange", () => document.hidden || retry(), { signal });
  }

  run(fn: number, data: unknown[], trigger?: number, event?: unknown, file?: string): number {
    const [job, commands] = this.#core.run(fn, data, trigger, event, file);
    this.#obey(commands);
    return job;
  }

  cancel(job: number): void {
    this.#obey(this.#core.cancel(job));
  }

  end(): void {
    this.#ended.abort();
    this.#obey(this.#core.end());
  }

  /** The session's id, as soon as there is one. */
  session(): Promise<string> {
    if (this.#core.session !== null) return Promise.resolve(this.#core.session);
    return new Promise((resolve) => this.#withSession.push(resolve));
  }

  #obey(commands: Command[]): void {
    for (const command of commands) this.#carryOut(command);
  }

  #carryOut(command: Command): void {
    switch (command.do) {
      case "connect":
        return void this.#connect(++this.#attempt);
      case "connect-later":
        this.#retryTimer = setTimeout(() => this.#obey(this.#core.retry()), command.ms);
        return;
      case "send":
        return this.#channel?.send(command.frame);
      case "drop":
        return this.#drop();
      case "deliver":
        return this.listener.message(command.message);
      case "job-lost":
        return this.listener.jobLost(command.job);
      case "phase":
        return this.listener.phase(command.phase);
      case "refused":
        return this.listener.refused(command.reason);
      case "welcomed":
        clearTimeout(this.#welcomeTimer);
        this.#ways.worked(this.#way);
        for (const resolve of this.#withSession.splice(0)) resolve(command.session);
        return this.listener.welcomed(command.again, command.resumed);
    }
  }

  async #connect(attempt: number): Promise<void> {
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#welcomeTimer);
    const current = () => this.#attempt === attempt;
    const lost = (code?: number) => current() && this.#lost(code);
    this.#welcomeTimer = setTimeout(lost, WELCOME_WITHIN_MS);
    this.#way = this.#ways.next;
    const open = this.#way === "socket" ? openSocket : await streamOpener();
    if (!current()) return;
    if (!open) return this.#lost();
    this.#channel = open(this.base, {
      open: () => current() && this.#obey(this.#core.opened(performance.now())),
      message: (frame) => current() && this.#obey(this.#core.received(frame, performance.now())),
      closed: lost,
    });
  }

  #lost(code?: number): void {
    this.#drop();
    this.#ways.failed();
    this.#obey(this.#core.lost(code));
  }

  #drop(): void {
    this.#attempt++;
    clearTimeout(this.#welcomeTimer);
    this.#channel?.close();
    this.#channel = null;
  }
}

/** Few pages need it, so none carries it. Null when it cannot be fetched. */
async function streamOpener() {
  try {
    return (await import("./stream.ts")).openStream;
  } catch {
    return null;
  }
}

/** Why a share is over, as the relay says it; empty where it says nothing. */
export interface Ending {
  title: string;
  reason: string;
}

/** 410 is the relay's word that the share is over for good; after anything else (null) it may come back. */
export async function askWhetherOver(base: string): Promise<Ending | null> {
  try {
    const answer = await fetch(new URL("config", base), {
      headers: { accept: "application/json" },
      cache: "no-store",
    });
    return answer.status === 410 ? endingOf(await answer.json().catch(() => null)) : null;
  } catch {
    return null;
  }
}

/** From an `application/problem+json` body. */
export function endingOf(body: unknown): Ending {
  const { title, detail } = Object(body) as { title?: unknown; detail?: unknown };
  const text = (value: unknown) => (typeof value === "string" ? value : "");
  return { title: text(title), reason: text(detail) };
}
