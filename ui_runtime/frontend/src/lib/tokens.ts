/** Text in pieces that carry labels: what `HighlightedText` shows and changes. */

export type Label = string | number | null;

export interface Token {
  token: string;
  class_or_confidence: Label;
}

export interface Piece {
  text: string;
  label: Label;
  /** Where it begins in the whole text, and which token it is. */
  at: number;
  index: number;
}

export function piecesOf(value: unknown): Piece[] {
  let at = 0;
  return (Array.isArray(value) ? (value as Token[]) : []).map(({ token, class_or_confidence }, index) => {
    const piece = { text: token, label: class_or_confidence ?? null, at, index };
    at += token.length;
    return piece;
  });
}

/** The categories, in the order in which they first come, those with a colour of the app's before. */
export function categoriesOf(pieces: readonly Piece[], known: readonly string[] = []): string[] {
  const found = pieces.flatMap(({ label }) => (typeof label === "string" ? [label] : []));
  return [...new Set([...known, ...found])];
}

/** The text from `start` to `end` is labelled, whatever it was before; with null it is plain again. */
export function labelled(pieces: readonly Piece[], start: number, end: number, label: Label): Token[] {
  const before = pieces.flatMap((piece) => cut(piece, 0, start));
  const after = pieces.flatMap((piece) => cut(piece, end, Infinity));
  const inside = pieces.flatMap((piece) => cut(piece, start, end)).map(({ token }) => token);
  return merged([...before, { token: inside.join(""), class_or_confidence: label }, ...after]);
}

function cut({ text, label, at }: Piece, from: number, to: number): Token[] {
  const token = text.slice(Math.max(0, from - at), Math.max(0, to - at));
  return token === "" ? [] : [{ token, class_or_confidence: label }];
}

/** Plain neighbours are one piece. */
function merged(tokens: readonly Token[]): Token[] {
  const kept: Token[] = [];
  for (const token of tokens) {
    const last = kept.at(-1);
    if (last && last.class_or_confidence === null && token.class_or_confidence === null)
      kept[kept.length - 1] = { token: last.token + token.token, class_or_confidence: null };
    else if (token.token !== "") kept.push(token);
  }
  return kept;
}
