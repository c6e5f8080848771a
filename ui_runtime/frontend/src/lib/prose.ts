/** How a component wants its Markdown, by its properties. */

import type { MarkdownOptions } from "./markdown.ts";
import type { Delimiter } from "./math.ts";
import type { ComponentNode } from "./node.svelte.ts";

export function proseOptions(node: ComponentNode): MarkdownOptions {
  const delimiters = node.props["latex_delimiters"];
  const tags = node.props["allow_tags"];
  return {
    breaks: node.flag("line_breaks"),
    anchors: node.flag("header_links"),
    sanitize: node.flag("sanitize_html", true),
    delimiters: Array.isArray(delimiters) ? (delimiters as Delimiter[]) : [],
    tags: Array.isArray(tags) ? (tags as string[]) : tags === true,
  };
}
