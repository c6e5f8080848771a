/** Files to the app, with progress. `fetch` cannot tell how far an upload is; XMLHttpRequest can. */

import { t } from "./texts.ts";

export interface FileValue {
  path: string;
  url: string;
  orig_name?: string | null;
  size?: number | null;
  mime_type?: string | null;
  /** It was of an earlier visit (see chat/conversations.py). */
  gone?: boolean;
}

export function upload(
  base: string,
  session: string,
  files: File[],
  onProgress: (fraction: number) => void,
  /** They are pieces of a stream: the app need not keep all of them. */
  stream = false,
): Promise<FileValue[]> {
  const url = new URL("doorstep/upload", base);
  url.searchParams.set("session", session);
  if (stream) url.searchParams.set("stream", "1");
  const body = new FormData();
  for (const file of files) body.append("files", file, file.name || "image.png");
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    request.upload.onprogress = ({ lengthComputable, loaded, total }) =>
      lengthComputable && onProgress(loaded / total);
    request.onerror = () => reject(new Error(t.uploadFailed));
    request.onload = () => {
      if (request.status < 300) resolve(JSON.parse(request.responseText) as FileValue[]);
      else reject(new Error(messageOf(request.responseText)));
    };
    request.send(body);
  });
}

function messageOf(body: string): string {
  try {
    const { message, detail, error } = JSON.parse(body) as Record<string, unknown>;
    const said = [message, detail, error].find((text) => typeof text === "string");
    return said ? `${t.uploadFailed} ${said}` : t.uploadFailed;
  } catch {
    return t.uploadFailed;
  }
}
