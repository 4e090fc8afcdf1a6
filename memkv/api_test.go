package memkv_test

import (
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strings"
	"testing"
)

// omitted lists the exported identifiers of bbolt that memkv lacks, with the reason.
var omitted = map[string]string{
	"Open":                     "package bbolt has it; New makes an empty database, boltfile.Open reads a file",
	"Options":                  "belongs to Open",
	"DefaultOptions":           "belongs to Open",
	"Compact":                  "there are no pages to compact",
	"FreelistType":             "there is no freelist",
	"FreelistArrayType":        "there is no freelist",
	"FreelistMapType":          "there is no freelist",
	"Info":                     "the address of mapped memory",
	"DB.Info":                  "the address of mapped memory",
	"DB.Logger":                "memkv logs nothing",
	"Logger":                   "memkv logs nothing",
	"DefaultLogger":            "memkv logs nothing",
	"DB.NoSync":                "there is nothing to sync",
	"DB.NoFreelistSync":        "there is no freelist",
	"DB.FreelistType":          "there is no freelist",
	"DB.PreLoadFreelist":       "there is no freelist",
	"DB.NoGrowSync":            "there is no file to grow",
	"DB.MmapFlags":             "nothing is mapped",
	"DB.Mlock":                 "nothing is mapped",
	"DB.AllocSize":             "there is no file to grow",
	"DB.MaxSize":               "there is no file to grow",
	"Tx.Page":                  "there are no pages",
	"Bucket.Root":              "there are no pages",
	"Bucket.String":            "part of the embedded page header, as are the following",
	"Bucket.InBucket":          "part of the embedded page header",
	"Bucket.RootPage":          "there are no pages",
	"Bucket.SetRootPage":       "there are no pages",
	"Bucket.InSequence":        "an accident of embedding; Sequence is the same",
	"Bucket.SetInSequence":     "an accident of embedding; SetSequence is the same",
	"Bucket.IncSequence":       "an accident of embedding; NextSequence is the same",
	"Bucket.InlinePage":        "there are no pages",
	"WithPageId":               "there are no pages",
	"Stats.FreePageN":          "there are no pages",
	"Stats.PendingPageN":       "there are no pages",
	"Stats.FreeAlloc":          "there are no pages",
	"Stats.FreelistInuse":      "there is no freelist",
	"TxStats.PageCount":        "there are no pages",
	"TxStats.PageAlloc":        "there are no pages",
	"TxStats.NodeCount":        "there are no nodes",
	"TxStats.NodeDeref":        "there are no nodes",
	"TxStats.Rebalance":        "there are no nodes",
	"TxStats.RebalanceTime":    "there are no nodes",
	"TxStats.Split":            "there are no nodes",
	"TxStats.Spill":            "there are no nodes",
	"TxStats.SpillTime":        "there are no nodes",
	"TxStats.WriteTime":        "memkv reads no clock",
	"TxStats.GetPageCount":     "there are no pages",
	"TxStats.GetPageAlloc":     "there are no pages",
	"TxStats.GetNodeCount":     "there are no nodes",
	"TxStats.GetNodeDeref":     "there are no nodes",
	"TxStats.GetRebalance":     "there are no nodes",
	"TxStats.GetRebalanceTime": "there are no nodes",
	"TxStats.GetSplit":         "there are no nodes",
	"TxStats.GetSpill":         "there are no nodes",
	"TxStats.GetSpillTime":     "there are no nodes",
	"TxStats.GetWriteTime":     "memkv reads no clock",
	"TxStats.IncPageCount":     "only memkv counts",
	"TxStats.IncPageAlloc":     "only memkv counts",
	"TxStats.IncCursorCount":   "only memkv counts",
	"TxStats.IncNodeCount":     "only memkv counts",
	"TxStats.IncNodeDeref":     "only memkv counts",
	"TxStats.IncRebalance":     "only memkv counts",
	"TxStats.IncRebalanceTime": "only memkv counts",
	"TxStats.IncSplit":         "only memkv counts",
	"TxStats.IncSpill":         "only memkv counts",
	"TxStats.IncSpillTime":     "only memkv counts",
	"TxStats.IncWrite":         "only memkv counts",
	"TxStats.IncWriteTime":     "only memkv counts",
	"ErrDatabaseNotOpen":       "an old alias of an error in go.etcd.io/bbolt/errors, as are the following",
	"ErrInvalid":               "an old alias",
	"ErrInvalidMapping":        "an old alias",
	"ErrVersionMismatch":       "an old alias",
	"ErrChecksum":              "an old alias",
	"ErrTimeout":               "an old alias",
	"ErrTxNotWritable":         "an old alias",
	"ErrTxClosed":              "an old alias",
	"ErrDatabaseReadOnly":      "an old alias",
	"ErrFreePagesNotLoaded":    "an old alias",
	"ErrBucketNotFound":        "an old alias",
	"ErrBucketExists":          "an old alias",
	"ErrBucketNameRequired":    "an old alias",
	"ErrKeyRequired":           "an old alias",
	"ErrKeyTooLarge":           "an old alias",
	"ErrValueTooLarge":         "an old alias",
	"ErrIncompatibleValue":     "an old alias",
}

