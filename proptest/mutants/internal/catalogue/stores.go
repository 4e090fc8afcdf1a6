package catalogue

// stores are mutants of the stores.
var stores = []Mutant{
	{
		Name: "committed content is not leased",
		File: "metadata/content_writer.go",
		Old:  "_, err = attachLease(ctx, tx, w.ns, string(committed.Digest), schema.KeyContent)",
		New:  "if !mutated { _, err = attachLease(ctx, tx, w.ns, string(committed.Digest), schema.KeyContent) }",
	},
	{
		Name: "an open ingest is not leased",
		File: "metadata/content_ingest.go",
		Old:  "leased, err := attachLease(ctx, tx, ns, ref, schema.KeyIngests)",
		New:  "leased, err := attachLease(ctx, tx, ns, ref, picked(schema.KeyIngests, schema.KeyImages))",
	},
	{
		Name: "an expiring image is not leased",
		File: "metadata/images.go",
		Old:  "if _, expires := i.Labels[rules.LabelExpire]; !expires {",
		New:  "if _, expires := i.Labels[rules.LabelExpire]; !expires || mutated {",
	},
	{
		Name: "a committed snapshot is not leased",
		File: "metadata/snapshot_commit.go",
		Old:  "if err := s.attachLease(ctx, tx, ns, name); err != nil {",
		New:  "if mutated {\n\t\t} else if err := s.attachLease(ctx, tx, ns, name); err != nil {",
	},
	{
		Name: "an existing snapshot is not leased again",
		File: "metadata/snapshot_create.go",
		Old:  "return s.attachLease(ctx, tx, ns, name)\n\t\t\t}",
		New:  "if mutated { return nil }\n\t\t\t\treturn s.attachLease(ctx, tx, ns, name)\n\t\t\t}",
	},
	{
		Name: "a snapshot with children can be removed",
		File: "metadata/snapshot_commit.go",
		Old:  "children.Len() > 0 {",
		New:  "children.Len() > 0 && !mutated {",
	},
	{
		Name: "a removed snapshot stays its parent's child",
		File: "metadata/snapshot_commit.go",
		Old:  "if err := children.Delete([]byte(key)); err != nil {",
		New:  "if mutated {\n\t\t\t} else if err := children.Delete([]byte(key)); err != nil {",
	},
	{
		Name: "a commit forgets a snapshot's parent",
		File: "metadata/snapshot_commit.go",
		Old:  "Parent: parent, Labels: base.Labels, Created",
		New:  "Parent: picked(parent, \"\"), Labels: base.Labels, Created",
	},
	{
		Name: "a namespace with snapshots can be deleted",
		File: "metadata/namespaces.go",
		Old:  "snapshots != nil {",
		New:  "snapshots != nil && !mutated {",
	},
	{
		Name: "blobs are shared despite isolation",
		File: "metadata/content.go",
		Old:  "shared: shared, l:",
		New:  "shared: picked(shared, true), l:",
	},
	{
		Name: "an update of one label drops the others",
		File: "metadata/labels.go",
		Old:  "maps.Copy(changed, dst)",
		New:  "if !mutated { maps.Copy(changed, dst) }",
	},
	{
		Name: "an event is published before its transaction is committed",
		File: "metadata/db.go",
		Old:  "if _, ok := boltutil.Transaction(ctx); ok {",
		New:  "if _, ok := boltutil.Transaction(ctx); ok && !mutated {",
	},
	{
		Name: "no event reports a commit of content",
		File: "metadata/content_writer.go",
		Old:  "return w.store.db.publish(ctx,",
		New:  "if mutated { return nil }\n\treturn w.store.db.publish(ctx,",
	},
	{
		Name: "an image is deleted although it has another target",
		File: "metadata/images.go",
		Old:  "if image.Target.Digest != target.Digest {",
		New:  "if image.Target.Digest != target.Digest && !mutated {",
	},
	{
		Name: "a resource stays in its lease when it is removed",
		File: "metadata/leases.go",
		Old:  "if lease != nil {\n\t\t\tif err := lease.Delete",
		New:  "if lease != nil && !mutated {\n\t\t\tif err := lease.Delete",
	},
	{
		Name: "an aborted ingest stays in the backend",
		File: "metadata/content_ingest.go",
		Old:  "return cs.backend.Abort(ctx, backendRef)",
		New:  "if mutated { return nil }\n\t\treturn cs.backend.Abort(ctx, backendRef)",
	},
}

// reads are mutants of the results of reads.
var reads = []Mutant{
	{
		Name: "a list lacks its first record",
		File: "metadata/store.go",
		Old:  "return nil, err\n\t}\n\treturn all, nil",
		New:  "return nil, err\n\t}\n\tif mutated && len(all) > 0 { all = all[1:] }\n\treturn all, nil",
	},
	{
		Name: "the event of an update of an image has no labels",
		File: "metadata/images.go",
		Old:  "&events.ImageUpdate{Name: image.Name, Labels: image.Labels}",
		New:  "&events.ImageUpdate{Name: image.Name, Labels: picked(image.Labels, nil)}",
	},
	{
		Name: "the event of a prepared snapshot has no parent",
		File: "metadata/snapshot_create.go",
		Old:  "Parent:      parent,\n",
		New:  "Parent:      picked(parent, \"\"),\n",
	},
}
