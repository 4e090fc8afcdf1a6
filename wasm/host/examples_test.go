package host_test

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata/examine"
	"github.com/holdfast-gc/holdfast/sim"
	"github.com/holdfast-gc/holdfast/sim/study/compare"
	"github.com/holdfast-gc/holdfast/wasm/host"
)

// must returns a value, or ends the program of an example.
func must[Value any](value Value, err error) Value {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

// exampleNode opens an empty node for an example. The caller closes the Host.
func exampleNode(ctx context.Context) (*host.Host, *host.Node) {
	h := must(host.New(ctx, module, host.WithCache(cache)))
	return h, must(h.NewNode(ctx, engine.Setup{}))
}

// lease creates a lease.
func lease(id string) engine.Op {
	return engine.Op{Name: op.LeasesCreate, Header: engine.Header{NS: "default"}, Args: op.LeasesCreateArgs{ID: id}}
}

func ExampleHost_NewNode() {
	ctx := context.Background()
	h := must(host.New(ctx, module, host.WithCache(cache)))
	defer h.Close(ctx)
	node := must(h.NewNode(ctx, engine.Setup{Rules: "2.1"}))
	fmt.Println(len(must(node.Objects(ctx))), "objects")
	// Output: 0 objects
}

func ExampleHost_Open() {
	ctx := context.Background()
	h := must(host.New(ctx, module, host.WithCache(cache)))
	defer h.Close(ctx)
	db := must(os.ReadFile("../../metadata/testdata/fixtures/c242-tiny/before.db.gz"))
	node := must(h.Open(ctx, db, engine.Setup{}))
	fmt.Println(len(must(node.Objects(ctx))), "objects")
	// Output: 21 objects
}

func ExampleHost_ReadSalvaged() {
	ctx := context.Background()
	h := must(host.New(ctx, module, host.WithCache(cache)))
	defer h.Close(ctx)
	db := must(os.ReadFile("../../metadata/testdata/cases/salvage-one-leaf/meta.db.gz"))
	_, err := h.Read(ctx, db, examinedAt)
	fmt.Println("damaged:", err != nil)

	file := must(h.ReadSalvaged(ctx, db, examinedAt))
	accounting := must(file.Account(ctx, examine.AccountOptions{}))
	fmt.Println("lost in namespace", accounting.Withheld[0].Namespace)
	fmt.Println("a collection frees", accounting.Garbage.Bytes, "bytes elsewhere")
	// Output:
	// damaged: true
	// lost in namespace default
	// a collection frees 21 bytes elsewhere
}

func ExampleNode_Apply() {
	ctx := context.Background()
	h, node := exampleNode(ctx)
	defer h.Close(ctx)
	fmt.Println(must(node.Apply(ctx, lease("a"))).Code)
	fmt.Println(must(node.Apply(ctx, lease("a"))).Code)
	// Output:
	// ok
	// already_exists
}

func ExampleNode_ApplyAll() {
	ctx := context.Background()
	h, node := exampleNode(ctx)
	defer h.Close(ctx)
	for _, result := range must(node.ApplyAll(ctx, []engine.Op{lease("a"), lease("a"), lease("b")})) {
		fmt.Println(result.Code)
	}
	// Output:
	// ok
	// already_exists
	// ok
}

func ExampleNode_Collect() {
	ctx := context.Background()
	h := must(host.New(ctx, module, host.WithCache(cache)))
	defer h.Close(ctx)
	db := must(os.ReadFile("../../metadata/testdata/fixtures/c242-tiny/before.db.gz"))
	node := must(h.Open(ctx, db, engine.Setup{}))
	collection := must(node.Collect(ctx))
	fmt.Println("removed", len(collection.Removed), "objects")
	// Output: removed 11 objects
}

func ExampleNode_Fork() {
	ctx := context.Background()
	h, node := exampleNode(ctx)
	defer h.Close(ctx)
	fork := must(node.Fork(ctx))
	must(fork.Apply(ctx, lease("a")))
	fmt.Println(len(must(node.Objects(ctx))), "and", len(must(fork.Objects(ctx))), "objects")
	// Output: 0 and 1 objects
}

func ExampleNode_Hash() {
	ctx := context.Background()
	h, node := exampleNode(ctx)
	defer h.Close(ctx)
	same := must(must(node.Fork(ctx)).Hash(ctx)) == must(node.Hash(ctx))
	fmt.Println("a fork has the same hash:", same)
	// Output: a fork has the same hash: true
}

func ExampleNode_Dump() {
	ctx := context.Background()
	h, node := exampleNode(ctx)
	defer h.Close(ctx)
	must(node.Apply(ctx, lease("a-lease")))
	var text strings.Builder
	if err := node.Dump(ctx, &text); err != nil {
		log.Fatal(err)
	}
	fmt.Println("names the lease:", strings.Contains(text.String(), "a-lease"))
	// Output: names the lease: true
}

func ExampleNode_Save() {
	ctx := context.Background()
	h, node := exampleNode(ctx)
	defer h.Close(ctx)
	must(node.Apply(ctx, lease("a")))
	var file bytes.Buffer
	if err := node.Save(ctx, &file); err != nil {
		log.Fatal(err)
	}
	objects := must(examine.Objects(must(boltfile.Read(&file))))
	fmt.Println(objects[0].Node)
	// Output: lease/default/a
}

func ExampleHost_Compare() {
	ctx := context.Background()
	h := must(host.New(ctx, module, host.WithCache(cache)))
	defer h.Close(ctx)
	study := compare.Study{Profile: "edge", Days: 1, Seeds: 1, Policies: []compare.Combination{{}}}
	days := 0
	result := must(h.Compare(ctx, study, func(p compare.Progress) { days = p.Done }))
	fmt.Println(result.Policies[0].Name, days > 0)
	// Output: none true
}

func ExampleHost_Simulate() {
	ctx := context.Background()
	h := must(host.New(ctx, module, host.WithCache(cache)))
	defer h.Close(ctx)
	outcome := must(h.Simulate(ctx, sim.Config{Seed: 7, Ops: 200}, nil))
	fmt.Println("failure:", outcome.Failure != nil)
	// Output: failure: false
}

func ExampleSubject_Plan() {
	ctx := context.Background()
	h, file := exampleFile(ctx)
	defer h.Close(ctx)
	plan := must(file.Plan(ctx, "image/default/example.local/scratch:latest"))
	fmt.Println("the deletion frees", plan.Difference.Freed.Bytes, "bytes")
	// Output: the deletion frees 803 bytes
}

func ExampleSubject_Top() {
	ctx := context.Background()
	h, file := exampleFile(ctx)
	defer h.Close(ctx)
	top := must(file.Top(ctx, 1))
	fmt.Printf("%s, the first of %d roots\n", top.Roots[0].Node, top.RootCount)
	// Output: image/default/example.local/scratch:latest, the first of 3 roots
}

func ExampleSubject_Fsck() {
	ctx := context.Background()
	h, file := exampleFile(ctx)
	defer h.Close(ctx)
	fmt.Println("errors:", must(file.Fsck(ctx)).Counts[examine.Error])
	// Output: errors: 0
}

func ExampleSubject_Inspect() {
	ctx := context.Background()
	h, file := exampleFile(ctx)
	defer h.Close(ctx)
	tree := must(file.Inspect(ctx, "v1/version"))
	fmt.Println(tree.Items[0].Value.Text)
	// Output: 4
}

func ExampleSubject_Diff() {
	ctx := context.Background()
	h, node := exampleNode(ctx)
	defer h.Close(ctx)
	before := must(node.Fork(ctx))
	must(node.Apply(ctx, lease("a")))
	fmt.Println("added:", must(before.Diff(ctx, node)).Added)
	// Output: added: [lease/default/a]
}

func ExampleSubject_Close() {
	ctx := context.Background()
	h, file := exampleFile(ctx)
	defer h.Close(ctx)
	if err := file.Close(ctx); err != nil {
		log.Fatal(err)
	}
	_, err := file.Objects(ctx)
	fmt.Println("closed:", err != nil)
	// Output: closed: true
}
