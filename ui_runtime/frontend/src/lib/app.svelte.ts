/** The page's state: its components, the jobs that work for them, and the session that carries both. */

import type { AppConfig, Change, Dependency } from "./config.ts";
import { Connection, sessionUrl } from "./connection.ts";
import { Jobs } from "./jobs.ts";
import { LinkState } from "./link.svelte.ts";
import { ComponentNode } from "./node.svelte.ts";
import type { Failed } from "./protocol.ts";
import { Toasts } from "./toasts.svelte.ts";
import { upload, type FileValue } from "./upload.ts";

export class App {
  readonly nodes = new Map<number, ComponentNode>();
  readonly toasts = new Toasts();
  readonly link: LinkState;
  readonly #connection: Connection;
  readonly #jobs: Jobs;

  constructor(
    readonly config: AppConfig,
    private readonly base: string,
  ) {
    const events = {
      fire: (id: number, event: string, data?: unknown) => this.#fire(id, event, data),
      listens: (id: number, event: string) => this.#bound(id, event).length > 0,
    };
    for (const component of config.components) this.nodes.set(component.id, new ComponentNode(component, events));
    this.#connection = new Connection(sessionUrl(base), {
      message: (message) => (message.type === "toast" ? this.toasts.show(message) : this.#jobs.message(message)),
      jobLost: (job) => this.#jobs.lost(job),
      phase: (phase) => phase === "waiting" && this.link.lost(),
      refused: (reason) => this.link.refused(reason),
      welcomed: (again, resumed) => this.link.welcomed(again, resumed),
    });
    this.link = new LinkState(base, config, () => this.#connection.end());
    this.#jobs = new Jobs(this.#connection, {
      nodes: (ids) => ids.flatMap((id) => this.nodes.get(id) ?? []),
      value: (id) => this.nodes.get(id)?.value ?? null,
      apply: (changes) => this.#apply(changes),
      fail: (place, failed) => this.#fail(place, failed),
    });
  }

  start(): void {
    this.#connection.start();
  }

  /** The components are on the page: the app's `load` events fire. */
  loaded(): void {
    this.#fire(this.config.layout.id, "load");
  }

  /** Stream files to the app; the values name them from then on. */
  async upload(files: File[], onProgress: (fraction: number) => void): Promise<FileValue[]> {
    return upload(this.base, await this.#connection.session(), files, onProgress);
  }

  /** The address of a file value, or of anything else that the app names relative to itself. */
  url(path: string): string {
    return new URL(path, this.base).href;
  }

  #fire(id: number, event: string, data?: unknown): void {
    for (const dependency of this.#bound(id, event)) {
      if (dependency.backend_fn) this.#jobs.trigger(dependency, this.nodes.has(id) ? id : undefined, data);
      else {
        this.#jobs.giveUp(dependency.outputs);
        this.#apply(dependency.changes ?? []);
      }
    }
  }

  #bound(id: number, event: string): Dependency[] {
    return this.config.dependencies.filter(({ targets }) =>
      targets.some(([target, name]) => target === id && name === event),
    );
  }

  #apply(changes: Change[]): void {
    for (const [id, change] of changes) this.nodes.get(id)?.apply(change);
  }

  /** At the output it belongs to; as a toast too when a person would not see it there. */
  #fail(place: number | undefined, { title, message, traceback = null }: Failure): void {
    const node = this.nodes.get(place ?? -1);
    if (node) node.failure = { title, message, traceback };
    if (!node || !inView(node)) this.toasts.show({ type: "toast", level: "error", title, message });
  }
}

export type Failure = Pick<Failed, "title" | "message" | "traceback">;

function inView(node: ComponentNode): boolean {
  // The status itself is as good as empty until it has something to say; what it stands in is not.
  const box = document.querySelector(`[data-status="${node.id}"]`)?.parentElement?.getBoundingClientRect();
  return !!box && box.height > 0 && box.bottom > 0 && box.top < innerHeight;
}
