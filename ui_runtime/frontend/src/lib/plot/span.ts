/** A part of an axis that is chosen by keys: from one of its values to another. */

export interface Span {
  from: number;
  to: number;
}

/** Where an arrow leads: on by a step, or (`extend`) one end of the span only. Null for another key. */
export function moved(span: Span | null, key: string, extend: boolean, count: number): Span | null {
  const step = Math.max(1, Math.round(count / 50));
  const by = { ArrowRight: step, ArrowLeft: -step, Home: -count, End: count }[key];
  if (by === undefined) return null;
  const within = (place: number) => Math.max(0, Math.min(count - 1, place));
  if (!span) return { from: 0, to: within(step) };
  return extend ? { from: span.from, to: within(span.to + by) } : { from: within(span.from + by), to: within(span.to + by) };
}
