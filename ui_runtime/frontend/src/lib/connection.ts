/** The I/O shell around `SessionCore`: one WebSocket, its timers, and the question whether the app is gone. */

import type { JobMessage, ToastMessage } from "./protocol.ts";
import { SessionCore, type Command, type Phase, type Refusal } from "./session.ts";

const TICK_MS = 5_000;

export interface Listener {
  message(message: JobMessage | ToastMessage): void;
  jobLost(job: number): void;
  phase(phase: Phase): void;
  refused(reason: Refusal): void;
  welcomed(again: boolean, resumed: boolean): void;
}

export class Connection {
  readonly #core = new SessionCore();
  #socket: WebSocket | null = null;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #withSession: ((session: string) => void)[] = [];

  constructor(
    private readonly url: URL,
    private readonly listener: Listener,
  ) {}

  start(): void {
    this.#obey(this.#core.start());
    setInterval(() => this.#obey(this.#core.tick(performance.now())), TICK_MS);
    const retry = () => this.#obey(this.#core.retry());
    addEventListener("online", retry);
    // A phone that wakes should not wait for the back-off that it slept through.
    document.addEventListener("visibilitychange", () => document.hidden || retry());
  }

  run(fn: number, data: unknown[], trigger?: number, event?: unknown): number {
    const [job, commands] = this.#core.run(fn, data, trigger, event);
    this.#obey(commands);
    return job;
  }

  cancel(job: number): void {
    this.#obey(this.#core.cancel(job));
  }

  end(): void {
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
        return this.#connect();
      case "connect-later":
        this.#retryTimer = setTimeout(() => this.#obey(this.#core.retry()), command.ms);
        return;
      case "send":
        return this.#socket?.send(command.frame);
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
        for (const resolve of this.#withSession.splice(0)) resolve(command.session);
        return this.listener.welcomed(command.again, command.resumed);
    }
  }

  #connect(): void {
    clearTimeout(this.#retryTimer);
    const socket = new WebSocket(this.url);
    this.#socket = socket;
    const current = () => this.#socket === socket;
    socket.onopen = () => current() && this.#obey(this.#core.opened(performance.now()));
    socket.onmessage = ({ data }) => current() && this.#obey(this.#core.received(data as string, performance.now()));
    socket.onclose = ({ code }) => {
      if (!current()) return;
      this.#socket = null;
      this.#obey(this.#core.lost(code));
    };
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }
}

/** The session's address beside the page's own, whatever prefix the page is served under. */
export function sessionUrl(base: string): URL {
  const url = new URL("doorstep/session", base);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url;
}

/** What a page that lost its app finds at its own address. */
export type Fate = { gone: false; config: unknown } | { gone: true; end: Ending };

/** Why a share is over, as the relay says it; empty where it says nothing. */
export interface Ending {
  title: string;
  reason: string;
}

/** 410 is the relay's word that the share is over for good; anything else may come back. */
export async function askFate(base: string): Promise<Fate> {
  try {
    const answer = await fetch(new URL("config", base), {
      headers: { accept: "application/json" },
      cache: "no-store",
    });
    if (answer.status !== 410) return { gone: false, config: answer.ok ? await answer.json() : null };
    return { gone: true, end: endingOf(await answer.json().catch(() => null)) };
  } catch {
    return { gone: false, config: null };
  }
}

/** From an `application/problem+json` body. */
export function endingOf(body: unknown): Ending {
  const { title, detail } = Object(body) as { title?: unknown; detail?: unknown };
  const text = (value: unknown) => (typeof value === "string" ? value : "");
  return { title: text(title), reason: text(detail) };
}
