/** Which rows are in the document: those in sight, and a few around them. */

import { elementScroll, observeElementOffset, observeElementRect, Virtualizer } from "@tanstack/virtual-core";
import { untrack } from "svelte";

export const ROW_HEIGHT = 36;

export class Rows {
  #version = $state(0);
  readonly #virtualizer: Virtualizer<HTMLElement, HTMLElement>;

  constructor(scroller: () => HTMLElement | undefined) {
    this.#virtualizer = new Virtualizer<HTMLElement, HTMLElement>({
      count: 0,
      getScrollElement: () => scroller() ?? null,
      estimateSize: () => ROW_HEIGHT,
      overscan: 6,
      scrollToFn: elementScroll,
      observeElementRect,
      observeElementOffset,
      onChange: () => this.#changed(),
    });
  }

  /** Follow the scroller until the returned function is called. */
  mount(): () => void {
    return this.#virtualizer._didMount();
  }

  /** There are this many rows; `above` is what the header covers. */
  count(count: number, above: number): void {
    const { options } = this.#virtualizer;
    this.#virtualizer.setOptions({ ...options, count, scrollPaddingEnd: above });
    this.#virtualizer._willUpdate();
    this.#changed();
  }

  #changed(): void {
    untrack(() => this.#version++);
  }

  get seen() {
    void this.#version;
    return this.#virtualizer.getVirtualItems();
  }

  get height(): number {
    void this.#version;
    return this.#virtualizer.getTotalSize();
  }

  show(row: number): void {
    if (row >= 0) this.#virtualizer.scrollToIndex(row, { align: "auto" });
  }

  /** Rows of wrapped text are as high as they are. */
  measured = (element: HTMLElement): void => this.#virtualizer.measureElement(element);
}
