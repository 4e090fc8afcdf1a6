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

// leftOut is what bbolt exports and memkv doesn't, each with the reason.
var leftOut = map[string]string{
	"Open":                     "there is no file; New makes an empty database, boltfile.Open reads one",
	"Options":                  "of Open",
	"DefaultOptions":           "of Open",
	"Compact":                  "there are no pages to be compacted",
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
	"Bucket.Root":              "the number of a page",
	"Bucket.String":            "comes with the page header, as do the next ones",
	"Bucket.InBucket":          "the page header",
	"Bucket.RootPage":          "the number of a page",
	"Bucket.SetRootPage":       "the number of a page",
	"Bucket.InSequence":        "an accident of embedding; Sequence is the same",
	"Bucket.SetInSequence":     "an accident of embedding; SetSequence is the same",
	"Bucket.IncSequence":       "an accident of embedding; NextSequence is the same",
	"Bucket.InlinePage":        "a page",
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
	"TxStats.IncPageCount":     "counting is memkv's own business",
	"TxStats.IncPageAlloc":     "counting is memkv's own business",
	"TxStats.IncCursorCount":   "counting is memkv's own business",
	"TxStats.IncNodeCount":     "counting is memkv's own business",
	"TxStats.IncNodeDeref":     "counting is memkv's own business",
	"TxStats.IncRebalance":     "counting is memkv's own business",
	"TxStats.IncRebalanceTime": "counting is memkv's own business",
	"TxStats.IncSplit":         "counting is memkv's own business",
	"TxStats.IncSpill":         "counting is memkv's own business",
	"TxStats.IncSpillTime":     "counting is memkv's own business",
	"TxStats.IncWrite":         "counting is memkv's own business",
	"TxStats.IncWriteTime":     "counting is memkv's own business",
	"ErrDatabaseNotOpen":       "an old alias; the errors are those of go.etcd.io/bbolt/errors, as are the next ones",
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

// added is what memkv exports beyond bbolt, each with what it is for.
var added = map[string]string{
	"Tx.Owner":             "tells whoever is handed a transaction alone of which database it is part",
	"New":                  "makes a database",
	"Option":               "of New",
	"WithPath":             "of New",
	"WithReadOnly":         "of New",
	"WithStrictMode":       "of New",
	"WithScheduler":        "of New: parks waiting writers of a simulation",
	"DB.Fork":              "independent databases that share what doesn't change",
	"DB.Hash":              "equality in one line",
	"Tx.Fork":              "the same from what a transaction sees",
	"Tx.Freeze":            "the root bucket as a value",
	"Tx.Hash":              "equality in one line",
	"Tx.Dump":              "text to read and compare",
	"Tx.BucketAt":          "a path in one call",
	"Tx.FrozenAt":          "a path looked up without opening what is on it",
	"Tx.PutBucket":         "a whole bucket in one call",
	"Bucket.BucketAt":      "a path in one call",
	"Bucket.FrozenAt":      "a path looked up without opening what is on it",
	"Bucket.PutBucket":     "a whole bucket in one call",
	"Bucket.Freeze":        "the bucket as a value",
	"Frozen":               "a bucket as a value",
	"Entry":                "of a Frozen",
	"Identity":             "of a Frozen",
	"Hash":                 "equality in one line",
	"Iterator":             "of a Frozen",
	"Builder":              "makes databases and buckets in one pass",
	"NewBuilder":           "makes databases and buckets in one pass",
	"DefaultMaxBatchSize":  "exported by an internal package of bbolt's",
	"DefaultMaxBatchDelay": "exported by an internal package of bbolt's",
}

// Everything that bbolt exports is there with the same type, or is in leftOut,
// and everything else is in added.
func TestAPI(t *testing.T) {
	imported := importer.ForCompiler(token.NewFileSet(), "source", nil)
	ours := exported(t, imported, "github.com/holdfast-gc/holdfast/memkv")
	theirs := exported(t, imported, "go.etcd.io/bbolt")
	for _, name := range slices.Sorted(maps.Keys(theirs)) {
		got, there := ours[name]
		typeName, _, _ := strings.Cut(name, ".")
		switch {
		case there && leftOut[name] != "":
			t.Errorf("%s: in leftOut, but there", name)
		case there && got != theirs[name]:
			t.Errorf("%s:\nmemkv %s\nbbolt %s", name, got, theirs[name])
		case !there && leftOut[name] == "" && leftOut[typeName] == "":
			t.Errorf("%s %s: missing, and not in leftOut", name, theirs[name])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(ours)) {
		typeName, _, _ := strings.Cut(name, ".")
		if _, there := theirs[name]; !there && added[name] == "" && added[typeName] == "" {
			t.Errorf("%s %s: neither bbolt's nor in added", name, ours[name])
		}
	}
	for name := range leftOut {
		if theirs[name] == "" {
			t.Errorf("%s: in leftOut, but not bbolt's", name)
		}
	}
	for name := range added {
		if ours[name] == "" {
			t.Errorf("%s: in added, but not there", name)
		}
	}
}

// exported returns the types of all that a package exports, as "Name", "Type.Field"
// or "Type.Method".
func exported(t *testing.T, imported types.Importer, path string) map[string]string {
	pkg, err := imported.Import(path)
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

// signature leaves out the names of parameters.
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
