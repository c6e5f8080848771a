/**
 * What most component modules use. The bundler puts it, with all that it needs, into one file (vite.config.ts),
 * so that a component is one request more and not several.
 */

import "./context.ts";
import "./frame.ts";
import "./texts.ts";
import "../parts/Block.svelte";
import "../parts/Children.svelte";
import "../parts/CopyButton.svelte";
import "../parts/Icon.svelte";
import "../parts/Prose.svelte";
import "../parts/Status.svelte";
