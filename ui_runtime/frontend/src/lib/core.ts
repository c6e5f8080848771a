/**
 * What most component modules use, named here only so that the bundler puts it into the entry: a component
 * is then one request, and so is everything shared.
 */

import "./frame.ts";
import "../parts/Block.svelte";
import "../parts/CopyButton.svelte";
