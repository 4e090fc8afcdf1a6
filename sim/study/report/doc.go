// Package report shows the result of a comparison of policies: as one standalone HTML page, and each of its figures as
// SVG and CSV.
//
//	err := report.HTML(file, result, "holdfast compare --profile k8s-node …")
//	for _, name := range report.Figures() {
//		err = report.WriteSVG(drawing, result, name)
//		err = report.WriteCSV(sheet, result, name)
//	}
//
// # The page
//
// The page starts with the question and the answer, so that an operator can decide from the first screen. The evidence
// follows: the table, bytes over time, cost against benefit, pauses, bytes by holder. The load, the assumptions and the
// command that reproduces the page come last. The page has no script and no external references. It is light or dark as
// the reader's system, prints in light, and fits a phone.
//
// # The answer
//
// Two figures decide: the mean number of bytes on disk, and the bytes pulled again per day because of evictions. A
// combination is efficient if no node's disk ran full and no other such combination dominates it, that is, is better by
// one figure and not worse by the other. A single efficient combination is the answer. If there are several, the page
// gives the cost of each step between neighbours and recommends the one closest to the ideal: the corner of the least
// values of both figures, each scaled from its least to its greatest. A difference is significant if 0 is outside its
// 95 % confidence interval, computed node by node ([compare.Metric.Difference]), since both combinations had the same
// loads.
//
// # Hostile results
//
// A result may contain anything, since names come from the databases and traces of others. The package escapes all
// strings and replaces control characters. A CSV cell that a spreadsheet could read as a formula starts with an
// apostrophe. Values that are not numbers, or are beyond 1e24, show as a dash and are not drawn. Drawings thin long
// series and shorten long names. A result without policies, without time, or without valid values of the two figures
// that decide is an error.
//
// The same result gives the same bytes. All functions are safe for concurrent use while nobody changes the result.
package report
