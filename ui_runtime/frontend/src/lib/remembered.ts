/** Components with a key for it: their values outlive the page, in the browser's local storage. */

import type { ComponentNode } from "./node.svelte.ts";

/** Whether it is such a component: a `browser_state`, or the list of a visitor's chats. */
export const isKept = (node: ComponentNode): boolean => node.text("storage_key") !== "";

/** Take the value that an earlier visit left, if any, in place of the app's. */
export function recall(node: ComponentNode): void {
  const kept = read(node.text("storage_key"));
  if (kept !== undefined) node.value = kept;
}

export function remember(node: ComponentNode): void {
  try {
    localStorage.setItem(node.text("storage_key"), JSON.stringify(node.value));
  } catch (error) {
    // Full, or forbidden to this page: the value lives as long as the page then.
    console.warn("the browser did not keep a value", error);
  }
}

function read(key: string): unknown {
  try {
    const text = localStorage.getItem(key);
    return text === null ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
