/** Colours as the browser understands them, and a set of them for categories. */

/** `#rrggbb` of any CSS colour, which is all that the browser's own picker takes. */
export function hexOf(colour: string): string | null {
  if (!isColour(colour)) return null;
  const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  if (!context) return null;
  context.fillStyle = colour;
  context.fillRect(0, 0, 1, 1);
  const [red = 0, green = 0, blue = 0] = context.getImageData(0, 0, 1, 1).data;
  return `#${[red, green, blue].map((each) => each.toString(16).padStart(2, "0")).join("")}`;
}

export function isColour(text: string): boolean {
  return text.trim() !== "" && CSS.supports("color", text.trim());
}

/** Turns of the wheel that stand far apart from one to the next. */
const HUES = [165, 265, 30, 330, 95, 220, 55, 300, 130, 10];

/** A colour for each category: the app's own, or the next of a set. It is a base to mix others from. */
export function coloursFor(categories: readonly string[], given: Readonly<Record<string, string>>): Map<string, string> {
  return new Map(
    categories.map((category, index) => {
      const own = given[category];
      return [category, own && isColour(own) ? own : `oklch(0.65 0.14 ${HUES[index % HUES.length]})`];
    }),
  );
}
