/** Files from a person (chosen, dropped, pasted, recorded) to the app: checked, uploaded, told of. */

import type { App } from "./app.svelte.ts";
import type { ComponentNode } from "./node.svelte.ts";
import { t } from "./texts.ts";
import type { FileValue } from "./upload.ts";

/** Whether a file is of one of these kinds: `image/*`, `text/csv` or `.csv`; of any without kinds. */
export function accepts(file: File, kinds: readonly string[]): boolean {
  const [type, name] = [file.type.toLowerCase(), file.name.toLowerCase()];
  return (
    kinds.length === 0 ||
    kinds.some((kind) => {
      const wanted = kind.toLowerCase();
      if (wanted.startsWith(".")) return name.endsWith(wanted);
      return wanted.endsWith("/*") ? type.startsWith(wanted.slice(0, -1)) : type === wanted;
    })
  );
}

export class Taking {
  /** How much of the files is with the app, from 0 to 1; null while none is on its way. */
  uploaded: number | null = $state(null);

  constructor(
    private readonly app: App,
    private readonly node: () => ComponentNode,
    /** Read again for each file: the app may change them. */
    private readonly kinds: () => readonly string[] = () => [],
    /** What to say of a file of another kind. */
    private readonly refusal: (name: string) => string = t.notAccepted,
    /** What is done to a file before it is uploaded. */
    private readonly prepare: (file: File) => Promise<File> = (file) => Promise.resolve(file),
  ) {}

  /** The files as the app knows them; null if they were refused, which the component then says. */
  async take(files: readonly File[], stream = false): Promise<FileValue[] | null> {
    if (files.length === 0 || this.uploaded !== null) return null;
    this.node().failure = null;
    this.uploaded = 0;
    try {
      for (const file of files) this.#check(file);
      const ready = await Promise.all(files.map(this.prepare));
      return await this.app.upload(ready, (fraction) => (this.uploaded = fraction), stream);
    } catch (error) {
      this.node().failure = { title: t.uploadFailed, message: (error as Error).message, traceback: null };
      return null;
    } finally {
      this.uploaded = null;
    }
  }

  #check(file: File): void {
    if (!accepts(file, this.kinds())) throw new Error(this.refusal(file.name));
    const limit = this.app.config.max_file_size;
    if (limit && file.size > limit) throw new Error(t.tooBig(file.name, `${Math.round(limit / 2 ** 20)} MB`));
  }
}
