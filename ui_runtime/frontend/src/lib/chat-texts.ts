/** What chats and formatted text say: loaded with them, so that a page without them does not carry it. */

import { withTexts } from "./texts.ts";

const english = {
  attachFiles: "Add files",
  botSaid: "Answer:",
  copyAll: "Copy conversation",
  copyCode: "Copy code",
  copyMessage: "Copy message",
  deleteChat: (title: string) => `Delete “${title}”`,
  dislike: "Dislike",
  done: "Done",
  editMessage: "Edit message",
  feedback: "Feedback",
  fileGone: (name: string) => `${name} – no longer available`,
  lasted: (seconds: number) => (seconds < 60 ? `${Number(seconds.toFixed(1))} s` : `${Math.round(seconds / 60)} min`),
  like: "Like",
  messages: "Messages",
  newChat: "New chat",
  noChats: "No earlier conversations",
  notDone: "Not done",
  retry: "Retry",
  stopRecording: "Stop recording",
  toEnd: "Scroll to the latest message",
  youSaid: "You said:",
} as const;

export type ChatTexts = typeof english;

export const c = withTexts(english);
