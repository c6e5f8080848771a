import { expect, test } from "vitest";

import { onPixels, pulled, pullOf } from "../src/lib/editor/crop.ts";
import { fitted, limited, moved, toPicture, within, zoomed } from "../src/lib/editor/geometry.ts";
import { Gestures, type Hands } from "../src/lib/editor/gestures.ts";
import { History } from "../src/lib/editor/history.ts";
import { Stroke } from "../src/lib/editor/stroke.ts";
import { brushOf, colourOf, layersOf, pixelsOf } from "../src/lib/editor/tools.ts";

const picture = { width: 400, height: 200 };
const stage = { width: 224, height: 224 };

test("a picture that is shown whole lies in the middle of its stage", () => {
  expect(fitted(picture, stage)).toEqual({ scale: 0.5, x: 12, y: 62 });
  expect(fitted({ width: 10, height: 10 }, stage).scale).toBe(20);
});

test("zooming keeps what is under the pointer there, and ends somewhere", () => {
  const view = fitted(picture, stage);
  const at = { x: 100, y: 90 };
  const closer = zoomed(view, 3, at);
  expect(closer.scale).toBe(1.5);
  expect(toPicture(closer, at).x).toBeCloseTo(toPicture(view, at).x);
  expect(toPicture(closer, at).y).toBeCloseTo(toPicture(view, at).y);
  expect(zoomed(view, 1e9, at).scale).toBe(40);
  expect(zoomed(view, 1e-9, at).scale).toBe(0.02);
});

test("a picture cannot be moved out of sight", () => {
  const view = fitted(picture, stage);
  expect(moved(view, 5, -5, picture, stage)).toEqual({ scale: 0.5, x: 17, y: 57 });
  expect(moved(view, 1e6, -1e6, picture, stage)).toEqual({ scale: 0.5, x: 184, y: -60 });
});

test("a box is cut at the picture's edges, and nothing is left of one beside it", () => {
  expect(within({ x: -3.5, y: 10.2, width: 10, height: 5 }, picture)).toEqual({ x: 0, y: 10, width: 7, height: 6 });
  expect(within({ x: 500, y: 0, width: 10, height: 10 }, picture)).toBeNull();
});

test("a picture that is too big is made smaller in its proportions", () => {
  expect(limited(picture, 1e6)).toEqual(picture);
  expect(limited(picture, 20_000)).toEqual({ width: 200, height: 100 });
});

test("a stroke is a curve through the middles between its points, from the first to the last", () => {
  const stroke = new Stroke({ x: 0, y: 0 }, 3);
  const pieces = [stroke.add({ x: 10, y: 0 }), stroke.add({ x: 10, y: 10 }), stroke.finish()];
  expect(pieces.map(({ from }) => from)).toEqual([{ x: 0, y: 0 }, { x: 5, y: 0 }, { x: 10, y: 5 }]);
  expect(pieces.at(-1)?.to).toEqual({ x: 10, y: 10 });
  expect(stroke.box).toEqual({ x: -5, y: -5, width: 20, height: 20 });
});

test("a stroke of one point is a dot there", () => {
  const at = { x: 4, y: 5 };
  expect(new Stroke(at, 1).finish()).toEqual({ from: at, over: at, to: at });
});

test.each([
  ["move", { x: 340, y: 0, width: 60, height: 50 }],
  ["se", { x: 10, y: 20, width: 390, height: 1 }],
  ["nw", { x: 69, y: 0, width: 1, height: 70 }],
  ["e", { x: 10, y: 20, width: 390, height: 50 }],
] as const)("a crop's box pulled far by %s stays inside of the picture, and a box", (handle, box) => {
  expect(pulled({ x: 10, y: 20, width: 60, height: 50 }, handle, 1000, -1000, picture)).toEqual(box);
});

test("a crop is on whole pixels", () => {
  expect(onPixels({ x: 1.4, y: 1.6, width: 10.2, height: 0.1 }, picture)).toEqual({ x: 1, y: 2, width: 11, height: 1 });
  expect(pullOf("ArrowLeft", 5)).toEqual({ dx: -5, dy: 0 });
  expect(pullOf("a", 5)).toBeNull();
});

function steps(history: History, cost: number, count: number): string[] {
  const done: string[] = [];
  for (let i = 0; i < count; i++)
    history.add({ cost, undo: () => done.push(`undo ${i}`), redo: () => done.push(`redo ${i}`) });
  return done;
}

