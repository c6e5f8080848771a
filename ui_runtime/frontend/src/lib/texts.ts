/**
 * What the page itself, its layout and its simple controls say, in one place, so that another language is another
 * table. The texts of the richer components are loaded with those: moreTexts.ts, chat-texts.ts.
 */

import type { ChatTexts } from "./chat-texts.ts";
import type { MoreTexts } from "./moreTexts.ts";

const english = {
  addOption: (text: string) => `Add “${text}”`,
  appUpdated: "The app was restarted and has changed.",
  back: "Connected again.",
  builtWith: "Built with",
  chooseByKeys: "Arrow keys move the chosen part, with Shift its end. Enter chooses it, Escape takes it back.",
  chooseFiles: "choose files",
  close: "Close",
  closeSidebar: (name: string) => `Close ${name}`,
  copied: "Copied",
  copy: "Copy",
  details: "Details",
  dropHere: "Drop it here",
  emptyLabel: "No result yet",
  ended: "This link has ended",
  endedHint: "Its owner closed it, or its time ran out. Ask them for a new one.",
  error: "Error",
  eta: (seconds: number) => `~${seconds} s`,
  examples: "Examples",
  fileHint: "Drop a file here, or",
  hidePassword: "Hide password",
  itemAt: (place: number) => `Item ${place}`,
  jobLost: "The app was restarted while it worked on this. Please try again.",
  logOut: "Log out",
  moreTabs: "All tabs",
  move: (name: string) => `Move ${name}`,
  movedTo: (name: string, place: number, count: number) => `${name}: ${place} of ${count}`,
  noMatch: "No matching option",
  none: "Choose…",
  notAccepted: (name: string) => `${name} is not of a kind that is taken here.`,
  notConnected: "Connection lost. Reconnecting…",
  notifications: "Notifications",
  numberFor: (label: string) => `${label} (number)`,
  openElsewhere: "This session is open in another place.",
  openSidebar: (name: string) => `Open ${name}`,
  pages: "Pages",
  pasteHint: "Copy an image, then paste it here",
  queued: (ahead: number) => (ahead <= 0 ? "Next in line" : `${ahead} ahead of you`),
  queuedOf: (place: number, size: number) => `${place} of ${size} in line`,
  refused: "The app and this page no longer understand each other.",
  reload: "Reload",
  remove: (label: string) => `Remove ${label}`,
  reset: "Reset",
  scriptFailed: "A script of this page failed",
  seconds: (seconds: number) => `${seconds.toFixed(1)} s`,
  selectAll: "Select all",
  showPassword: "Show password",
  sidebar: "Sidebar",
  stepAt: (place: number) => `Step ${place}`,
  steps: "Steps",
  stop: "Stop",
  submit: "Submit",
  tooBig: (name: string, limit: string) => `${name} is too big: the limit is ${limit}.`,
  unknownComponent: (type: string) => `This page cannot show a component of type “${type}” yet.`,
  uploadChoose: "choose a file",
  uploadFailed: "The upload failed.",
  uploading: (percent: number) => `Uploading… ${percent} %`,
  useViaApi: "Use via API",
  working: "Working",
} as const;

type Widened<Text> = Text extends string ? string : Text;
type Table<English> = { [Name in keyof English]: Widened<English[Name]> };

export type CommonTexts = Table<typeof english>;
/** All that a language may have: see `languages/`. */
export type Texts = CommonTexts & Table<MoreTexts> & Table<ChatTexts>;

/** The texts in use. */
export const t: CommonTexts = { ...english };

/** Another language takes the place of English; what it has no text for stays English. */
export const speak = (table: Partial<Texts>): CommonTexts => Object.assign(t, table);

/** The texts in use with these as well, which are English where the language in use has none of them. */
export const withTexts = <English extends object>(more: English): CommonTexts & Table<English> =>
  Object.assign(t, { ...more, ...t }) as CommonTexts & Table<English>;
