/** The session over plain HTTP, for networks that block WebSockets: events come down, frames are posted up. */

import { sessionUrl, type Channel, type ChannelEvents } from "./channel.ts";

export function openStream(base: string, events: ChannelEvents): Channel {
  const channel = new StreamChannel(base, events);
  queueMicrotask(() => events.open());
  return channel;
}

class StreamChannel implements Channel {
  #source: EventSource | null = null;
  #session = "";
  #closed = false;
  #frames: string[] = [];
  #posting = false;

  constructor(
    private readonly base: string,
    private readonly events: ChannelEvents,
  ) {}

  /** The first frame is `hello`: what it says goes into the stream's address. */
  send(frame: string): void {
    if (!this.#source) return this.#listen(JSON.parse(frame) as { session?: string; seen?: number });
    this.#frames.push(frame);
    if (!this.#posting) void this.#post();
  }

  close(): void {
    this.#closed = true;
    this.#source?.close();
  }

  #listen({ session, seen }: { session?: string; seen?: number }): void {
    const url = sessionUrl("doorstep/session/stream", this.base);
    url.search = location.search;
    if (session !== undefined) url.searchParams.set("session", session);
    if (seen !== undefined) url.searchParams.set("seen", String(seen));
    this.#source = new EventSource(url);
    this.#source.onmessage = ({ data }) => {
      this.#session ||= (JSON.parse(data as string) as { session?: string }).session ?? "";
      this.events.message(data as string);
    };
    // What a WebSocket's close code says is an event here.
    this.#source.addEventListener("close", ({ data }: MessageEvent<string>) =>
      this.#end((JSON.parse(data) as { code?: number }).code),
    );
    // By itself the browser would ask again from where the stream began, not from where it ended.
    this.#source.onerror = () => this.#end();
  }

  /** One request at a time, so that frames arrive in order; what comes meanwhile goes with the next. */
  async #post(): Promise<void> {
    this.#posting = true;
    const url = sessionUrl("doorstep/session/send", this.base);
    url.searchParams.set("session", this.#session);
    try {
      while (this.#frames.length > 0 && !this.#closed) {
        const body = `[${this.#frames.splice(0).join(",")}]`;
        const answer = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
        if (!answer.ok) throw new Error(`the app answered ${answer.status}`);
      }
    } catch {
      this.#end();
    } finally {
      this.#posting = false;
    }
  }

  #end(code?: number): void {
    if (this.#closed) return;
    this.close();
    this.events.closed(code);
  }
}
