// Package rules holds the garbage collection rules of every supported containerd version as data: the labels that a
// collection understands, the conditions in their values, and the kinds of objects on which each label has an effect.
//
// A [Rule] is one row of a table. For example, this row says that the label "containerd.io/gc.ref.image", optionally
// followed by "." or "/" and any name, makes the labelled object keep an image, from containerd 2.0 on:
//
//	{Label: "ref.image", Suffix: Named, Meaning: Reference, Target: ResourceImage, Since: V2_0}
//
// [Of] returns the rules of a version. [Obeyed] returns the meanings that have an effect on an object. A label counts
// if its key matches a rule of the version and the object obeys the rule's meaning. [Ignored] explains in words why a
// label does not count.
//
// The package reads no database. Package metadata applies the rules when it builds the reference graph.
package rules
