/**
 * HTML of the HTML component as nodes. It may look as it likes, but what runs in it is only what the app's author
 * wrote: the page's policy (CSP) says so, and this does, for a page whose author opened the policy.
 */

const REMOVED = "script, object, embed, base, meta";
const LINKS = ["href", "src", "action", "formaction", "xlink:href", "data"];

/**
 * The nodes of `html`. Of handlers such as `onclick` those stay whose code is among `handlers`. Documents inside of it
 * stand in `frame`, the address of an empty document that the browser holds apart from the app (framed.py).
 */
export function inert(html: string, handlers: readonly string[], frame: string): DocumentFragment {
  // In a document that is never shown: nothing in it is loaded, or complained of, before it is clean.
  const template = document.implementation.createHTMLDocument("").createElement("template");
  template.innerHTML = html;
  clean(template.content, new Set(handlers), frame);
  return template.content;
}

function clean(content: DocumentFragment, handlers: ReadonlySet<string>, frame: string): void {
  for (const element of content.querySelectorAll(REMOVED)) element.remove();
  for (const element of content.querySelectorAll("*")) {
    for (const { name, value } of [...element.attributes])
      if (runs(name.toLowerCase(), value, handlers)) element.removeAttribute(name);
    if (element.hasAttribute("srcdoc")) standApart(element as HTMLIFrameElement, frame);
    if ("content" in element && element.content instanceof DocumentFragment) clean(element.content, handlers, frame);
  }
}

/** A `srcdoc` would be of the page's origin, and bound to its policy. */
function standApart(element: HTMLIFrameElement, frame: string): void {
  const text = element.getAttribute("srcdoc");
  element.removeAttribute("srcdoc");
  element.setAttribute("sandbox", "allow-scripts allow-popups allow-forms");
  element.setAttribute("src", frame);
  // Once: the document that is written then is loaded, too. Its origin is its own, which no name stands for.
  element.addEventListener("load", () => element.contentWindow?.postMessage(text, "*"), { once: true });
}

function runs(name: string, value: string, handlers: ReadonlySet<string>): boolean {
  if (name.startsWith("on")) return !handlers.has(value);
  // eslint-disable-next-line no-control-regex (browsers skip these, wherever they stand)
  return LINKS.includes(name) && /^(?:javascript|vbscript):/i.test(value.replace(/[\u0000-\u0020]/g, ""));
}
