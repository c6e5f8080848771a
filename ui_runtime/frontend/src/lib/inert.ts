/**
 * HTML of the HTML component as nodes. It may look as it likes, but what runs in it is only what the app's author
 * wrote: the page's policy (CSP) says so, and this does, for a page whose author opened the policy.
 */

const REMOVED = "script, object, embed, base, meta";
const LINKS = ["href", "src", "action", "formaction", "xlink:href", "data"];

/** The nodes of `html`. Of handlers such as `onclick` those stay whose code is among `handlers`. */
export function inert(html: string, handlers: readonly string[]): DocumentFragment {
  // In a document that is never shown: nothing in it is loaded, or complained of, before it is clean.
  const template = document.implementation.createHTMLDocument("").createElement("template");
  template.innerHTML = html;
  clean(template.content, new Set(handlers));
  return template.content;
}

function clean(content: DocumentFragment, handlers: ReadonlySet<string>): void {
  for (const element of content.querySelectorAll(REMOVED)) element.remove();
  for (const element of content.querySelectorAll("*")) {
    for (const { name, value } of [...element.attributes])
      if (runs(name.toLowerCase(), value, handlers)) element.removeAttribute(name);
    // A document of its own inside of the page's would be of the page's origin.
    if (element.hasAttribute("srcdoc")) element.setAttribute("sandbox", "allow-popups allow-forms");
    if ("content" in element && element.content instanceof DocumentFragment) clean(element.content, handlers);
  }
}

function runs(name: string, value: string, handlers: ReadonlySet<string>): boolean {
  if (name.startsWith("on")) return !handlers.has(value);
  // eslint-disable-next-line no-control-regex (browsers skip these, wherever they stand)
  return LINKS.includes(name) && /^(?:javascript|vbscript):/i.test(value.replace(/[\u0000-\u0020]/g, ""));
}
