/** Moments of a sound or a film, as people read them. */

/** `3:07`, or `1:02:03` for long ones. */
export function clock(seconds: number): string {
  if (!Number.isFinite(seconds)) return "–:––";
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (number: number): string => String(number).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

export interface Cue {
  start: number;
  end: number;
  text: string;
}

/** The subtitles of a property. */
export function cuesOf(subtitles: unknown): readonly Cue[] {
  return Array.isArray(subtitles) ? (subtitles as Cue[]) : [];
}
