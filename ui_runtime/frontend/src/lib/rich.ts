/** Short texts of the app that may be more than words: a note beside a label, a message. */

/** What Markdown makes something of. Names_with_underscores are words. */
export const MARKDOWN = /[*`<]|]\(|:\/\//;

/** What may be HTML; tags of no meaning in it, as in an error's `<class 'int'>`, stay as they are written. */
export const MARKUP = /<\w/;

/** Shows `text` in an element; when it matches `pattern`, as safe HTML as soon as the library for that is here. */
export function rich(text: string, pattern: RegExp) {
  return (element: HTMLElement): void => {
    element.textContent = text;
    if (pattern.test(text)) void import("./markdown.ts").then(({ fill }) => fill(element, text));
  };
}
