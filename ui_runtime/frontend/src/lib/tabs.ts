/** What tabs and a walkthrough have in common: one of their children is shown, and knows itself by an id. */

import type { App } from "./app.svelte.ts";
import type { LayoutNode } from "./config.ts";
import type { ComponentNode } from "./node.svelte.ts";

export interface Choice {
  node: ComponentNode;
  children: LayoutNode[];
  /** What `selected` names. */
  id: unknown;
}

/** The children that can be chosen: not those that are hidden. */
export function choicesIn(app: App, children: LayoutNode[]): Choice[] {
  return children.flatMap((child) => {
    const node = app.nodes.get(child.id);
    const hidden = node?.props["visible"] === false || node?.props["visible"] === "hidden";
    return node && !hidden ? [{ node, children: child.children ?? [], id: idOf(node) }] : [];
  });
}

export function idOf(node: ComponentNode): unknown {
  return node.props["id"] ?? node.id;
}

/** A person chose one: it is shown, and those who listen are told. */
export function choose(parent: ComponentNode, choices: Choice[], chosen: Choice): void {
  if (parent.props["selected"] === chosen.id) return;
  const event = { index: choices.indexOf(chosen), value: chosen.node.text("label"), selected: true };
  parent.apply({ selected: chosen.id });
  parent.fire("select", event);
  chosen.node.fire("select", event);
}
