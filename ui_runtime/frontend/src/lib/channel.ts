/** One connection to the app, however it gets there: frames both ways until it ends. */

export interface Channel {
  send(frame: string): void;
  /** End it; no event follows. */
  close(): void;
}

export interface ChannelEvents {
  open(): void;
  message(frame: string): void;
  /** It ended, or never came to be; `code` is a WebSocket's close code. */
  closed(code?: number): void;
}

export type Way = "socket" | "stream";

/** The session's WebSocket beside the page, whatever prefix the page is served under. */
export function openSocket(base: string, events: ChannelEvents): Channel {
  const url = sessionUrl("doorstep/session", base);
  url.search = location.search; // what the app's functions may ask for
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(url);
  socket.onopen = () => events.open();
  socket.onmessage = ({ data }) => events.message(data as string);
  socket.onclose = ({ code }) => events.closed(code);
  return {
    send: (frame) => socket.send(frame),
    close() {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    },
  };
}

/** An address of the session; the page's own query goes along, for the app's functions to see. */
export function sessionUrl(path: string, base: string): URL {
  const url = new URL(path, base);
  url.search = location.search;
  return url;
}

/** Which way to try: the WebSocket, and where that never got through, HTTP in turn with it. */
export class Ways {
  #works: Way | null = null;
  #failures = 0;

  get next(): Way {
    if (this.#works) return this.#works;
    return this.#failures >= 2 && this.#failures % 2 === 0 ? "stream" : "socket";
  }

  failed(): void {
    this.#failures++;
  }

  worked(way: Way): void {
    this.#works = way;
  }
}
