package lsp

// mark is put into a text where something is asked about, so that what is being
// written there has a place in its tree. It is a character for private use and part
// of names; one that stands in a file already does no harm.
const mark = '\uE000'
