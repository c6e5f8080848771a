/** Points, sizes and boxes, in pixels of the picture or of the page; and where the picture lies on its stage. */

export interface Point {
  x: number;
  y: number;
}
export interface Size {
  width: number;
  height: number;
}
export interface Box extends Point, Size {}

/** How much the picture is enlarged, and where its left upper corner is on the stage. */
export interface View extends Point {
  scale: number;
}

const SMALLEST = 0.02;
const LARGEST = 40;
/** Pixels of the picture that stay in sight wherever it is moved to. */
const KEPT = 40;

export const clamp = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);

/** The whole picture, in the middle of the stage. A tiny one is enlarged, so that it can be drawn on. */
export function fitted(picture: Size, stage: Size, margin = 12): View {
  const room = { width: Math.max(stage.width - 2 * margin, 1), height: Math.max(stage.height - 2 * margin, 1) };
  const scale = clamp(Math.min(room.width / picture.width, room.height / picture.height), SMALLEST, LARGEST);
  return {
    scale,
    x: (stage.width - picture.width * scale) / 2,
    y: (stage.height - picture.height * scale) / 2,
  };
}

/** Closer by `factor`, with what is at this point of the stage staying there. */
export function zoomed(view: View, factor: number, at: Point): View {
  const scale = clamp(view.scale * factor, SMALLEST, LARGEST);
  const real = scale / view.scale;
  return { scale, x: at.x - (at.x - view.x) * real, y: at.y - (at.y - view.y) * real };
}

/** Moved, but not out of sight. */
export function moved(view: View, dx: number, dy: number, picture: Size, stage: Size): View {
  const keep = (place: number, length: number, room: number) => clamp(place, KEPT - length, room - KEPT);
  return {
    scale: view.scale,
    x: keep(view.x + dx, picture.width * view.scale, stage.width),
    y: keep(view.y + dy, picture.height * view.scale, stage.height),
  };
}

/** Which point of the picture is at this point of the stage. */
export function toPicture({ scale, x, y }: View, at: Point): Point {
  return { x: (at.x - x) / scale, y: (at.y - y) / scale };
}

/** The part of `box` that lies inside of `size`, on whole pixels; null when nothing does. */
export function within(box: Box, size: Size): Box | null {
  const [left, top] = [Math.max(0, Math.floor(box.x)), Math.max(0, Math.floor(box.y))];
  const right = Math.min(size.width, Math.ceil(box.x + box.width));
  const bottom = Math.min(size.height, Math.ceil(box.y + box.height));
  return right > left && bottom > top ? { x: left, y: top, width: right - left, height: bottom - top } : null;
}

/** `size` made smaller, if it has to be, to hold at most `limit` pixels. */
export function limited(size: Size, limit: number): Size {
  const factor = Math.min(1, Math.sqrt(limit / (size.width * size.height)));
  return { width: Math.max(1, Math.floor(size.width * factor)), height: Math.max(1, Math.floor(size.height * factor)) };
}
