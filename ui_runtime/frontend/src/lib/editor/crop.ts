/** The part of a picture that a crop keeps: its box, pulled by its edges and corners or moved as a whole. */

import { clamp, type Box, type Size } from "./geometry.ts";

/** Which edges are pulled: `n`, `se`, …; `move` is the whole box. */
export type Handle = "n" | "ne" | "e" | "se" | "s" | "sw" | "w" | "nw" | "move";
export const HANDLES: readonly Handle[] = ["nw", "n", "ne", "e", "se", "s", "sw", "w"];

const LEAST = 1;

/** The box after its handle was pulled by so much, inside of the picture. */
export function pulled(box: Box, handle: Handle, dx: number, dy: number, picture: Size): Box {
  if (handle === "move")
    return {
      ...box,
      x: clamp(box.x + dx, 0, picture.width - box.width),
      y: clamp(box.y + dy, 0, picture.height - box.height),
    };
  let [left, top, right, bottom] = [box.x, box.y, box.x + box.width, box.y + box.height];
  if (handle.includes("w")) left = clamp(left + dx, 0, right - LEAST);
  if (handle.includes("e")) right = clamp(right + dx, left + LEAST, picture.width);
  if (handle.includes("n")) top = clamp(top + dy, 0, bottom - LEAST);
  if (handle.includes("s")) bottom = clamp(bottom + dy, top + LEAST, picture.height);
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** On whole pixels, at least one of them. */
export function onPixels(box: Box, picture: Size): Box {
  const [x, y] = [clamp(Math.round(box.x), 0, picture.width - 1), clamp(Math.round(box.y), 0, picture.height - 1)];
  return {
    x,
    y,
    width: clamp(Math.round(box.x + box.width) - x, 1, picture.width - x),
    height: clamp(Math.round(box.y + box.height) - y, 1, picture.height - y),
  };
}

/** How far an arrow key pulls; null for another key. */
export function pullOf(key: string, step: number): { dx: number; dy: number } | null {
  switch (key) {
    case "ArrowLeft":
      return { dx: -step, dy: 0 };
    case "ArrowRight":
      return { dx: step, dy: 0 };
    case "ArrowUp":
      return { dx: 0, dy: -step };
    case "ArrowDown":
      return { dx: 0, dy: step };
    default:
      return null;
  }
}
