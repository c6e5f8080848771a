/** The `[label, value]` pairs of radios and dropdowns. */

import type { ComponentNode } from "./node.svelte.ts";
import { same } from "./same.ts";

export interface Choice {
  label: string;
  value: unknown;
}

export function choicesOf(node: ComponentNode): Choice[] {
  const pairs = node.props["choices"];
  if (!Array.isArray(pairs)) return [];
  return pairs.map((pair: unknown) =>
    Array.isArray(pair) ? { label: String(pair[0]), value: pair[1] as unknown } : { label: String(pair), value: pair },
  );
}

export function labelOf(choices: readonly Choice[], value: unknown): string {
  return choices.find((choice) => same(choice.value, value))?.label ?? String(value ?? "");
}

/** The choices whose label holds the text; those that begin with it come first. */
export function matching(choices: readonly Choice[], text: string): Choice[] {
  const wanted = text.trim().toLocaleLowerCase();
  if (wanted === "") return [...choices];
  const at = (choice: Choice) => choice.label.toLocaleLowerCase().indexOf(wanted);
  const found = choices.filter((choice) => at(choice) >= 0);
  return [...found.filter((choice) => at(choice) === 0), ...found.filter((choice) => at(choice) > 0)];
}
