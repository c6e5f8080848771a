/** What the app wrote into its page (docs/ui-protocol.md, "The config"). */

export type Props = Record<string, unknown>;

export interface ComponentConfig {
  id: number;
  type: string;
  props: Props;
  /** Properties whose text the author left to us: the page's name for it. */
  words?: Record<string, string>;
}

export interface LayoutNode {
  id: number;
  children?: LayoutNode[];
}

export type ShowProgress = "full" | "minimal" | "hidden";
export type TriggerMode = "once" | "multiple" | "always_last";

/** One entry a component that changes: a new value, other properties, or what changed inside the value. */
export type Change = [component: number, change: Props & { value?: unknown; append?: string; patch?: Patch }];

/** Edits of a list or object, in this order; a path is made of keys and indices. */
export type Patch = [op: "append" | "replace" | "add" | "delete", path: (string | number)[], value: unknown][];

export type Outcome = "success" | "failure";

export interface Dependency {
  id: number;
  /** `[component, event]`; the layout's own id stands for the app, whose event is `load`. */
  targets: [number, string][];
  inputs: number[];
  outputs: number[];
  backend_fn: boolean;
  /** It runs when one of these dependencies is over. */
  after?: [dependency: number, when: "then" | Outcome][];
  /** Dependencies whose jobs end when this one is triggered. */
  cancels?: number[];
  /** Path of a module whose default export runs before the app's function, or instead of it. */
  js?: string | null;
  wants_event?: boolean;
  /** The places of the inputs that are sent with what changes while a person uses them. */
  with_props?: number[];
  show_progress_on?: number[] | null;
  scroll_to_output?: boolean;
  /** Seconds between two `stream` events of its trigger. */
  stream_every?: number | null;
  /** Of a `stream`: how long one may last, in seconds. */
  time_limit?: number | null;
  /** What a dependency without a backend function does: no round trip is needed for it. */
  changes?: Change[];
  show_progress?: ShowProgress;
  trigger_mode?: TriggerMode;
}

/** A page of the app, beside this one. */
export interface PageLink {
  path: string;
  title: string;
  in_navbar?: boolean;
}

export interface AppConfig {
  version: string;
  title: string;
  mode: string;
  components: ComponentConfig[];
  layout: LayoutNode;
  dependencies: Dependency[];
  /** Bytes; null means no limit. */
  max_file_size?: number | null;
  pages?: PageLink[];
  /** The path of this page among `pages`. */
  page?: string;
  fill_height?: boolean;
  /** Path of a module whose default export runs when the page is there. */
  js?: string;
  /** People log in before they see the page. */
  can_log_out?: boolean;
  footer_links?: (string | { label: string; url: string })[];
  /** The app's own texts, by language and key. */
  i18n?: Record<string, Record<string, string>>;
  fill_width?: boolean;
}

/** The config block of the document. Throws when the page was served without one. */
export function readConfig(document: Document): AppConfig {
  const block = document.getElementById("doorstep-config");
  if (!block?.textContent) throw new Error("this page carries no #doorstep-config block");
  return JSON.parse(block.textContent) as AppConfig;
}
