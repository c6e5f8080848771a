/** Markdown to safe HTML. Loaded only by pages with text that needs it. */

import DOMPurify from "dompurify";
import { Marked } from "marked";

export interface MarkdownOptions {
  /** A line break in the text is one on the page. */
  breaks: boolean;
  /** Headings can be linked to. */
  anchors: boolean;
}

const purify = DOMPurify(window);
// Pages of an app do not restyle or navigate the page around them, and what opens elsewhere cannot reach back.
const POLICY = { FORBID_TAGS: ["style", "form", "input", "button", "textarea", "select"], ADD_ATTR: ["target"] };

purify.addHook("afterSanitizeAttributes", (element) => {
  if (element.nodeName !== "A") return;
  const outside = /^(?:https?:)?\/\//i.test(element.getAttribute("href") ?? "");
  if (outside) element.setAttribute("target", "_blank");
  if (element.hasAttribute("target")) element.setAttribute("rel", "noopener noreferrer");
});

/** Blocks rendered before: a text that grows is rendered where it grows. */
const rendered = new Map<string, string>();
const MOST_KEPT = 2_000;

/** Safe HTML, block by block; one that did not change is the same string as before. */
export function render(source: string, options: MarkdownOptions): string[] {
  const marked = new Marked({ gfm: true, breaks: options.breaks, async: false });
  const tokens = marked.lexer(source);
  // Tags may open in one block and close in another, and what a link refers to may stand anywhere.
  const whole = tokens.some(({ type }) => type === "html") || Object.keys(tokens.links).length > 0;
  if (whole) return [cleaned(marked.parser(tokens), options)];
  if (rendered.size > MOST_KEPT) rendered.clear();
  return tokens.flatMap((token) => {
    if (token.type === "space") return [];
    const key = `${options.breaks}${options.anchors}${token.raw}`;
    const html = rendered.get(key) ?? cleaned(marked.parser([token]), options);
    rendered.set(key, html);
    return [html];
  });
}

/** HTML that does no harm. */
export function safe(html: string): string {
  return cleaned(html, { breaks: false, anchors: false });
}

function cleaned(html: string, { anchors }: MarkdownOptions): string {
  const safe = purify.sanitize(html, { ...POLICY, RETURN_DOM_FRAGMENT: true });
  if (anchors) for (const heading of safe.querySelectorAll("h1,h2,h3,h4,h5,h6")) addAnchor(heading);
  for (const table of safe.querySelectorAll("table")) wrapTable(table);
  const out = document.createElement("div");
  out.append(safe);
  return out.innerHTML;
}

function addAnchor(heading: Element): void {
  const slug = (heading.textContent ?? "").trim().toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-");
  if (slug) heading.id = slug;
}

/** A wide table scrolls inside the page instead of widening it. */
function wrapTable(table: Element): void {
  const wrapper = document.createElement("div");
  wrapper.className = "table";
  wrapper.tabIndex = 0;
  table.replaceWith(wrapper);
  wrapper.append(table);
}
