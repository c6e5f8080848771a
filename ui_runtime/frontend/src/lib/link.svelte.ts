/** What a person is told about the connection to the app. */

import { readConfig, type AppConfig, type ComponentConfig, type Dependency } from "./config.ts";
import { askWhetherOver, type Ending } from "./connection.ts";
import { insist } from "./insist.ts";
import { same } from "./same.ts";
import type { Refusal } from "./session.ts";

export type Link = "up" | "down" | "back" | "stale" | "ended" | Refusal;

const BACK_SHOWN_MS = 2_500;
/** A drop that heals within this time is not worth a person's attention. */
const DOWN_UNNOTICED_MS = 800;

export class LinkState {
  state: Link = $state("up");
  /** Why the share ended, in the relay's words, if it said any. */
  end: Ending = $state.raw({ title: "", reason: "" });
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly base: string,
    private readonly config: AppConfig,
    private readonly giveUp: () => void,
  ) {}

  lost(): void {
    if (this.state === "up" || this.state === "back")
      this.#timer ??= setTimeout(() => (this.state = "down"), DOWN_UNNOTICED_MS);
    void this.#askWhetherGone();
  }

  welcomed(again: boolean, resumed: boolean): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.state === "down") {
      this.state = "back";
      setTimeout(() => this.state === "back" && (this.state = "up"), BACK_SHOWN_MS);
    }
    if (again && !resumed) void this.#askWhetherChanged();
  }

  refused(reason: Refusal): void {
    this.#end(reason);
  }

  async #askWhetherGone(): Promise<void> {
    const end = await askWhetherOver(this.base);
    if (!end) return;
    this.giveUp();
    this.end = end;
    this.#end("ended");
  }

  /** An app that came back without our session was restarted: maybe with another page. */
  async #askWhetherChanged(): Promise<void> {
    const { fetchDocument } = await insist(() => import("./reload.ts"));
    const page = await fetchDocument();
    if (page && !same(shape(readConfig(page)), shape(this.config))) this.state = "stale";
  }

  #end(state: Link): void {
    clearTimeout(this.#timer);
    this.state = state;
  }
}

/** What the page is made of: values, such as a file's address, may be others after each start. */
function shape({ components, layout, dependencies }: AppConfig): unknown {
  const named = ({ id, type, props: { label = null } }: ComponentConfig) => ({ id, type, label });
  const bound = ({ id, targets, inputs, outputs }: Dependency) => ({ id, targets, inputs, outputs });
  return { components: components.map(named), layout, dependencies: dependencies.map(bound) };
}
