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
  cameraAt: (place: number) => `Camera ${place}`,
  cameraBusy: "The camera is in use by another program, or cannot be started.",
  cameraDenied: "This page may not use the camera. Allow it in the browser’s address bar, then try again.",
  cameraEnded: "The camera was switched off or unplugged.",
  cameraFailed: "The camera could not be started.",
  cameraHint: "Take a picture with the camera",
  cameraInsecure: "Browsers give the camera only to pages opened over https, or on this computer itself.",
  cameraMissing: "No camera was found.",
  cameraStarting: "Waiting for the camera…",
  cameraUnfit: "No camera here can do what this app asks for.",
  cameraView: "What the camera sees",
  cancel: "Cancel",
  canvas: (name: string) => `${name}: canvas`,
  chooseByKeys: "Arrow keys move the chosen part, with Shift its end. Enter chooses it, Escape takes it back.",
  chooseCamera: "Camera",
  chooseFiles: "choose files",
  close: "Close",
  closeSidebar: (name: string) => `Close ${name}`,
  copied: "Copied",
  copy: "Copy",
  crop: "Crop",
  cropArea: "What to keep: move it with the arrow keys, with Shift change its size",
  deleteColumn: "Delete the column",
  deleteLayer: (name: string) => `Delete ${name}`,
  deleteRows: "Delete",
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
  keepFound: "Keep these rows",
  keepRatio: "Keep the proportions",
  layer: (number: number) => `Layer ${number}`,
  layers: "Layers",
  legend: "Legend",
  loadFailed: "This picture cannot be edited.",
  lowerLayer: (name: string) => `Move ${name} down`,
  microphoneAt: (place: number) => `Microphone ${place}`,
  microphoneDenied: "This page may not use the microphone. Allow it in the browser’s address bar, then try again.",
  microphoneFailed: "The microphone could not be started. Maybe another program uses it.",
  microphoneInsecure: "Browsers give the microphone only to pages opened over https, or on this computer itself.",
  microphoneMissing: "No microphone was found.",
  microphoneStarting: "Waiting for the microphone…",
  model: "3D model",
  modelFailed: "This model cannot be shown.",
  modelHint: "Drop a 3D model here, or",
  modelKeys: "arrow keys turn it, plus and minus zoom, 0 resets",
  modelMode: "Shown as",
  modelPlay: "Play the animation",
  modelPoints: "Points",
  modelSolid: "Solid",
  modelWires: "Wireframe",
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
  renameColumn: "Rename",
  replaceImage: "Replace",
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
