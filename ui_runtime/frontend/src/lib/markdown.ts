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

export function render(source: string, { breaks, anchors }: MarkdownOptions): string {
  const html = new Marked({ gfm: true, breaks, async: false }).parse(source) as string;
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
