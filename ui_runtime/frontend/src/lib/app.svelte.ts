/** The page's state: its components, the jobs that work for them, and the session that carries both. */

import type { AppConfig, Change } from "./config.ts";
import { fileOf } from "./big.ts";
import { Connection } from "./connection.ts";
import { Dispatcher } from "./dispatcher.ts";
import { Frames } from "./frames.ts";
import { Jobs } from "./jobs.ts";
import { LinkState } from "./link.svelte.ts";
import type { ComponentNode, Failure } from "./node.svelte.ts";
import type { JobMessage, PageMessage, Render } from "./protocol.ts";
import { loadTypes } from "./registry.ts";
import { scriptLoader } from "./scripts.ts";
import { t } from "./texts.ts";
import { Toasts } from "./toasts.svelte.ts";
import { Tree } from "./tree.ts";
import { upload, type FileValue } from "./upload.ts";
import { Wiring } from "./wiring.ts";

export class App {
  readonly nodes: Map<number, ComponentNode>;
  readonly toasts = new Toasts();
  readonly link: LinkState;
  readonly #wiring: Wiring;
  readonly #tree: Tree;
  readonly #connection: Connection;
  readonly #jobs: Jobs;
  readonly #dispatcher: Dispatcher;
  readonly #frames = new Frames((changes) => this.#change(changes));
  readonly #rendered = new Map<number, Render>();
  readonly #load: ReturnType<typeof scriptLoader>;

