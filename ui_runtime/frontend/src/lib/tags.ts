/** What a colon in a dialogue offers: the tags that begin with what is typed after it. */

export interface Offer {
  /** Where the colon stands. */
  at: number;
  tags: string[];
}

export function offered(text: string, caret: number, tags: readonly string[]): Offer | null {
  const found = /:([^\s:]*)$/.exec(text.slice(0, caret));
  if (!found) return null;
  const typed = (found[1] ?? "").toLowerCase();
  const fitting = tags.filter((tag) => tag.toLowerCase().replace(/^\W+/, "").startsWith(typed) || tag.toLowerCase().startsWith(typed));
  return fitting.length > 0 ? { at: found.index, tags: fitting } : null;
}
