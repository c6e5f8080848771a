/** Puts strokes on the active layer: a brush's on a sheet above it until it is done, an eraser's at once. */

import type { Box, Point } from "./geometry.ts";
import { within } from "./geometry.ts";
import { blank, context, part, type Picture } from "./picture.svelte.ts";
import { Stroke, type Piece } from "./stroke.ts";
import type { Colour } from "./tools.ts";

export class Painter {
  /** Shown right above the active layer, as opaque as the colour: a stroke that crosses itself gets no darker. */
  readonly sheet = blank({ width: 1, height: 1 });
  #stroke: Stroke | null = null;
  #colour: Colour | null = null;
  /** The active layer before it was erased on. */
  readonly #before = blank({ width: 1, height: 1 });

  constructor(private readonly picture: Picture) {}

  get isDrawing(): boolean {
    return this.#stroke !== null;
  }

  /** `colour` is null for the eraser. */
  begin(at: Point, radius: number, colour: Colour | null): void {
    this.cancel();
    this.#colour = colour && solid(colour);
    this.#stroke = new Stroke(at, radius);
    this.#fit(this.sheet);
    this.sheet.style.opacity = String(this.#colour?.opacity ?? 1);
    if (!colour) this.#keepLayer();
    this.#ink({ from: at, over: at, to: at });
  }

  add(points: readonly Point[]): void {
    for (const point of points) if (this.#stroke) this.#ink(this.#stroke.add(point));
  }

  finish(): void {
    const stroke = this.#stroke;
    if (!stroke) return;
    this.#ink(stroke.finish());
    this.#stroke = null;
    const colour = this.#colour;
    if (colour) this.#commit(stroke.box, colour);
    else this.picture.drawn(stroke.box, (box) => part(this.#before, box), () => {});
  }

  /** As if the stroke had never begun. */
  cancel(): void {
    const stroke = this.#stroke;
    this.#stroke = null;
    const box = stroke && within(stroke.box, this.picture.size);
    if (!box) return;
    if (this.#colour) return clear(this.sheet, box);
    const { canvas } = this.picture.active;
    clear(canvas, box);
    context(canvas).drawImage(part(this.#before, box), box.x, box.y);
  }

  #commit(where: Box, { opacity }: Colour): void {
    const { canvas } = this.picture.active;
    const before = (box: Box) => part(canvas, box);
    this.picture.drawn(where, before, (layer) => {
      layer.globalAlpha = opacity;
      layer.drawImage(this.sheet, 0, 0);
      layer.globalAlpha = 1;
    });
    clear(this.sheet, { x: 0, y: 0, ...this.picture.size });
  }

  #ink({ from, over, to }: Piece): void {
    const onto = context(this.#colour ? this.sheet : this.picture.active.canvas);
    onto.save();
    onto.globalCompositeOperation = this.#colour ? "source-over" : "destination-out";
    onto.strokeStyle = this.#colour?.css ?? "#000";
    onto.lineWidth = 2 * (this.#stroke?.radius ?? 1);
    onto.lineCap = onto.lineJoin = "round";
    onto.beginPath();
    onto.moveTo(from.x, from.y);
    onto.quadraticCurveTo(over.x, over.y, to.x, to.y);
    onto.stroke();
    onto.restore();
  }

  #keepLayer(): void {
    this.#fit(this.#before);
    const onto = context(this.#before);
    onto.clearRect(0, 0, this.#before.width, this.#before.height);
    onto.drawImage(this.picture.active.canvas, 0, 0);
  }

  #fit(canvas: HTMLCanvasElement): void {
    const { width, height } = this.picture.size;
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  }
}

function clear(canvas: HTMLCanvasElement, { x, y, width, height }: Box): void {
  context(canvas).clearRect(x, y, width, height);
}

/** The colour without its transparency, which is counted to its opacity: browsers know how to read any colour. */
export function solid({ css, opacity }: Colour): Colour {
  const probe = context(blank({ width: 1, height: 1 }));
  probe.fillStyle = css;
  const read = String(probe.fillStyle);
  const [red, green, blue, alpha] = read.startsWith("#") ? [] : (read.match(/[\d.]+/g) ?? []).map(Number);
  if (alpha === undefined) return { css: read, opacity };
  return { css: `rgb(${red} ${green} ${blue})`, opacity: opacity * alpha };
}
