/** Values that are too big for a message: a frame of the page holds a megabyte (see docs/ui-protocol.md). */

/** Bytes of the values of one message, as JSON: the rest of a frame is for what is around them. */
const MOST = 900_000;
/** Of quotes and a comma, or a bracket. */
const AROUND = 4;
/** In JSON any other character takes six bytes at most. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** Whether these values had better go to the app as a file. Looks no further than it must. */
export function isBig(values: unknown[]): boolean {
  let left = MOST;
  const waiting: unknown[] = [...values];
  while (waiting.length > 0 && left >= 0) {
    const value = told(waiting.pop());
    if (typeof value !== "object" || value === null) left -= sizeOf(String(value));
    else {
      const inside = Object.values(value);
      left -= AROUND + inside.length;
      if (!Array.isArray(value)) for (const key of Object.keys(value)) left -= sizeOf(key);
      if (left >= 0) for (const each of inside) waiting.push(each);
    }
  }
  return left < 0;
}

function sizeOf(text: string): number {
  return AROUND + text.length * (PLAIN.test(text) ? 1 : 6);
}

/** What of a value is sent. */
function told(value: unknown): unknown {
  const { toJSON } = (value ?? {}) as { toJSON?: () => unknown };
  return typeof toJSON === "function" ? toJSON.call(value) : value;
}

/** The values as a file to upload. */
export function fileOf(values: unknown[]): File {
  return new File([JSON.stringify(values)], "values.json", { type: "application/json" });
}
