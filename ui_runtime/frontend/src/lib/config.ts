/** What the app wrote into its page (docs/ui-protocol.md, "The config"). */

export type Props = Record<string, unknown>;

export interface ComponentConfig {
  id: number;
  type: string;
  props: Props;
}

export interface LayoutNode {
  id: number;
  children?: LayoutNode[];
}

export type ShowProgress = "full" | "minimal" | "hidden";
export type TriggerMode = "once" | "multiple" | "always_last";

/** One entry a component that changes: a new value, other properties, or a string that only grew. */
export type Change = [component: number, change: Props & { value?: unknown; append?: string }];

export interface Dependency {
  id: number;
  /** `[component, event]`; the layout's own id stands for the app, whose event is `load`. */
  targets: [number, string][];
  inputs: number[];
  outputs: number[];
  backend_fn: boolean;
  /** What a dependency without a backend function does: no round trip is needed for it. */
  changes?: Change[];
  show_progress?: ShowProgress;
  trigger_mode?: TriggerMode;
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
}

/** The config block of the document. Throws when the page was served without one. */
export function readConfig(document: Document): AppConfig {
  const block = document.getElementById("doorstep-config");
  if (!block?.textContent) throw new Error("this page carries no #doorstep-config block");
  return JSON.parse(block.textContent) as AppConfig;
}
