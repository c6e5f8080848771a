/** What the app says of the tools: the brush's colours and sizes, the layers, the canvas. */

import type { Props } from "../config.ts";
import type { Size } from "./geometry.ts";

export interface Colour {
  css: string;
  opacity: number;
}

export interface BrushOptions {
  colours: Colour[];
  colour: Colour;
  /** Only the colours of the list may be chosen. */
  fixed: boolean;
  radius: number | "auto";
}

export interface LayerOptions {
  names: string[];
  canAdd: boolean;
  shown: boolean;
}

/** `"red"`, or `["red", 0.5]` with the opacity. */
export function colourOf(given: unknown): Colour {
  const [css, opacity] = Array.isArray(given) ? given : [given, 1];
  return { css: String(css), opacity: typeof opacity === "number" ? opacity : 1 };
}

/** Null when the app has no brush. */
export function brushOf(prop: unknown): BrushOptions | null {
  if (!isObject(prop)) return null;
  const colours = (Array.isArray(prop["colors"]) ? prop["colors"] : ["#000000"]).map(colourOf);
  const colour = prop["default_color"] ? colourOf(prop["default_color"]) : (colours[0] as Colour);
  return { colours, colour, fixed: prop["color_mode"] === "fixed", radius: radiusOf(prop) };
}

/** The radius that a tool begins with. */
export function radiusOf(prop: unknown): number | "auto" {
  const size = isObject(prop) ? prop["default_size"] : "auto";
  return typeof size === "number" ? size : "auto";
}

/** `auto` is a fiftieth of the picture's smaller side. */
export function pixelsOf(radius: number | "auto", { width, height }: Size): number {
  return radius === "auto" ? Math.max(1, Math.round(Math.min(width, height) / 50)) : radius;
}

export function layersOf(prop: unknown): LayerOptions {
  const options = isObject(prop) ? prop : {};
  const names = Array.isArray(options["layers"]) ? options["layers"].map(String) : [];
  return {
    names: names.length > 0 ? names : ["Layer 1"],
    canAdd: options["allow_additional_layers"] !== false,
    shown: options["disabled"] !== true,
  };
}

export function canvasOf(props: Props): Size {
  const size = props["canvas_size"];
  const [width, height] = Array.isArray(size) ? size : [];
  return { width: Number(width) || 800, height: Number(height) || 800 };
}

/** Whether a list of the app's names this. */
export function offers(props: Props, list: string, name: string): boolean {
  const names = props[list];
  return Array.isArray(names) && names.includes(name);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
