/** How plots look: the design system's colours, light or dark, as a drawing library wants them. */

export interface Look {
  dark: boolean;
  ink: string;
  muted: string;
  line: string;
  surface: string;
  sunken: string;
  accent: string;
  font: string;
  /** For series, the accent first. */
  series: string[];
}

/** Told apart also by who sees colours otherwise: they differ in lightness too. */
const LIGHT = ["#d2691e", "#3b5ba9", "#a0358c", "#8a6d00", "#c23a4b", "#4a7d1f", "#5f7d95", "#7a5c43"];
const DARK = ["#f0a35e", "#8fb0f5", "#e08fd0", "#e6c84f", "#f2857c", "#a3d977", "#a9c3d6", "#cdb097"];

/** Which look it is, reactively: by system, or as the page was asked for. */
export class Scheme {
  dark = $state(isDark());

  /** Follow changes until the returned function is called. */
  follow(): () => void {
    const media = matchMedia("(prefers-color-scheme: dark)");
    const look = () => (this.dark = isDark());
    const observer = new MutationObserver(look);
    observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme", "class"] });
    media.addEventListener("change", look);
    look();
    return () => {
      observer.disconnect();
      media.removeEventListener("change", look);
    };
  }
}

function isDark(): boolean {
  return getComputedStyle(document.documentElement).colorScheme.trim() === "dark";
}

export function lookOf(element: Element, dark: boolean): Look {
  const style = getComputedStyle(element);
  const token = (name: string) => style.getPropertyValue(`--ds-${name}`).trim();
  const accent = token("accent");
  return {
    dark,
    ink: token("ink"),
    muted: token("muted"),
    line: token("line"),
    surface: token("surface"),
    sunken: token("sunken"),
    accent,
    font: style.fontFamily,
    series: [accent, ...(dark ? DARK : LIGHT)],
  };
}

/** The same for Vega. */
export function vegaConfig(look: Look) {
  const text = { labelColor: look.muted, titleColor: look.ink, labelFont: look.font, titleFont: look.font };
  const sizes = { labelFontSize: 12, titleFontSize: 12, titleFontWeight: 600 as const };
  return {
    background: "transparent",
    font: look.font,
    view: { stroke: "transparent" },
    axis: {
      ...text,
      ...sizes,
      domainColor: look.line,
      gridColor: look.line,
      tickColor: look.line,
      labelPadding: 6,
      titlePadding: 10,
    },
    axisX: { grid: false },
    legend: { ...text, ...sizes, symbolType: "circle" },
    title: { color: look.ink, font: look.font, fontSize: 14, fontWeight: 600 as const, anchor: "start" as const, offset: 12 },
    range: { category: look.series },
    mark: { color: look.accent },
    bar: { color: look.accent },
    line: { color: look.accent },
    point: { color: look.accent },
  };
}
