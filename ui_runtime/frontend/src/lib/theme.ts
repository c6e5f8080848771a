/** `?__theme=dark|light` overrides the system's choice; CSS does the rest. */
export function applyTheme(search: string, root: HTMLElement): void {
  const wanted = new URLSearchParams(search).get("__theme");
  if (wanted === "dark" || wanted === "light") root.dataset.theme = wanted;
}
