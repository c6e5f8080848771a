/** What a component shows while a job works on it. */

import type { Pending } from "./node.svelte.ts";
import type { Progress, Queued } from "./protocol.ts";

export function freshPending(): Pending {
  return {
    state: "running",
    since: performance.now(),
    show: "full",
    first: false,
    position: null,
    size: null,
    eta: null,
    progress: null,
  };
}

export function queuedState(message: Queued): Partial<Pending> {
  return { state: "queued", position: message.position, size: message.size ?? null, eta: message.eta ?? null };
}

export function progressState(message: Progress): Pending["progress"] {
  const { step, total, unit } = message;
  const known = typeof step === "number" && typeof total === "number" && total > 0;
  const count = known ? `${step}/${total}` : typeof step === "number" ? `${step}` : "";
  return {
    fraction: message.fraction ?? (known ? step / total : null),
    text: [message.text, [count, count && unit].filter(Boolean).join(" ")].filter(Boolean).join(" · "),
  };
}
