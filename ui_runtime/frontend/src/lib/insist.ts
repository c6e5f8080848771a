/** Parts of the page that come later: a connection that fails for a moment costs a moment, not the part. */

const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/** What `load` gives, as soon as it works. Never rejects: until then the page shows what it has. */
export async function insist<T>(load: () => Promise<T>): Promise<T> {
  for (let pause = FIRST_MS; ; pause = Math.min(2 * pause, LONGEST_MS)) {
    try {
      return await load();
    } catch {
      await new Promise((go) => setTimeout(go, pause));
    }
  }
}
