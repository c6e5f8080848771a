/** One component of the page as the page knows it: properties, current value, and what runs for it. */

import type { Change, ComponentConfig, LayoutNode, Props, ShowProgress } from "./config.ts";
import type { Custom } from "./protocol.ts";
import { same } from "./same.ts";
import { spoken, type Word } from "./words.ts";

export interface Pending {
  state: "pending" | "queued" | "running";
  since: number;
  show: ShowProgress;
  /** Of a job's outputs the first says how far it is; the others only that they wait. */
  first: boolean;
  position: number | null;
  size: number | null;
  eta: number | null;
  progress: { fraction: number | null; text: string } | null;
}

export interface Failure {
  title: string;
  message: string;
  traceback?: string | null;
  /** How long it is told at the page's edge; 0 until it is closed. */
  seconds?: number | null;
}

/** Where a component's events go. */
export interface Events {
  fire(id: number, event: string, data?: unknown): void;
  /** Whether anything is bound to the event: a control that nobody listens to need not be one. */
  listens(id: number, event: string): boolean;
  /** Seconds between two events of this kind, where the app says so. */
  every(id: number, event: string): number | null;
  /** For how many seconds events of this kind may go on, where the app says so. */
  limit(id: number, event: string): number | null;
  /** Whether something that the event started is not over. */
  busy(id: number, event: string): boolean;
  /** The value is another now, whoever changed it. */
  changed(node: ComponentNode): void;
}

export class ComponentNode {
  readonly id: number;
  readonly type: string;
  /** Replaced as a whole on a change; wire values can be big, so they are not made deeply reactive. */
  props: Props = $state.raw({});
  value: unknown = $state.raw(null);
  pending: Pending | null = $state.raw(null);
  failure: Failure | null = $state.raw(null);
  /** What a validator said of the value. */
  invalid: string | null = $state.raw(null);
  /** What the app put into this `render` block since. */
  rendered: LayoutNode[] | null = $state.raw(null);
  /** Brings the value up to date, for a component that takes a while to make it; null when there is nothing to wait for. */
  settle: () => Promise<void> | null = () => null;
  /** Hears what a function says to this component's own module. */
  hear: (message: Custom) => void = () => undefined;
  /** Properties that change while a person uses it, such as where a sound is. */
  live?: () => Props;
  readonly #events: Events;
  #word: Word | null;

  constructor(config: ComponentConfig, events: Events) {
    const { shown, word } = spoken(config);
    const { value = null, ...props } = shown;
    this.id = config.id;
    this.type = config.type;
    this.props = props;
    this.value = value;
    this.#word = word;
    this.#events = events;
  }

  /** The id of the element that this component's label names. */
  get inputId(): string {
    return `c${this.id}`;
  }

  /** The value as the page says it: a word that the author left to us is in the visitor's language. */
  get said(): unknown {
    return this.#word !== null && this.value === this.#word.text ? this.#word.said : this.value;
  }

  /** The person changed the value. */
  enter(value: unknown): void {
    if (same(value, this.value)) return;
    this.#take(value);
    this.fire("input");
    this.fire("change");
  }

  /** The app changed the value, or other properties. */
  apply(change: Change[1]): void {
    const { value, ...props } = change;
    if (Object.keys(props).length > 0) this.props = { ...this.props, ...props };
    if ("value" in change) this.#assign(value);
  }

  /** The app shows this component anew: its properties but those to keep, without an event. */
  refresh(config: Pick<ComponentConfig, "props" | "words">, keep: readonly string[]): void {
    const { shown, word } = spoken(config);
    const { value = null, ...props } = shown;
    this.#word = word ?? this.#word;
    const kept = Object.fromEntries(Object.entries(this.props).filter(([name]) => keep.includes(name)));
    this.props = { ...props, ...kept };
    if (!keep.includes("value")) this.value = value;
  }

  /** What was said of the last run is not said any more. */
  forgive(): void {
    this.failure = null;
    this.invalid = null;
  }

  fire(event: string, data?: unknown): void {
    this.#events.fire(this.id, event, data);
  }

  listens(event: string): boolean {
    return this.#events.listens(this.id, event);
  }

  every(event: string): number | null {
    return this.#events.every(this.id, event);
  }

  limit(event: string): number | null {
    return this.#events.limit(this.id, event);
  }

  busy(event: string): boolean {
    return this.#events.busy(this.id, event);
  }

  #assign(value: unknown): void {
    if (same(value, this.value)) return;
    this.#take(value);
    this.fire("change");
  }

  /** What was said about the value before is not true of this one. */
  #take(value: unknown): void {
    this.value = value;
    this.forgive();
    this.#events.changed(this);
  }

  text(name: string, fallback = ""): string {
    const prop = this.props[name];
    return typeof prop === "string" ? prop : fallback;
  }

  number(name: string): number | null {
    const prop = this.props[name];
    return typeof prop === "number" ? prop : null;
  }

  flag(name: string, fallback = false): boolean {
    const prop = this.props[name];
    return typeof prop === "boolean" ? prop : fallback;
  }
}
