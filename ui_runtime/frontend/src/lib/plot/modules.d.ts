/** What is used of libraries that come without types. */

declare module "plotly.js-dist-min" {
  const Plotly: {
    react(host: HTMLElement, data: unknown[], layout: object, config: object): Promise<unknown>;
    addFrames(host: HTMLElement, frames: unknown[]): Promise<unknown>;
    purge(host: HTMLElement): void;
    Plots: { resize(host: HTMLElement): void };
  };
  export default Plotly;
}

declare module "@bokeh/bokehjs/build/js/bokeh.esm.min.js" {
  interface Views extends Iterable<{ remove(): void }> {}
  const Bokeh: { embed: { embed_item(item: object, target: HTMLElement): Promise<Views> } };
  export default Bokeh;
}
