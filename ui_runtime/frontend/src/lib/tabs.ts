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

/** A person chose one: it is shown, and those who listen to all of them are told. */
export function choose(parent: ComponentNode, choices: Choice[], chosen: Choice): void {
  if (parent.props["selected"] === chosen.id) return;
  parent.apply({ selected: chosen.id });
  parent.fire("select", selection(choices, chosen));
}

/** Another one shows, or the first one: whoever selected it, those who listen to it are told. */
export function shown(parent: ComponentNode, choices: Choice[], now: Choice, before: Choice | undefined): void {
  if (before?.node.id === now.node.id) return;
  now.node.fire("select", selection(choices, now));
  if (before) parent.fire("change");
}

function selection(choices: Choice[], chosen: Choice) {
  return { index: choices.indexOf(chosen), value: chosen.node.text("label"), selected: true };
}
