/** What fingers, pens and the mouse do on the stage: draw, move the picture, or pinch it with two fingers. */

import type { Point } from "./geometry.ts";

export interface Hands {
  /** Whether a pointer that goes down now draws; it moves the picture otherwise. */
  draws(event: PointerEvent): boolean;
  at(event: PointerEvent): Point;
  begin(at: Point): void;
  add(points: Point[]): void;
  finish(): void;
  cancel(): void;
  move(dx: number, dy: number): void;
  pinch(factor: number, at: Point): void;
  tap(at: Point): void;
}

/** A pointer that moved less than this was a tap. */
const TAP = 4;

export class Gestures {
  readonly #pointers = new Map<number, Point>();
  #mode: "draw" | "move" | "pinch" | null = null;
  #distance = 0;

  constructor(private readonly hands: Hands) {}

  get isMoving(): boolean {
    return this.#mode === "move" || this.#mode === "pinch";
  }

  down(event: PointerEvent): void {
    if (event.pointerType === "mouse" && event.button > 1) return;
    this.#pointers.set(event.pointerId, this.hands.at(event));
    if (this.#pointers.size === 2) {
      if (this.#mode === "draw") this.hands.cancel();
      this.#mode = "pinch";
    } else if (this.#pointers.size === 1) {
      this.#distance = 0;
      this.#mode = this.hands.draws(event) ? "draw" : "move";
      if (this.#mode === "draw") this.hands.begin(this.hands.at(event));
    }
  }

  move(event: PointerEvent): void {
    const before = this.#pointers.get(event.pointerId);
    if (!before) return;
    const now = this.hands.at(event);
    const others = [...this.#pointers].filter(([id]) => id !== event.pointerId).map(([, point]) => point);
    this.#pointers.set(event.pointerId, now);
    if (this.#mode === "draw") {
      // Between two frames a pen reports several points: without them a quick curve has corners.
      const points = event.getCoalescedEvents?.() ?? [];
      this.hands.add((points.length > 0 ? points : [event]).map((each) => this.hands.at(each)));
    } else if (this.#mode === "move") {
      this.#distance += Math.hypot(now.x - before.x, now.y - before.y);
      if (this.#distance >= TAP) this.hands.move(now.x - before.x, now.y - before.y);
    } else if (this.#mode === "pinch" && others[0]) this.#pinch(before, now, others[0]);
  }

  up(event: PointerEvent): void {
    const at = this.#pointers.get(event.pointerId);
    if (!at || !this.#pointers.delete(event.pointerId)) return;
    if (this.#mode === "draw") this.hands.finish();
    else if (this.#mode === "move" && this.#distance < TAP) this.hands.tap(at);
    // The finger that stays after a pinch does nothing more.
    if (this.#mode !== "pinch" || this.#pointers.size === 0) this.#mode = null;
  }

  cancel(event: PointerEvent): void {
    if (!this.#pointers.delete(event.pointerId)) return;
    if (this.#mode === "draw") this.hands.cancel();
    if (this.#pointers.size === 0) this.#mode = null;
  }

  #pinch(before: Point, now: Point, other: Point): void {
    const [old, fresh] = [distance(before, other), distance(now, other)];
    this.hands.move((now.x - before.x) / 2, (now.y - before.y) / 2);
    if (old > 0) this.hands.pinch(fresh / old, { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 });
  }
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
