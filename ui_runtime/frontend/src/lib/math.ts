/** LaTeX in Markdown: found between the app's delimiters, drawn by KaTeX, which is loaded when there is any. */

import type { TokenizerAndRendererExtension, Tokens } from "marked";

import { insist } from "./insist.ts";

export interface Delimiter {
  left: string;
  right: string;
  /** A formula that stands apart, on a line of its own. */
  display?: boolean;
}

/** Extensions of `marked` that leave a `.math-source` element with the LaTeX as its text. */
export function mathOf(delimiters: readonly Delimiter[]): TokenizerAndRendererExtension[] {
  if (delimiters.length === 0) return [];
  // `$$` before `$`: the longer one is meant where both could be.
  const sorted = [...delimiters].sort((a, b) => b.left.length - a.left.length);
  const renderer = ({ text, display }: Tokens.Generic): string =>
    `<span class="math-source"${display ? ' data-display="1"' : ""}>${escaped(String(text))}</span>`;
  return [
    {
      name: "math",
      level: "inline",
      start: (source) => first(source, sorted),
      tokenizer: (source) => tokenOf(source, sorted, "math"),
      renderer,
    },
    {
      name: "math-block",
      level: "block",
      tokenizer(source) {
        const token = tokenOf(source, sorted.filter(({ display }) => display), "math-block");
        const rest = token && /^[ \t]*(?:\n+|$)/.exec(source.slice(token.raw.length));
        return token && rest ? { ...token, raw: token.raw + rest[0] } : undefined;
      },
      renderer: (token) => `<p>${renderer(token)}</p>\n`,
    },
  ];
}

function first(source: string, delimiters: readonly Delimiter[]): number | undefined {
  const places = delimiters.map(({ left }) => source.indexOf(left)).filter((at) => at >= 0);
  return places.length > 0 ? Math.min(...places) : undefined;
}

function tokenOf(source: string, delimiters: readonly Delimiter[], type: string): Tokens.Generic | undefined {
  const delimiter = delimiters.find(({ left }) => source.startsWith(left));
  if (!delimiter) return undefined;
  const { left, right, display = false } = delimiter;
  const end = endOf(source, left.length, right);
  if (end < 0) return undefined;
  const text = source.slice(left.length, end);
  if (!text.trim() || (left === "$" && isMoney(text, source[end + 1]))) return undefined;
  return { type, raw: source.slice(0, end + right.length), text, display };
}

/** Where the closing delimiter stands: not an escaped one, not one in braces. */
function endOf(source: string, from: number, right: string): number {
  let depth = 0;
  for (let at = from; at < source.length; at += 1) {
    if (depth <= 0 && source.startsWith(right, at)) return at;
    if (source[at] === "\\") at += 1;
    else if (source[at] === "{") depth += 1;
    else if (source[at] === "}") depth -= 1;
  }
  return -1;
}

/** "$5 and $6" is no formula. */
function isMoney(text: string, next: string | undefined): boolean {
  return /^\s|\s$|\n\s*\n/.test(text) || (next !== undefined && /\d/.test(next));
}

const escaped = (text: string): string => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

type Katex = typeof import("katex").default;
let katex: Katex | null = null;
let loading: Promise<unknown> | null = null;

function load(): Promise<unknown> {
  loading ??= insist(() => Promise.all([import("katex"), import("katex/dist/katex.min.css")])).then(([module]) => (katex = module.default));
  return loading;
}

/** Draw the LaTeX of an element in its place; `later` when KaTeX is not here yet. */
export function formula(place: HTMLElement, later: (more: Promise<unknown>) => void): void {
  if (!katex) return later(load());
  const displayMode = place.dataset["display"] === "1";
  place.innerHTML = katex.renderToString(place.textContent ?? "", { displayMode, throwOnError: false, trust: false });
  place.className = "math";
}