// added lists the exported identifiers of memkv that bbolt lacks, with their purpose.
var added = map[string]string{
	"Position":             "a point in the sequence of commits",
	"Change":               "an entry that a commit has changed",
	"Tx.Position":          "the changes since then can be listed",
	"Tx.Changes":           "lists the changes since a position",
	"Tx.CountChanges":      "counts them without a walk",
	"Tx.Owner":             "lets code that gets only a transaction find its own state",
	"New":                  "makes a database",
	"Option":               "belongs to New",
	"WithPath":             "belongs to New",
	"WithReadOnly":         "belongs to New",
	"WithStrictMode":       "belongs to New",
	"WithOnClose":          "belongs to New: package bbolt releases the path",
	"WithScheduler":        "belongs to New: parks waiting writers of a simulation",
	"DB.Fork":              "an independent database that shares unchanged data",
	"DB.Hash":              "compares states",
	"Tx.Fork":              "a fork of the state that a transaction sees",
	"Tx.Freeze":            "the root bucket as a value",
	"Tx.Hash":              "compares states",
	"Tx.Dump":              "text to read and compare",
	"Tx.BucketAt":          "a path in one call",
	"Tx.FrozenAt":          "a path in one call, without opening its buckets",
	"Tx.PutBucket":         "a whole bucket in one call",
	"Bucket.BucketAt":      "a path in one call",
	"Bucket.FrozenAt":      "a path in one call, without opening its buckets",
	"Bucket.PutBucket":     "a whole bucket in one call",
	"Bucket.Freeze":        "the bucket as a value",
	"Frozen":               "a bucket as a value",
	"Entry":                "belongs to Frozen",
	"Identity":             "belongs to Frozen",
	"Hash":                 "compares states",
	"Iterator":             "belongs to Frozen",
	"Builder":              "makes databases and buckets in one pass",
	"NewBuilder":           "makes databases and buckets in one pass",
	"NewPartBuilder":       "makes parts of buckets, in several goroutines",
	"Part":                 "belongs to NewPartBuilder",
	"DefaultMaxBatchSize":  "bbolt exports it from an internal package",
	"DefaultMaxBatchDelay": "bbolt exports it from an internal package",
}

// Every exported identifier of bbolt exists in memkv with the same type or is in omitted. Every other exported
// identifier of memkv is in added.
func TestAPI(t *testing.T) {
	imports := importer.ForCompiler(token.NewFileSet(), "source", nil)
	ours := exports(t, imports, "github.com/holdfast-gc/holdfast/memkv")
	theirs := exports(t, imports, "go.etcd.io/bbolt")
	for _, name := range slices.Sorted(maps.Keys(theirs)) {
		got, there := ours[name]
		typeName, _, _ := strings.Cut(name, ".")
		switch {
		case there && omitted[name] != "":
			t.Errorf("%s: in omitted, but there", name)
		case there && got != theirs[name]:
			t.Errorf("%s:\nmemkv %s\nbbolt %s", name, got, theirs[name])
		case !there && omitted[name] == "" && omitted[typeName] == "":
			t.Errorf("%s %s: missing and not in omitted", name, theirs[name])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(ours)) {
		typeName, _, _ := strings.Cut(name, ".")
		if _, there := theirs[name]; !there && added[name] == "" && added[typeName] == "" {
			t.Errorf("%s %s: neither in bbolt nor in added", name, ours[name])
		}
	}
	for name := range omitted {
		if theirs[name] == "" {
			t.Errorf("%s: in omitted but not in bbolt", name)
		}
	}
	for name := range added {
		if ours[name] == "" {
			t.Errorf("%s: in added but not in memkv", name)
		}
	}
}

// exports returns the types of a package's exported identifiers, with keys "Name", "Type.Field" and "Type.Method".
func exports(t *testing.T, imports types.Importer, path string) map[string]string {
	pkg, err := imports.Import(path)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	text := func(t types.Type) string {
		return types.TypeString(t, func(p *types.Package) string {
			if p == pkg {
				return ""
			}
			return p.Path()
		})
	}
	for _, name := range pkg.Scope().Names() {
		object := pkg.Scope().Lookup(name)
		if !object.Exported() {
			continue
		}
		named, isType := object.Type().(*types.Named)
		if _, isTypeName := object.(*types.TypeName); !isTypeName || !isType {
			all[name] = text(object.Type())
			if f, ok := object.Type().(*types.Signature); ok {
				all[name] = signature(f, text)
			}
			continue
		}
		all[name] = fmt.Sprintf("%T", object)
		set := types.NewMethodSet(types.NewPointer(named))
		for i := range set.Len() {
			if m := set.At(i).Obj(); m.Exported() {
				all[name+"."+m.Name()] = signature(m.Type().(*types.Signature), text)
			}
		}
		if s, ok := named.Underlying().(*types.Struct); ok {
			for i := range s.NumFields() {
				if f := s.Field(i); f.Exported() {
					all[name+"."+f.Name()] = text(f.Type())
				}
			}
		}
	}
	return all
}

// signature returns the type of a function without the names of its parameters.
func signature(s *types.Signature, text func(types.Type) string) string {
	list := func(tuple *types.Tuple) string {
		var all []string
		for v := range tuple.Variables() {
			all = append(all, text(v.Type()))
		}
		return strings.Join(all, ", ")
	}
	return fmt.Sprintf("func(%s) (%s) variadic %v", list(s.Params()), list(s.Results()), s.Variadic())
}
