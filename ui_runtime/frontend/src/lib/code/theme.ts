/** The editor in the page's own colours, light or dark. */

import { EditorView } from "@codemirror/view";

export const theme = EditorView.theme({
  "&": { backgroundColor: "transparent", color: "var(--ds-ink)", fontSize: "13px" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--ds-mono)", lineHeight: "20px", overflow: "auto" },
  ".cm-content": { padding: "10px 0", caretColor: "var(--ds-ink)" },
  ".cm-line": { padding: "0 12px" },
  ".cm-gutters": { backgroundColor: "transparent", color: "var(--ds-muted)", border: "none" },
  ".cm-lineNumbers .cm-gutterElement": { padding: "0 4px 0 12px", minWidth: "34px" },
  ".cm-cursor": { borderLeftColor: "var(--ds-ink)" },
  ".cm-placeholder": { color: "var(--ds-muted)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "color-mix(in srgb, var(--ds-accent) 26%, transparent)",
  },
  "&.cm-focused .cm-matchingBracket": {
    backgroundColor: "var(--ds-accent-soft)",
    outline: "1px solid var(--ds-accent)",
  },
  ".cm-searchMatch": { backgroundColor: "color-mix(in srgb, var(--ds-warning) 30%, transparent)" },
  ".cm-panels": { backgroundColor: "var(--ds-surface)", color: "var(--ds-ink)" },
  ".cm-panels.cm-panels-bottom": { borderTop: "1px solid var(--ds-line)" },
  ".cm-panel.cm-search": { fontFamily: "var(--ds-font)" },
  ".cm-textfield, .cm-button": {
    backgroundImage: "none",
    backgroundColor: "var(--ds-sunken)",
    border: "1px solid var(--ds-line-strong)",
    borderRadius: "6px",
    color: "inherit",
  },
  ".cm-tooltip": {
    backgroundColor: "var(--ds-surface)",
    color: "var(--ds-ink)",
    border: "1px solid var(--ds-line)",
    borderRadius: "8px",
    boxShadow: "var(--ds-shadow-high)",
    overflow: "hidden",
  },
  ".cm-tooltip-autocomplete > ul": { fontFamily: "var(--ds-mono) !important" },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": {
    backgroundColor: "var(--ds-accent-soft) !important",
    color: "var(--ds-ink) !important",
  },
  ".tok-keyword, .tok-operatorKeyword, .tok-atom, .tok-bool": { color: "var(--ds-accent)", fontWeight: "600" },
  ".tok-string, .tok-string2, .tok-inserted": { color: "var(--ds-success)" },
  ".tok-number, .tok-literal": { color: "var(--ds-warning)" },
  ".tok-comment, .tok-meta": { color: "var(--ds-muted)", fontStyle: "italic" },
  ".tok-typeName, .tok-className, .tok-namespace, .tok-labelName, .tok-deleted": { color: "var(--ds-danger)" },
  ".tok-variableName.tok-definition, .tok-propertyName.tok-definition, .tok-heading": { fontWeight: "600" },
  ".tok-url, .tok-link": { color: "var(--ds-accent)", textDecoration: "underline" },
  ".tok-emphasis": { fontStyle: "italic" },
  ".tok-strong": { fontWeight: "700" },
  ".tok-invalid": { color: "var(--ds-danger)", textDecoration: "underline wavy" },
});
