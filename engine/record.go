package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/containerd/containerd/v2/pkg/epoch"

	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/boltutil"
	"github.com/holdfast-gc/holdfast/metadata/leases"
	"github.com/holdfast-gc/holdfast/metadata/namespaces"
)

// A Recorder records calls to a node as Ops. A replay on an equal node leaves the same state, so the calls of a test
// can be inspected, shortened and kept.
//
// Its stores implement containerd's interfaces. [Recorder.Apply] does the rest. A Recorder does not record calls to the
// node itself, calls to buckets of a transaction, and the end of a context during a call.
//
// Calls run one at a time, in the recorded order, from any goroutine. A writing call fails with FailedPrecondition
// while another goroutine has a transaction open, as an Op does.
type Recorder struct {
	e *Engine

	mu    sync.Mutex
	trace bytes.Buffer
	w     *TraceWriter
	names map[string]int // number of used names of each kind

	open sync.Mutex // guards the fields below
	txs  map[*memkv.Tx]string
}

// Record returns a recorder for a new node, before any call. It fails if a trace cannot express the node's schedule.
func Record(e *Engine) (*Recorder, error) {
	switch o := e.options; {
	case o.unwritten:
		return nil, errors.New("record: the node has a schedule that can't be written down; see WithSettings")
	case o.opened:
		return nil, errors.New("record: the node was opened from a database, which can't be written down")
	case o.scheduler != nil:
		return nil, errors.New("record: under a scheduler calls overlap, which can't be written down")
	}
	r := &Recorder{e: e, names: map[string]int{}, txs: map[*memkv.Tx]string{}}
	w, err := NewTraceWriter(&r.trace, e.options.Setup)
	r.w = w
	return r, err
}

// WriteTo writes the trace of all calls so far.
func (r *Recorder) WriteTo(w io.Writer) (int64, error) {
	r.mu.Lock()
	trace := bytes.Clone(r.trace.Bytes())
	r.mu.Unlock()
	n, err := w.Write(trace)
	return int64(n), err
}

// Apply applies and records an Op. Names in it should not end in a number, because the recorder uses such names.
func (r *Recorder) Apply(ctx context.Context, o Op) Result {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.w.Write(o); err != nil {
		return op.NewResult(nil, fmt.Errorf("record: %w: %w", err, errInvalid))
	}
	return r.e.Apply(ctx, o)
}

// Update calls fn with a writing transaction, and commits it if fn returns nil. A call joins the transaction if its
// context has it: see [metadata.WithTransactionContext].
func (r *Recorder) Update(fn func(*memkv.Tx) error) error { return r.transact(true, fn) }

// View calls fn with a read-only transaction.
func (r *Recorder) View(fn func(*memkv.Tx) error) error { return r.transact(false, fn) }

func (r *Recorder) transact(writable bool, fn func(*memkv.Tx) error) (err error) {
	ctx, name := context.Background(), r.name("tx")
	if err := r.Apply(ctx, Op{Name: op.TxBegin, Args: op.TxBeginArgs{Name: name, Writable: writable}}).Err(); err != nil {
		return err
	}
	t, err := r.e.current().open.transactions.Get("transaction", name)
	if err != nil {
		return err
	}
	r.open.Lock()
	r.txs[t.tx] = name
	r.open.Unlock()
	end := op.TxRollback
	defer func() {
		r.open.Lock()
		delete(r.txs, t.tx)
		r.open.Unlock()
		if ended := r.Apply(ctx, Op{Name: end, Args: op.Named{Name: name}}).Err(); err == nil {
			err = ended
		}
	}()
	if err = fn(t.tx); err == nil && writable {
		end = op.TxCommit
	}
	return err
}

// name returns an unused name.
func (r *Recorder) name(kind string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.names[kind]++
	return fmt.Sprint(kind, r.names[kind])
}

// ask makes a call with the settings of its context, and returns its result.
func ask[T any](ctx context.Context, r *Recorder, name op.Name, args any) (T, error) {
	header, err := r.header(ctx)
	if err != nil {
		return *new(T), err
	}
	result := r.Apply(ctx, Op{Name: name, Header: header, Args: args})
	value, _ := result.Value.(T)
	return value, result.Err()
}

// tell is ask for a call without a result.
func tell(ctx context.Context, r *Recorder, name op.Name, args any) error {
	_, err := ask[any](ctx, r, name, args)
	return err
}

func (r *Recorder) header(ctx context.Context) (h Header, err error) {
	h.NS, _ = namespaces.Namespace(ctx)
	if lease, ok := leases.FromContext(ctx); ok {
		h.Lease = &lease
	}
	h.Epoch = epoch.FromContext(ctx)
	h.Canceled = ctx.Err() != nil
	if at, ok := ctx.Deadline(); ok && isVirtual(ctx) {
		h.Timeout = max(at.Sub(r.e.clock.Now()), 0)
	}
	if tx, ok := boltutil.Transaction(ctx); ok {
		r.open.Lock()
		h.Tx = r.txs[tx]
		r.open.Unlock()
		if h.Tx == "" {
			return h, errors.New("record: the context's transaction is none of the recorder's, or has ended")
		}
	}
	return h, nil
}
