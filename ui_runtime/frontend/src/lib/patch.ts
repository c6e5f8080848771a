/** The edits that an app makes inside a list or object (docs/ui-protocol.md, `patch`). */

import type { Patch } from "./config.ts";

/**
 * The value with all edits made. What an edit does not touch is shared with the value before, which stays as
 * it was: whoever shows it sees by identity what is new. Throws when a path leads nowhere.
 */
export function patched(value: unknown, edits: Patch): unknown {
  return edits.reduce((before, [op, path, change]) => edited(before, path, (at) => OPS[op](at, change)), value);
}

/** An edit of what stands at the last key of a path. */
type Edit = (at: { holder: Holder; key: string | number }) => void;
type Holder = unknown[] | Record<string | number, unknown>;

const OPS: Record<Patch[number][0], (at: Parameters<Edit>[0], value: unknown) => void> = {
  append: ({ holder, key }, value) => set(holder, key, `${get(holder, key)}${value}`),
  replace: ({ holder, key }, value) => set(holder, key, value),
  add: ({ holder, key }, value) => (Array.isArray(holder) ? holder.splice(Number(key), 0, value) : set(holder, key, value)),
  delete: ({ holder, key }) => (Array.isArray(holder) ? holder.splice(Number(key), 1) : delete holder[key]),
};

function edited(value: unknown, path: (string | number)[], edit: Edit): unknown {
  // The whole value is edited as the only item of a list.
  const root: Holder = [value];
  let [holder, key]: [Holder, string | number] = [root, 0];
  for (const next of path) {
    const inner = copy(get(holder, key));
    set(holder, key, inner);
    [holder, key] = [inner, next];
  }
  edit({ holder, key });
  return root[0];
}

function copy(value: unknown): Holder {
  if (Array.isArray(value)) return [...(value as unknown[])];
  if (typeof value === "object" && value !== null) return { ...value };
  throw new Error("a patch leads into a value that is neither list nor object");
}

const get = (holder: Holder, key: string | number): unknown => (holder as Record<string | number, unknown>)[key];

function set(holder: Holder, key: string | number, value: unknown): void {
  (holder as Record<string | number, unknown>)[key] = value;
}
