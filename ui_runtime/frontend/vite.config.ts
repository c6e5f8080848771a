import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig, type Plugin } from "vite";

const OUT = fileURLToPath(new URL("../doorstep/static", import.meta.url));

/** A bigger asset is kept compressed only; the server unpacks it for who takes neither form. */
const KEPT_PLAIN = 100_000;

/** Writes `.br` and `.gz` beside every asset, so that the server never compresses while it serves. */
function precompress(): Plugin {
  let assets = "";
  return {
    name: "doorstep:precompress",
    apply: "build",
    configResolved({ root, build }) {
      assets = resolve(root, build.outDir, build.assetsDir);
    },
    closeBundle() {
      for (const name of readdirSync(assets)) {
        if (!/\.(js|css|svg)$/.test(name)) continue;
        const path = join(assets, name);
        const bytes = readFileSync(path);
        const quality = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
        writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params: quality }));
        writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
        if (bytes.length > KEPT_PLAIN) rmSync(path);
      }
    },
  };
}

/** KaTeX names each font in three formats; every browser that runs this page takes the first. */
function oneFontFormat(): Plugin {
  return {
    name: "doorstep:one-font-format",
    enforce: "pre",
    transform(code, id) {
      if (!/katex[^/]*\.css/.test(id)) return null;
      return code.replace(/,\s*url\([^)]*\)\s*format\("(?:woff|truetype)"\)/g, "");
    },
  };
}

export default defineConfig({
  // Relative, so that the page works under any prefix a proxy or a mount gives it.
  base: "./",
  plugins: [svelte(), oneFontFormat(), precompress()],
  build: {
    outDir: OUT,
    emptyOutDir: true,
    manifest: true,
    target: "es2022",
    // The app's server says what a page loads beforehand. To list for each module what that one imports in turn
    // would cost every page two kilobytes.
    modulePreload: { polyfill: false, resolveDependencies: (_, files) => files.filter((file) => file.endsWith(".css")) },
    reportCompressedSize: false,
    rolldownOptions: {
      input: "src/main.ts",
      // What the entry shares with the component modules, and Svelte with it, is one file and one request.
      output: {
        codeSplitting: {
          groups: [{ name: "page", test: /src[\\/]lib[\\/]core\.ts$/ }],
        },
      },
    },
  },
  test: { include: ["tests/**/*.test.ts"] },
} as Parameters<typeof defineConfig>[0]);
