/** Markdown to safe HTML. Loaded only by pages with text that needs it. */

import DOMPurify from "dompurify";
import { Marked, type Tokens, type TokensList } from "marked";

import { highlighted } from "./code.ts";
import { formula, mathOf, type Delimiter } from "./math.ts";
import { c } from "./chat-texts.ts";
import { t } from "./moreTexts.ts";
import "../styles/prose.css";

export interface MarkdownOptions {
  /** A line break in the text is one on the page. */
  breaks: boolean;
  /** Headings can be linked to. */
  anchors: boolean;
  /** Only HTML that can do no harm is kept, unless this is false. */
  sanitize?: boolean;
  /** What formulas stand between. */
  delimiters?: readonly Delimiter[];
  /** Tags of no meaning in HTML that are shown as they were written: all, or those named. */
  tags?: boolean | readonly string[];
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
const MOST_KEPT = 4_000;

/**
 * Safe HTML, block by block; one that did not change is the same string as before. What needs more of the
 * page than is here yet (formulas, colours of code) is plain at first: `onmore` is called when that has come.
 */
export function render(source: string, options: MarkdownOptions, onmore: () => void = () => undefined): string[] {
  const { marked, key } = rendererOf(options);
  const tokens = marked.lexer(source);
  // Tags may open in one block and close in another, and what a link refers to may stand anywhere.
  const whole = tokens.some(({ type }) => type === "html") || Object.keys(tokens.links).length > 0;
  if (whole) return [finished(marked.parser(tokens), options, onmore).html];
  if (rendered.size > MOST_KEPT) rendered.clear();
  return tokens.flatMap((token) => {
    if (token.type === "space") return [];
    const known = rendered.get(key + token.raw);
    if (known !== undefined) return [known];
    const { html, complete } = finished(marked.parser([token] as unknown as TokensList), options, onmore);
    if (complete) rendered.set(key + token.raw, html);
    return [html];
  });
}

// -- what Markdown is here ---------------------------------------------------------------------

const renderers = new Map<string, { marked: Marked; key: string }>();

function rendererOf(options: MarkdownOptions): { marked: Marked; key: string } {
  const key = JSON.stringify(options);
  const known = renderers.get(key);
  if (known) return known;
  const marked = new Marked({ gfm: true, breaks: options.breaks, async: false });
  marked.use({ extensions: mathOf(options.delimiters ?? []) });
  marked.use({ renderer: { checkbox: ({ checked }: Tokens.Checkbox) => tick(checked) } });
  if (options.tags) marked.use({ tokenizer: literalTags(options.tags) });
  const made = { marked, key };
  renderers.set(key, made);
  return made;
}

function tick(checked: boolean): string {
  return `<span class="tick${checked ? " done" : ""}" role="img" aria-label="${checked ? c.done : c.notDone}"></span> `;
}

/** Tags that HTML does not know are text: what a model wrote between them must not get lost. */
function literalTags(tags: true | readonly string[]) {
  const literal = (name: string) => (tags === true || tags.includes(name)) && isUnknown(name);
  return {
    html(source: string) {
      const [, name] = /^ {0,3}<\/?([a-z][\w:-]*)/i.exec(source) ?? [];
      return name && literal(name) ? undefined : (false as const);
    },
    tag(source: string) {
      const [raw, name] = /^<\/?([a-z][\w:-]*)(?:\s[^<>]*)?>/i.exec(source) ?? [];
      return raw && name && literal(name) ? ({ type: "text", raw, text: raw } as never) : (false as const);
    },
  };
}

const SVG = "http://www.w3.org/2000/svg";

function isUnknown(name: string): boolean {
  if (name.includes("-")) return true;
  const isSvg = document.createElementNS(SVG, name).constructor !== SVGElement;
  return !isSvg && document.createElement(name) instanceof HTMLUnknownElement;
}

// -- what becomes of its HTML ------------------------------------------------------------------

function finished(html: string, options: MarkdownOptions, onmore: () => void): { html: string; complete: boolean } {
  const body = options.sanitize === false ? fragmentOf(html) : cleaned(html);
  if (options.anchors) for (const heading of body.querySelectorAll("h1,h2,h3,h4,h5,h6")) addAnchor(heading);
  for (const table of body.querySelectorAll("table")) wrapTable(table);
  let complete = true;
  const later = (more: Promise<unknown>): void => {
    complete = false;
    void more.then(onmore, () => undefined);
  };
  for (const place of body.querySelectorAll<HTMLElement>(".math-source")) formula(place, later);
  for (const code of body.querySelectorAll<HTMLElement>("pre > code")) finishCode(code, later);
  return { html: htmlOf(body), complete };
}

/** The safe HTML of a text that is one paragraph. */
export function line(source: string): string {
  return safe(rendererOf({ breaks: true, anchors: false }).marked.parseInline(source) as string);
}

/** HTML that does no harm. */
export function safe(html: string): string {
  const body = cleaned(html);
  for (const table of body.querySelectorAll("table")) wrapTable(table);
  return htmlOf(body);
}

const cleaned = (html: string): DocumentFragment => purify.sanitize(html, { ...POLICY, RETURN_DOM_FRAGMENT: true });

function htmlOf(body: DocumentFragment): string {
  const out = document.createElement("div");
  out.append(body);
  return out.innerHTML;
}

function fragmentOf(html: string): DocumentFragment {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}

function addAnchor(heading: Element): void {
  const slug = (heading.textContent ?? "").trim().toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-");
  if (!slug) return;
  heading.id = slug;
  const link = document.createElement("a");
  Object.assign(link, { className: "anchor", href: `#${slug}`, textContent: "#", ariaLabel: t.linkTo(heading.textContent ?? "") });
  heading.append(link);
}

/** A wide table scrolls inside the page instead of widening it. */
function wrapTable(table: Element): void {
  const wrapper = document.createElement("div");
  wrapper.className = "table";
  wrapper.tabIndex = 0;
  table.replaceWith(wrapper);
  wrapper.append(table);
}

/** The buttons at pieces of code are part of the rendered text: who shows that passes its clicks on. */
export async function copyCode({ target }: MouseEvent): Promise<void> {
  const button = (target as Element).closest(".copy-code");
  if (!button) return;
  await navigator.clipboard.writeText(button.parentElement?.querySelector("code")?.textContent ?? "");
  button.setAttribute("aria-label", t.copied);
  button.classList.add("copied");
  setTimeout(() => {
    button.setAttribute("aria-label", c.copyCode);
    button.classList.remove("copied");
  }, 1500);
}

const COPY = "M9 9h11v11H9zM5 15H4V4h11v1";

function finishCode(code: HTMLElement, later: (more: Promise<unknown>) => void): void {
  const pre = code.parentElement as HTMLPreElement;
  const language = /\blanguage-(\S+)/.exec(code.className)?.[1] ?? "";
  const coloured = highlighted(code.textContent ?? "", language, later);
  if (coloured !== null) code.innerHTML = coloured;
  pre.tabIndex = 0;
  const frame = document.createElement("div");
  frame.className = "code";
  pre.replaceWith(frame);
  frame.append(pre);
  if (isSecureContext) {
    const icon = `<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d="${COPY}"/></svg>`;
    frame.insertAdjacentHTML("beforeend", `<button class="icon-button copy-code" type="button">${icon}</button>`);
    frame.querySelector("button")?.setAttribute("aria-label", c.copyCode);
  }
}