  constructor(
    readonly config: AppConfig,
    private readonly base: string,
    /** The app's code has changed. */
    private readonly onReload: () => void = () => location.reload(),
    /** The app's own texts in the visitor's language. */
    private readonly translate: (value: unknown) => unknown = (value) => value,
  ) {
    this.#load = scriptLoader(base);
    if (config.i18n) document.title = config.title;
    this.#wiring = new Wiring(config.dependencies);
    this.#tree = new Tree(config, {
      fire: (id, event, data) => this.#dispatcher.fire(id, event, id, data),
      listens: (id, event) => this.#wiring.listens(id, event),
      every: (id, event) => this.#wiring.on(id, event)[0]?.stream_every ?? null,
      busy: (id, event) => this.#wiring.on(id, event).some((dependency) => this.#jobs.runs(dependency)),
      limit: (id, event) => this.#wiring.on(id, event)[0]?.time_limit ?? null,
    });
    this.nodes = this.#tree.nodes;
    this.#connection = new Connection(base, {
      message: (message) => this.#message(this.translate(message) as typeof message),
      jobLost: (job) => this.#jobs.lost(job),
      phase: (phase) => {
        this.#tree.timers.connected = phase === "ready";
        if (phase === "waiting") this.link.lost();
      },
      refused: (reason) => this.link.refused(reason),
      welcomed: (again, resumed) => this.link.welcomed(again, resumed),
    });
    this.link = new LinkState(base, config, () => this.#connection.end());
    this.#jobs = new Jobs(this.#connection, this.#board());
    this.#dispatcher = new Dispatcher(this.#wiring, this.#jobs, (changes) => this.#apply(changes));
  }

  start(): void {
    this.#connection.start();
  }

  /** The components are on the page: the app's `load` events fire. */
  loaded(): void {
    this.#dispatcher.fire(this.config.layout.id, "load", undefined);
  }

  /** Run the app's own script for the page. */
  async script(path: string): Promise<void> {
    try {
      await (await this.#load(path))();
    } catch (error) {
      const message = String(error);
      this.toasts.show({ type: "toast", level: "error", title: t.scriptFailed, message });
    }
  }

  /** Another app takes this one's place on the page. */
  stop(): void {
    this.#connection.end();
    this.#tree.timers.stop();
  }

  /** The id of the session, once there is one. */
  session(): Promise<string> {
    return this.#connection.session();
  }

  /** Stream files to the app; the values name them from then on. */
  async upload(files: File[], onProgress: (fraction: number) => void, stream = false): Promise<FileValue[]> {
    return upload(this.base, await this.session(), files, onProgress, stream);
  }

  /** The address of a file value, or of anything else that the app names relative to itself. */
  url(path: string): string {
    return new URL(path, this.base).href;
  }

  #board(): ConstructorParameters<typeof Jobs>[1] {
    return {
      nodes: (ids) => ids.flatMap((id) => this.nodes.get(id) ?? []),
      value: (id) => wireValue(this.nodes.get(id)),
      apply: (changes) => this.#apply(changes),
      applySoon: (changes) => this.#frames.add(changes),
      fail: (place, failure, passes) => this.#fail(place, failure, passes),
      reveal: (id) => void elementOf(id)?.scrollIntoView({ behavior: "smooth", block: "nearest" }),
      keep: async (values) => (await this.upload([fileOf(values)], () => {}))[0]!.path,
      script: async (path, values) => (await this.#load(path))(...values),
      over: (triggered, outcome) => this.#dispatcher.over(triggered, outcome),
    };
  }

  #message(message: JobMessage | PageMessage): void {
    if (message.type !== "data") this.#frames.flush();
    switch (message.type) {
      case "toast":
        return this.toasts.show(message);
      case "render":
        return void this.#render(message);
      case "custom":
        return this.nodes.get(message.component)?.hear(message);
      case "reload":
        return this.onReload();
      default:
        return this.#jobs.message(message);
    }
  }

  /** Everything that later messages may speak of is known at once; it is shown when its modules are here. */
  async #render(message: Render): Promise<void> {
    const known = new Set(this.#rendered.get(message.block)?.dependencies.map(({ id }) => id));
    const gone = this.#tree.render(message);
    this.#jobs.cancel(gone);
    for (const id of gone) this.#wiring.remove(id);
    for (const dependency of message.dependencies) this.#wiring.add(dependency);
    this.#rendered.set(message.block, message);
    await loadTypes(message.components.map(({ type }) => type));
    const block = this.nodes.get(message.block);
    if (!block || this.#rendered.get(message.block) !== message) return;
    block.rendered = message.children;
    for (const dependency of message.dependencies)
      if (!known.has(dependency.id) && dependency.targets.some((target) => this.#isLoad(target)))
        this.#dispatcher.start({ dependency });
  }

  #isLoad([id, event]: [number, string]): boolean {
    return id === this.config.layout.id && event === "load";
  }

  #apply(changes: Change[]): void {
    this.#frames.flush();
    this.#change(changes);
  }

  #change(changes: Change[]): void {
    for (const [id, change] of changes) this.nodes.get(id)?.apply(change);
  }

  /** At the output it belongs to; as a toast too when a person would not see it there, or not for long. */
  #fail(place: number | undefined, failure: Failure, passes: boolean): void {
    const node = this.nodes.get(place ?? -1);
    if (node) node.failure = failure;
    const { title, message, seconds = null } = failure;
    if (!node || passes || !inView(node)) this.toasts.show({ type: "toast", level: "error", title, message, seconds });
  }
}

/** A state's value never leaves the app. */
function wireValue(node: ComponentNode | undefined): unknown {
  return !node || node.type === "state" ? null : told(node.value);
}

/** Of a table that the app remembers it is told what was done to it: see components/table_edits.py. */
function told(value: unknown): unknown {
  const { metadata } = (value ?? {}) as { metadata?: { kept?: unknown; edits?: unknown[] } | null };
  if (metadata?.kept && !Object.hasOwn(value as object, "toJSON")) {
    const short = { headers: [], data: [], metadata: { kept: metadata.kept, edits: metadata.edits ?? [] } };
    // Scripts of the app still see the table itself.
    Object.defineProperty(value, "toJSON", { value: () => short });
  }
  return value;
}

function elementOf(id: number): HTMLElement | null {
  // The status itself is as good as empty until it has something to say; what it stands in is not.
  return document.querySelector<HTMLElement>(`[data-status="${id}"]`)?.parentElement ?? null;
}

function inView({ id }: ComponentNode): boolean {
  const box = elementOf(id)?.getBoundingClientRect();
  return !!box && box.height > 0 && box.bottom > 0 && box.top < innerHeight;
}
