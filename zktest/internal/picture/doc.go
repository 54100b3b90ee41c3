// Package picture draws a run that went wrong: a sequence diagram of what led to the violation.
//
// A [Run] says what happened, in terms of lanes and virtual time; it is plain data and knows nothing of ZooKeeper. Three
// renderers read it:
//
//   - [HTML] writes one self-contained page, which needs no network and explains itself;
//   - [SVG] writes the diagram alone, for an issue report;
//   - [Text] writes one line per event, for a terminal.
//
// The rules:
//
//   - A picture never fails because of what it is given: a lane that nobody declared gets a column, a time that lies
//     before its cause is drawn where it is, text is cut to fit. The only errors are those of the writer.
//   - The same Run gives the same bytes.
//   - HTML and SVG draw the causal past of the violation, nearest first, and at most [MaxArrows] arrows of it; see
//     [Run.Past]. Text writes all that it is given. What is not drawn is counted where it is missing.
//   - A page is at most [MaxPage] bytes.
//   - No function here changes its Run, or keeps it.
package picture
