/** Markdown that is only headings and paragraphs, which needs no library to be shown. */

export interface PlainPart {
  /** 1 to 6 for a heading, 0 for a paragraph. */
  level: number;
  text: string;
}

export interface PlainOptions {
  /** A line break in the text is one on the page. */
  breaks?: boolean;
  /** Headings get anchors, which the library makes. */
  anchors?: boolean;
  /** What formulas begin with. */
  delimiters?: readonly string[];
}

/** Anything that Markdown or HTML could read as more than text, wherever it stands. */
const MARKUP = /[*_`~<>[\]\\|&^]|:\/\/|www\.|\S@\S| {2,}$|\t/m;
/** What makes a line a list, a quote, a rule, a code block or a heading drawn by underlining. */
const BLOCK = /^(?:\s*(?:[-+]|\d+[.)])(?:\s|$)|\s*=+\s*$|\s*-{2,}\s*$| {4})/m;
const HEADING = /^(#{1,6})[ ]+(.+?)[ ]*#*$/;

/** The parts, or null when the text needs the real renderer. */
export function plainParts(source: string, { breaks = false, anchors = false, delimiters = [] }: PlainOptions = {}): PlainPart[] | null {
  if (MARKUP.test(source) || BLOCK.test(source)) return null;
  if (delimiters.some((left) => source.includes(left))) return null;
  const parts: PlainPart[] = [];
  for (const paragraph of source.split(/\n\s*\n/)) {
    let lines: string[] = [];
    const flush = (): void => {
      if (lines.length > 0) parts.push({ level: 0, text: lines.join(breaks ? "\n" : " ") });
      lines = [];
    };
    for (const line of paragraph.split("\n").map((one) => one.trim())) {
      const heading = HEADING.exec(line);
      if (heading && anchors) return null;
      if (heading) {
        flush();
        parts.push({ level: heading[1]?.length ?? 1, text: heading[2] ?? "" });
      } else if (line) lines.push(line);
    }
    flush();
  }
  return parts;
}
