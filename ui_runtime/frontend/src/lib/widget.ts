/** The model that an anywidget-style module works with, over a component of the page. */

import type { ComponentNode } from "./node.svelte.ts";
import type { Custom } from "./protocol.ts";

type Buffer = ArrayBuffer | ArrayBufferView;
type Fields = Record<string, unknown>;
type Listener = (...given: unknown[]) => void;

export interface Widget {
  initialize?: (given: Given) => Cleanup | Promise<Cleanup>;
  render?: (given: Given & { el: HTMLElement }) => Cleanup | Promise<Cleanup>;
}
export type Cleanup = (() => void | Promise<void>) | void;
interface Given {
  model: Model;
  signal: AbortSignal;
  experimental: { invoke: (name: string, message?: unknown) => Promise<[unknown, DataView[]]> };
}

/** A module's widget: its default export, an object or a function that makes one; or its own exports. */
export async function widgetOf(module: Record<string, unknown>): Promise<Widget> {
  const given = module["default"] ?? module;
  const widget = (typeof given === "function" ? await (given as () => unknown)() : given) as Widget;
  if (typeof widget.render !== "function" && typeof widget.initialize !== "function")
    throw new Error("the module has no render({ model, el })");
  return widget;
}

/** The properties that are the component's value: one of them by its name, or several as an object. */
export function fieldsOf(node: ComponentNode): Fields {
  const field = node.props["field"] as string | string[];
  const value = Array.isArray(field) ? (node.value as Fields | null) : { [field]: node.value };
  return { ...(node.props["fields"] as Fields), ...value };
}

export class Model {
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #changed: Fields = {};
  #known: Fields;

  constructor(private readonly node: ComponentNode) {
    this.#known = fieldsOf(node);
  }

  get(name: string): unknown {
    return name in this.#changed ? this.#changed[name] : this.#known[name];
  }

  set(name: string | Fields, value?: unknown): void {
    const given = typeof name === "string" ? { [name]: value } : name;
    for (const [key, each] of Object.entries(given)) {
      if (Object.is(this.get(key), each)) continue;
      this.#changed[key] = each;
      this.#tell(`change:${key}`, this, each);
    }
    if (Object.keys(given).length > 0) this.#tell("change", this);
  }

  /** What was set becomes the component's: its value, and properties of the page. */
  save_changes(): void {
    const changed = { ...this.#changed };
    for (const name of Object.keys(this.#changed)) delete this.#changed[name];
    this.#known = { ...this.#known, ...changed };
    const { field, fields } = this.node.props as { field: string | string[]; fields: Fields };
    const ours = [field].flat();
    const others = Object.entries(changed).filter(([name]) => !ours.includes(name));
    if (others.length > 0) this.node.props = { ...this.node.props, fields: { ...fields, ...Object.fromEntries(others) } };
    if (ours.some((name) => name in changed))
      this.node.enter(
        Array.isArray(field) ? Object.fromEntries(field.map((name) => [name, this.#known[name]])) : changed[field],
      );
  }

  on(names: string, listener: Listener): void {
    for (const name of names.split(/\s+/)) {
      const known = this.#listeners.get(name) ?? new Set();
      this.#listeners.set(name, known.add(listener));
    }
  }

  off(names?: string | null, listener?: Listener | null): void {
    for (const name of names?.split(/\s+/) ?? [...this.#listeners.keys()])
      if (listener) this.#listeners.get(name)?.delete(listener);
      else this.#listeners.delete(name);
  }

  /** A message to the app: the event `message`, and the one that it names. */
  send(content: unknown, _callbacks?: unknown, buffers: readonly Buffer[] = []): void {
    const data = buffers.length > 0 ? { content, buffers: buffers.map(base64Of) } : content;
    this.node.fire("message", data);
    const name = typeof content === "object" && content !== null && "event" in content ? content.event : null;
    if (typeof name === "string") this.node.fire(name, data);
  }

  /** The app said something to the module. */
  hear({ content, buffers }: Custom): void {
    this.#tell("msg:custom", content, buffers.map(viewOf));
  }

  /** The app changed the component. */
  take(now: Fields): void {
    const before = this.#known;
    this.#known = now;
    const changed = Object.keys(now).filter((name) => !Object.is(now[name], before[name]));
    for (const name of changed) this.#tell(`change:${name}`, this, now[name]);
    if (changed.length > 0) this.#tell("change", this);
  }

  #tell(name: string, ...given: unknown[]): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) listener(...given);
  }
}

function viewOf(base64: string): DataView {
  return new DataView(Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)).buffer);
}

function base64Of(buffer: Buffer): string {
  const bytes = ArrayBuffer.isView(buffer)
    ? new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength)
    : new Uint8Array(buffer);
  let text = "";
  for (const each of bytes) text += String.fromCharCode(each);
  return btoa(text);
}
