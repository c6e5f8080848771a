/** A figure of Plotly in the page's colours, as far as it names none of its own. */

import type { Look } from "./look.svelte.ts";

type Part = Record<string, unknown>;

export interface Figure {
  data: Part[];
  layout?: Part;
  frames?: Part[];
}

const HEIGHT = 450;

/** Drawn with shaders that are compiled from code, which the page forbids: the same without. */
const PLAIN: Record<string, string> = { scattergl: "scatter", scatterpolargl: "scatterpolar", heatmapgl: "heatmap" };

export function themed({ data, layout = {}, frames }: Figure, look: Look): Required<Omit<Figure, "frames">> & { frames: Part[] } {
  return {
    data: data.map((trace) => ({ ...trace, type: PLAIN[String(trace["type"])] ?? trace["type"] ?? "scatter" })),
    layout: {
      height: HEIGHT,
      autosize: true,
      ...layout,
      paper_bgcolor: layout["paper_bgcolor"] ?? "rgba(0,0,0,0)",
      ...(look.dark ? darkened(layout, look) : {}),
    },
    frames: frames ?? [],
  };
}

function darkened(layout: Part, look: Look): Part {
  const template = (layout["template"] ?? {}) as { layout?: Part };
  const axis = { gridcolor: look.line, linecolor: look.line, zerolinecolor: look.line };
  const wall = { ...axis, backgroundcolor: look.sunken };
  const inner = template.layout ?? {};
  return {
    plot_bgcolor: layout["plot_bgcolor"] ?? look.sunken,
    font: { color: look.ink, ...((layout["font"] ?? {}) as Part) },
    template: {
      ...template,
      layout: {
        ...inner,
        xaxis: { ...((inner["xaxis"] ?? {}) as Part), ...axis },
        yaxis: { ...((inner["yaxis"] ?? {}) as Part), ...axis },
        scene: { xaxis: wall, yaxis: wall, zaxis: wall },
      },
    },
  };
}