test("steps are undone from the last, done again from the first, and what is new ends that", () => {
  const history = new History(100);
  const done = steps(history, 1, 2);
  history.undo();
  history.undo();
  history.undo();
  history.redo();
  expect(done).toEqual(["undo 1", "undo 0", "redo 0"]);
  expect([history.canUndo, history.canRedo]).toEqual([true, true]);
  steps(history, 1, 1);
  expect(history.canRedo).toBe(false);
});

test("the oldest steps go when all hold too much, but never the last", () => {
  const history = new History(100);
  const done = steps(history, 40, 4);
  for (let i = 0; i < 9; i++) history.undo();
  expect(done).toEqual(["undo 3", "undo 2"]);
  const one = steps(history, 1000, 1);
  history.undo();
  expect(one).toEqual(["undo 0"]);
});

test("a brush has the app's colours, with their opacity, and the first one in the hand", () => {
  const brush = brushOf({ colors: ["red", ["#00f", 0.5]], default_color: null, color_mode: "fixed", default_size: 7 });
  expect(brush).toMatchObject({ colour: { css: "red", opacity: 1 }, fixed: true, radius: 7 });
  expect(brush?.colours[1]).toEqual({ css: "#00f", opacity: 0.5 });
  expect(colourOf("rgb(1, 2, 3)")).toEqual({ css: "rgb(1, 2, 3)", opacity: 1 });
  expect(brushOf(null)).toBeNull();
});

test("a size of its own is a fiftieth of the smaller side", () => {
  expect(pixelsOf("auto", { width: 800, height: 500 })).toBe(10);
  expect(pixelsOf("auto", { width: 20, height: 20 })).toBe(1);
  expect(pixelsOf(3, picture)).toBe(3);
});

test("there is a layer to draw on, whatever the app says", () => {
  expect(layersOf({ layers: [], disabled: true })).toEqual({ names: ["Layer 1"], canAdd: true, shown: false });
  expect(layersOf({ layers: ["sky"], allow_additional_layers: false })).toMatchObject({ names: ["sky"], canAdd: false });
});

/** Hands that only say what they did. */
class Told implements Hands {
  told: string[] = [];
  drawing = true;
  draws = () => this.drawing;
  at = ({ clientX: x, clientY: y }: PointerEvent) => ({ x, y });
  begin = () => void this.told.push("begin");
  add = (points: unknown[]) => void this.told.push(`add ${points.length}`);
  finish = () => void this.told.push("finish");
  cancel = () => void this.told.push("cancel");
  move = (dx: number, dy: number) => void this.told.push(`move ${dx} ${dy}`);
  pinch = (factor: number) => void this.told.push(`pinch ${factor}`);
  tap = () => void this.told.push("tap");
}

function pointer(pointerId: number, clientX: number, clientY = 0, between: unknown[] = []): PointerEvent {
  const getCoalescedEvents = () => between;
  return { pointerId, clientX, clientY, pointerType: "touch", button: 0, getCoalescedEvents } as unknown as PointerEvent;
}

test("one finger draws, with every point that the browser has of it", () => {
  const hands = new Told();
  const gestures = new Gestures(hands);
  gestures.down(pointer(1, 0));
  gestures.move(pointer(1, 9, 0, [pointer(1, 3), pointer(1, 9)]));
  gestures.move(pointer(1, 10));
  gestures.up(pointer(1, 10));
  expect(hands.told).toEqual(["begin", "add 2", "add 1", "finish"]);
});

test("a second finger makes a pinch of it, without a stroke; the one that stays does nothing", () => {
  const hands = new Told();
  const gestures = new Gestures(hands);
  gestures.down(pointer(1, 0));
  gestures.down(pointer(2, 10));
  gestures.move(pointer(2, 20));
  gestures.up(pointer(2, 20));
  gestures.move(pointer(1, 5));
  gestures.up(pointer(1, 5));
  expect(hands.told).toEqual(["begin", "cancel", "move 5 0", "pinch 2"]);
});

test("without a tool a finger moves the picture, or picks a point when it does not move itself", () => {
  const hands = new Told();
  hands.drawing = false;
  const gestures = new Gestures(hands);
  gestures.down(pointer(1, 0));
  gestures.move(pointer(1, 30, 4));
  gestures.up(pointer(1, 30, 4));
  gestures.down(pointer(1, 0));
  gestures.move(pointer(1, 1));
  gestures.up(pointer(1, 1));
  expect(hands.told).toEqual(["move 30 4", "tap"]);
});

test("a pointer that the system takes away leaves nothing behind", () => {
  const hands = new Told();
  const gestures = new Gestures(hands);
  gestures.down(pointer(1, 0));
  gestures.cancel(pointer(1, 0));
  gestures.up(pointer(1, 0));
  expect(hands.told).toEqual(["begin", "cancel"]);
});
