/** Which module shows a component type. Rows, columns and buttons come with the page; the rest is loaded when used. */

import type { Component } from "svelte";

import Column from "../layout/Column.svelte";
import Form from "../layout/Form.svelte";
import Group from "../layout/Group.svelte";
import Row from "../layout/Row.svelte";
import Button from "../parts/Button.svelte";
import Unknown from "../parts/Unknown.svelte";
import type { LayoutNode } from "./config.ts";
import type { ComponentNode } from "./node.svelte.ts";

export type Shown = Component<{ node: ComponentNode; children: LayoutNode[] }>;

const ready = new Map<string, Shown>(
  Object.entries({ row: Row, column: Column, form: Form, group: Group, button: Button }) as [string, Shown][],
);

/** Nothing of these is seen where they stand: they hold a value, tick, or are shown by the page itself. */
const UNSEEN = new Set(["state", "browser_state", "timer", "navbar"]);

const modules = import.meta.glob<{ default: Shown }>([
  "../components/*.svelte",
  "../layout/*.svelte",
  "!../layout/{Row,Column,Form,Group}.svelte",
]);
/** `../components/CheckboxGroup.svelte` shows `checkbox_group`. */
const loaders = new Map(Object.entries(modules).map(([path, load]) => [typeOf(path), load]));

function typeOf(path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1, -".svelte".length);
  return name.replace(/(?<!^)[A-Z]/g, "_$&").toLowerCase();
}

/** Load what these types need, in parallel. A module that cannot be loaded shows as unknown. */
export async function loadTypes(types: Iterable<string>): Promise<void> {
  await Promise.all([...new Set(types)].map(loadType));
}

async function loadType(type: string): Promise<void> {
  const load = loaders.get(type);
  if (ready.has(type) || !load) return;
  try {
    ready.set(type, (await load()).default);
  } catch (error) {
    console.error(`cannot load the component ${type}`, error);
  }
}

export function isSeen({ type }: ComponentNode): boolean {
  return !UNSEEN.has(type);
}

export function shownBy(type: string): Shown {
  return ready.get(type) ?? (Unknown as Shown);
}
