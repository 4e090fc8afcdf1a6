package host

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/holdfast-gc/holdfast/metadata/examine"
	"github.com/holdfast-gc/holdfast/wasm/internal/abi"
)

// A Subject is a node or a file in the module: the receiver of queries. It is safe for concurrent use.
type Subject struct {
	host   *Host
	handle uint32
}

// A Queried is a [Node] or a [File].
type Queried interface{ subject() *Subject }

func (s *Subject) subject() *Subject { return s }

// Plan returns the objects that a collection would remove. It assumes that the given objects are deleted
// (hypothetical): nodes, holders, namespaces and patterns, as in [examine.Database.Plan].
func (s *Subject) Plan(ctx context.Context, deleted ...string) (*examine.Plan, error) {
	return s.PlanWith(ctx, examine.PlanOptions{Delete: deleted})
}

// PlanWith is [Subject.Plan] with options. For a [File], the comparison with other versions of containerd takes longer
// than the plan: see [examine.PlanOptions].
func (s *Subject) PlanWith(ctx context.Context, o examine.PlanOptions) (*examine.Plan, error) {
	args := abi.Plan{Deleted: o.Delete, Others: !o.WithoutOthers}
	if !o.Until.IsZero() {
		args.Until = &o.Until
	}
	return query[examine.Plan](ctx, s, abi.VerbPlan, args)
}

// Account attributes all bytes to holders.
func (s *Subject) Account(ctx context.Context, o examine.AccountOptions) (*examine.Accounting, error) {
	args := abi.Account{ByName: o.ByName, Limit: o.Limit, HoldersPerSet: o.HoldersPerSet}
	return query[examine.Accounting](ctx, s, abi.VerbAccount, args)
}

// Why explains why a node of the graph is kept or removed, with at most limit chains. A limit of 0 is the default.
func (s *Subject) Why(ctx context.Context, node string, limit int) (*examine.Why, error) {
	return query[examine.Why](ctx, s, abi.VerbWhy, abi.Why{Node: node, Limit: limit})
}

// Top returns the roots with the largest retained sizes, at most limit. A limit of 0 is the default.
func (s *Subject) Top(ctx context.Context, limit int) (*examine.Top, error) {
	return query[examine.Top](ctx, s, abi.VerbTop, abi.Top{Limit: limit})
}

// Fsck checks the database. [Host.Check] also checks the pages of its file.
func (s *Subject) Fsck(ctx context.Context) (*examine.Fsck, error) {
	return query[examine.Fsck](ctx, s, abi.VerbFsck, abi.None{})
}

// Inspect decodes the buckets and values at and below a path.
func (s *Subject) Inspect(ctx context.Context, path string) (*examine.Tree, error) {
	return query[examine.Tree](ctx, s, abi.VerbInspect, abi.Inspect{Path: path})
}

// Objects returns all objects with their own sizes in bytes. The sizes of snapshots are known only for a [File] that
// was read from an archive; otherwise they are 0.
func (s *Subject) Objects(ctx context.Context) ([]examine.Object, error) {
	list, err := query[[]examine.Object](ctx, s, abi.VerbObjects, abi.None{})
	if err != nil {
		return nil, err
	}
	return *list, nil
}

// Diff returns the changes from s to newer, which must be of the same Host.
func (s *Subject) Diff(ctx context.Context, newer Queried) (*examine.Diff, error) {
	with := newer.subject()
	if with.host != s.host {
		return nil, errors.New("host: diff: the nodes are in different instances")
	}
	return query[examine.Diff](ctx, s, abi.VerbDiff, abi.Diff{With: with.handle})
}

// Close releases the memory. Later calls fail with an error of class NotFound.
func (s *Subject) Close(ctx context.Context) error {
	_, err := s.host.request(ctx, abi.Request{Verb: abi.VerbClose, Node: s.handle}, nil, nil)
	return err
}

// query sends a request about the subject and returns the value of the response.
func query[Value any](ctx context.Context, s *Subject, verb abi.Verb, args any) (*Value, error) {
	value := new(Value)
	if _, err := s.host.requestArgs(ctx, abi.Request{Verb: verb, Node: s.handle}, args, value); err != nil {
		return nil, err
	}
	return value, nil
}

// A File is an immutable database in the module, examined for one version of containerd at one time, as the command
// does it.
type File struct{ Subject }

// Read returns a File from the bytes of a meta.db or of an archive of a node, gzip'd or not. Only At and Containerd of
// the options apply; At is required. Read does not retain file.
func (h *Host) Read(ctx context.Context, file []byte, o examine.Options) (*File, error) {
	return h.openFile(ctx, abi.Request{Verb: abi.VerbRead}, unzip(file), examination(o))
}

// ReadSalvaged is [Host.Read] for a damaged database: it reads as much as possible. Answers note the lost parts, and a
// figure that a lost record could change is -1. Plan fails with class errdefs.ErrDataLoss if nothing is left of which
// the module can say whether it is garbage.
func (h *Host) ReadSalvaged(ctx context.Context, file []byte, o examine.Options) (*File, error) {
	return h.openFile(ctx, abi.Request{Verb: abi.VerbRead}, unzip(file), abi.Read{Examination: examination(o), Salvage: true})
}

// View returns the same file for another time or version of containerd. The two share the memory of the database.
func (f *File) View(ctx context.Context, o examine.Options) (*File, error) {
	return f.host.openFile(ctx, abi.Request{Verb: abi.VerbView, Node: f.handle}, nil, examination(o))
}

// GC collects garbage in a copy of the file. It returns the removed objects, and the remaining database as a file that
// containerd can open.
func (f *File) GC(ctx context.Context) (*examine.Plan, []byte, error) {
	plan := new(examine.Plan)
	left, err := f.host.request(ctx, abi.Request{Verb: abi.VerbGC, Node: f.handle}, nil, plan)
	if err != nil {
		return nil, nil, err
	}
	return plan, left, nil
}

func (h *Host) openFile(ctx context.Context, r abi.Request, body []byte, args any) (*File, error) {
	var err error
	if r.Args, err = json.Marshal(args); err != nil {
		return nil, fmt.Errorf("host: %s: %w", r.Verb, err)
	}
	var opened abi.Handle
	if _, err := h.request(ctx, r, body, &opened); err != nil {
		return nil, err
	}
	return &File{Subject{h, opened.Node}}, nil
}

func examination(o examine.Options) abi.Examination {
	args := abi.Examination{At: &o.At}
	if o.Containerd != 0 {
		args.Containerd = o.Containerd.String()
	}
	return args
}

// Salvage reads a damaged database, or the one of an archive, as far as possible. It returns what is lost, and a sound
// database as a file that containerd can open.
func (h *Host) Salvage(ctx context.Context, file []byte) (*examine.Salvaged, []byte, error) {
	salvaged := new(examine.Salvaged)
	sound, err := h.request(ctx, abi.Request{Verb: abi.VerbSalvage}, file, salvaged)
	if err != nil {
		return nil, nil, err
	}
	return salvaged, sound, nil
}
