/** What components put into the document's head: scripts and links once each, however many components ask. */

const loaded = new Map<string, Promise<void>>();

/** Resolves when the scripts and the style sheets are there. Throws when one cannot be had. */
export async function addToHead(html: string): Promise<void> {
  const template = document.createElement("template");
  template.innerHTML = html;
  for (const element of template.content.children) await add(element);
}

function add(element: Element): Promise<void> {
  const address = element.getAttribute("src") ?? element.getAttribute("href");
  const key = address ?? element.outerHTML;
  const known = loaded.get(key);
  if (known) return known;
  const fresh = element.localName === "script" ? live(element) : (element.cloneNode(true) as Element);
  const waits = address !== null && (fresh.localName === "script" || element.matches("link[rel~=stylesheet]"));
  const there = new Promise<void>((resolve, reject) => {
    fresh.addEventListener("load", () => resolve());
    fresh.addEventListener("error", () => reject(new Error(`${key} cannot be loaded`)));
    if (!waits) resolve();
  });
  loaded.set(key, there);
  document.head.append(fresh);
  return there;
}

/** A script that was parsed as a part of HTML never runs; one that is made does. */
function live(element: Element): HTMLScriptElement {
  const script = document.createElement("script");
  for (const { name, value } of element.attributes) script.setAttribute(name, value);
  script.async = false;
  script.textContent = element.textContent;
  return script;
}
