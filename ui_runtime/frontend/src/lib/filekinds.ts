/** `file_types` of an app, as what the browser's file chooser and `Taking` understand. */

import type { ComponentNode } from "./node.svelte.ts";

const KINDS = new Set(["image", "audio", "video", "text"]);

export function kindsOf(node: ComponentNode): string[] {
  const types = node.props["file_types"];
  if (!Array.isArray(types) || types.includes("file")) return [];
  return (types as string[]).map((type) => (KINDS.has(type) ? `${type}/*` : type));
}

/** 1536 → "1.5 KB". */
export function sizeOf(bytes: number | null | undefined): string {
  if (typeof bytes !== "number") return "";
  let [size, unit] = [bytes, 0];
  while (size >= 1024 && unit < 4) [size, unit] = [size / 1024, unit + 1];
  return `${size < 10 && unit > 0 ? size.toFixed(1) : Math.round(size)} ${["B", "KB", "MB", "GB", "TB"][unit]}`;
}
