/** Short texts of the app that may be more than words: a note beside a label, a message. */

/** What Markdown makes something of. Names_with_underscores are words. */
export const MARKDOWN = /[*`<]|\]\(|:\/\/|(^|\s)_/;

/** Tags that people write into messages; `<class 'int'>` of an error is none. */
export const MARKUP = /<(a|b|i|u|p|em|ul|ol|br|hr|h\d|div|pre|img|code|span|small|strong|table)\b[^>]*>/i;

/** Shows `text` in an element; when it matches `pattern`, as safe HTML as soon as the library for that is here. */
export function rich(text: string, pattern: RegExp) {
  return (element: HTMLElement): (() => void) => {
    let current = true;
    element.textContent = text;
    if (pattern.test(text)) {
      void import("./markdown.ts").then(({ render }) => {
        if (current) element.innerHTML = render(text, { breaks: true, anchors: false, tags: true }).join("");
      });
    }
    return () => (current = false);
  };
}
