// Package lsp is the language server of rulesets: what an editor asks while
// somebody writes one. It speaks the Language Server Protocol 3.17 over a pair of
// streams; docs/guide/editors.md says how to set editors up.
//
// A [Server] keeps the files that are open as the editor shows them, and reads the
// rest of their folder from disk. Whenever there is a pause in typing it loads the
// ruleset of the folder as the engine would, and publishes every mistake and every
// finding of lint where it stands. A State's ruleset is checked against the folder
// common beside its own or, if there is none, against the common ruleset that
// ships.
//
// What is asked about a place (completion, hover, definition, rename) must have an
// answer also while the file is not YAML for the moment. It therefore rests on a
// reader of its own, which takes any text and makes the best of it: a tree of
// [node]s, in which the kinds of map that package rules knows say what stands
// where, and what the trees declare is gathered as words.
//
//	wire         frames: Content-Length and a message of JSON-RPC 2.0
//	server       life of a session, and which method is answered by what
//	text         lines, and positions in UTF-8, UTF-16 or UTF-32
//	node, reader trees of any text
//	slot         what may stand at a place of a tree
//	words        what the rulesets of a folder declare
//	mention      every place where something declared is named
//	folder       the files of one ruleset; check loads them
//
// One goroutine owns all of it. Another reads messages, and a third loads rulesets,
// one at a time; both only send to the first.
package lsp
