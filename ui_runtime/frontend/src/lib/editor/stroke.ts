/** A line drawn by hand: the points of a pointer made a smooth curve, a piece at a time. */

import type { Box, Point } from "./geometry.ts";

/** A quadratic curve. */
export interface Piece {
  from: Point;
  over: Point;
  to: Point;
}

const middle = (a: Point, b: Point): Point => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });

export class Stroke {
  #last: Point;
  #end: Point;
  #low: Point;
  #high: Point;

  constructor(
    readonly start: Point,
    readonly radius: number,
  ) {
    this.#last = this.#end = this.#low = this.#high = start;
  }

  /** The piece that this point adds: the curve runs through the middles between the points. */
  add(point: Point): Piece {
    this.#low = { x: Math.min(this.#low.x, point.x), y: Math.min(this.#low.y, point.y) };
    this.#high = { x: Math.max(this.#high.x, point.x), y: Math.max(this.#high.y, point.y) };
    const piece = { from: this.#end, over: this.#last, to: middle(this.#last, point) };
    [this.#last, this.#end] = [point, piece.to];
    return piece;
  }

  /** The last piece, from the middle that the curve has reached to the last point; a dot, if there is no other. */
  finish(): Piece {
    return { from: this.#end, over: this.#last, to: this.#last };
  }

  /** What the stroke covers, with the softened edge of its outline. */
  get box(): Box {
    const reach = this.radius + 2;
    return {
      x: this.#low.x - reach,
      y: this.#low.y - reach,
      width: this.#high.x - this.#low.x + 2 * reach,
      height: this.#high.y - this.#low.y + 2 * reach,
    };
  }
}
