/** What every component's outermost element carries, whatever the component is. */

import type { ComponentNode } from "./node.svelte.ts";

export interface Frame {
  id: string;
  class: string;
  style: string;
  hidden: boolean;
  "data-type": string;
}

/** The attributes of a component's outermost element: the app's own id and classes, its share of the row. */
export function frame(node: ComponentNode, ...classes: string[]): Frame {
  const own = node.props["elem_classes"];
  return {
    id: node.text("elem_id") || `component-${node.id}`,
    class: [...classes, ...(Array.isArray(own) ? own : own ? [own] : [])].join(" "),
    style: sizing(node),
    hidden: node.props["visible"] === "hidden",
    "data-type": node.type,
  };
}

function sizing(node: ComponentNode): string {
  const scale = node.number("scale");
  const width = node.number("min_width");
  return [
    scale === null ? "" : `flex-grow:${scale};`,
    // A component that asks for no share of the row keeps its natural width.
    scale === 0 ? "flex-basis:auto;" : "",
    width === null ? "" : `min-width:min(${width}px,100%);`,
  ].join("");
}

/** What a control says of itself beside its name: its note, and what is wrong with its value. */
export function description(node: ComponentNode) {
  const { inputId, invalid } = node;
  const notes = [node.text("info") && `${inputId}-info`, invalid !== null && `${inputId}-invalid`].filter(Boolean);
  return {
    "aria-describedby": notes.join(" ") || undefined,
    "aria-invalid": invalid === null ? undefined : ("true" as const),
  };
}

/** A CSS length from a property that may be pixels or a length already. */
export function length(value: unknown): string | undefined {
  if (typeof value === "number") return `${value}px`;
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** Whether a component asks for one of its optional buttons, such as `copy`. */
export function hasButton(node: ComponentNode, name: string): boolean {
  const buttons = node.props["buttons"];
  return Array.isArray(buttons) && buttons.includes(name);
}
