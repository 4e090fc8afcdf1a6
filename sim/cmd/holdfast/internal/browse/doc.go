// Package browse is the terminal interface of "holdfast browse": a tree of holders by size, the chain that keeps the
// selected object, and a plan that follows the objects marked for deletion.
//
// A [Model] is a Bubble Tea model. It asks a [examine.Database] and changes nothing: a mark is a hypothetical deletion.
// The rows account for every byte: each holder with the objects that it alone keeps, each set of holders with the
// objects that they share, garbage, and objects that are on disk only.
package browse
