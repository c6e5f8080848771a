/**
 * `?__theme=dark|light` overrides the system's choice; CSS does the rest. The class `dark` says what is chosen, for
 * the app's own CSS, and an app's script may choose by it: `document.body.classList.toggle("dark")`.
 */
export function applyTheme(search: string, root: HTMLElement): void {
  const wanted = new URLSearchParams(search).get("__theme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const { body } = root.ownerDocument;
  if (wanted === "dark" || wanted === "light") root.dataset.theme = wanted;
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
  const show = () => [root, body].forEach((each) => each.classList.toggle("dark", isDark()));
  show();
  system.addEventListener("change", show);
  new MutationObserver(() => {
    const dark = body.classList.contains("dark");
    if (dark === isDark()) return;
    root.dataset.theme = dark ? "dark" : "light";
    show();
  }).observe(body, { attributeFilter: ["class"] });
}
