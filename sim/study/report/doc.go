// Package report shows what a comparison of policies came to: one HTML page that
// needs nothing but itself, and each of its figures as SVG and as CSV.
//
//	err := report.HTML(file, result, "holdfast compare --profile k8s-node …")
//	for _, name := range report.Figures() {
//		err = report.WriteSVG(drawing, result, name)
//		err = report.WriteCSV(sheet, result, name)
//	}
//
// # The page
//
// It starts with the question and the answer in plain words, so that whoever
// runs a cluster can decide from the first screen, and goes on with what the
// answer rests on: the table, bytes over time, cost against benefit, pauses,
// what pinned the bytes, and at the end the load, what was assumed, and the
// command that makes the page again. It holds no script and refers to nothing
// outside; it is light or dark as the reader's system is, prints in light, and
// fits a phone.
//
// # The answer
//
// Two figures decide: the bytes on disk, on average, and the bytes pulled again
// a day because of what was let go of. Among the combinations under which no
// node's disk ran full, those are worth choosing that no other beats by one
// figure without losing by the other. If that is one, it is the answer. If it
// is several, the answer says what each step along them costs, and names the
// one closest to having both: the distance to the corner of the least of both,
// each figure measured from its least to its most. A difference of two is called
// sure if 0 is outside its 95 % confidence interval, taken node by node
// (compare.Metric.Minus), since both had the same loads.
//
// # What may be in a result
//
// Anything. Names come from databases and traces that somebody else wrote, so
// every string is escaped, control characters are replaced, and a cell of a CSV
// that a spreadsheet would take for a formula starts with an apostrophe. A
// figure that is not a number (or is beyond 1e24) shows as a dash and is not
// drawn. Long series are thinned, and long names shortened, in drawings only. A
// result without policies, without time, or without the two figures that decide
// (or in which those are no numbers of bytes) is an error.
//
// The same result gives the same bytes. All functions may be called from several
// goroutines at once, as long as nobody changes the result.
package report
