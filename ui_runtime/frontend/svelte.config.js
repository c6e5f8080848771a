/** Runes everywhere, ours and libraries': nothing of Svelte 4's reactivity is shipped. */
export default { compilerOptions: { runes: true } };
