/** Dates as texts: what may be typed, and what the browser's own picker says. */

const DATE = /^\d{4}-\d\d-\d\d$/;
const TIME = /^\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?$/;
const NOW = /^now(\s*[-+]\s*\d{1,9}\s*[smhd])?$/;

/** Whether the text is `2024-01-31 13:45:00`, `2024-01-31`, `now` or `now - 5m`. */
export function isDate(text: string): boolean {
  if (NOW.test(text)) return true;
  return (DATE.test(text) || TIME.test(text)) && !Number.isNaN(Date.parse(text.replace(" ", "T")));
}

/** For `<input type="datetime-local">` or, without a time, `<input type="date">`. */
export function toPicker(text: string, time: boolean): string {
  if (!DATE.test(text) && !TIME.test(text)) return "";
  const [day = "", hours = "00:00:00"] = text.split(/[ T]/);
  return time ? `${day}T${hours}` : day;
}

export function fromPicker(value: string): string {
  const [day = "", hours] = value.split("T");
  if (hours === undefined) return day;
  return `${day} ${hours.length === 5 ? `${hours}:00` : hours.slice(0, 8)}`;
}
