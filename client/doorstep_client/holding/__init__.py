"""One link, held for as long as it is wanted: `Keeper` has the loop and the words, `Holder` the share."""
