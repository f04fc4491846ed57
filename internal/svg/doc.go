// Package svg draws answers over time as SVG files that stand alone: bars along
// an axis of dates, one row for a timeline, several for a map of what was known
// when.
//
// The drawings are for everybody. An answer is told by a colour, a pattern and a
// letter, never by colour alone; every bar has a title that says all, and the
// drawing a title and a description for those who listen. Colours follow whether
// the reader prefers light or dark. The same drawing has the same bytes.
//
// A bar is never too small to be seen: the axis gives every stretch a least
// width, and what is left goes by duration. So widths tell which is longer, and
// only the dates tell by how much.
package svg
