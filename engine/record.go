package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/containerd/containerd/v2/pkg/epoch"
	"github.com/containerd/errdefs"

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
// node itself and calls to buckets of a transaction. The end of a context during a call has no effect.
//
// Calls run one at a time, in the recorded order, from any goroutine. During [Recorder.Update], other writing calls
// wait. A call that would wait for a later call, for example because of a fault that hangs, fails as an Op does.
type Recorder struct {
	e      *Engine
	buffer *bytes.Buffer // the trace; nil if it goes to a writer of the caller

	writing sync.Mutex // held during Update and by writing calls outside of it; locked before the others

	mu    *recording
	w     *TraceWriter // nil after Stop
	calls int

	open sync.Mutex // guards the field below
	txs  map[*memkv.Tx]string
}

// recording is the common part of all recorders of a node.
type recording struct {
	sync.Mutex                // held during a recorded call
	names      map[string]int // number of used names of each kind
}

// Record returns a recorder for a new node, before any call. The recorder keeps the trace in memory. The error is that
// of [RecordTo].
func Record(e *Engine) (*Recorder, error) {
	var trace bytes.Buffer
	r, err := RecordTo(e, &trace)
	if err == nil {
		r.buffer = &trace
	}
	return r, err
}

// RecordTo returns a recorder for a new node that writes each line of the trace to w, before the call. A call that
// cannot be written fails with InvalidArgument, and the node does not get it.
//
// RecordTo fails if the node has been used, or if a trace cannot express its options. If the node is down, it may be
// older than a new one, but must not differ from it after a restart at the same time.
//
// RecordTo calls [Engine.Apply] on a fork. The caller must not call it beside an Apply.
func RecordTo(e *Engine, w io.Writer) (*Recorder, error) {
	switch o := e.options; {
	case o.unwritten:
		return nil, errors.New("record: the node has a schedule that can't be written down; see WithSettings")
	case o.opened:
		return nil, errors.New("record: the node was opened from a database, which can't be written down")
	case o.scheduler != nil:
		return nil, errors.New("record: under a scheduler calls overlap, which can't be written down")
	}
	begin, err := e.beginning()
	if err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	r := &Recorder{e: e, mu: &e.recording, txs: map[*memkv.Tx]string{}}
	if r.w, err = NewTraceWriter(w, e.options.Setup); err != nil {
		return nil, err
	}
	for _, o := range begin {
		if err := r.w.Write(o); err != nil {
			return nil, err
		}
	}
	return r, nil
}

var errUsed = fmt.Errorf("the node has been used, but a trace begins with a new node: %w", errdefs.ErrFailedPrecondition)

// beginning returns the Ops that give a new node the state of e. It fails if it knows none.
func (e *Engine) beginning() ([]Op, error) {
	e.mu.Lock()
	used := len(e.faults)+len(e.collectors)+len(e.forks) > 0 // a hash does not show these
	e.mu.Unlock()
	if used {
		return nil, errUsed
	}
	opts, err := e.options.Setup.Options()
	if err != nil {
		return nil, err
	}
	fresh, err := New(opts...)
	if err != nil {
		return nil, err
	}
	defer fresh.Close()
	var begin []Op
	same := e
	if e.Down() {
		begin = []Op{{Name: op.NodeKill}, {Name: op.ClockSet, Args: op.ClockSetArgs{To: e.clock.Now()}}}
		same = e.Fork()
		defer same.Close()
		for _, o := range append(begin, Op{Name: op.NodeRestart}) {
			for _, n := range []*Engine{fresh, same} {
				if err := n.Apply(context.Background(), o).Err(); err != nil {
					return nil, err
				}
			}
		}
	}
	if fresh.Hash() != same.Hash() {
		return nil, errUsed
	}
	return begin, nil
}

// WriteTo writes the trace of all calls so far. It writes nothing for a recorder of [RecordTo].
func (r *Recorder) WriteTo(w io.Writer) (int64, error) {
	var trace []byte
	r.mu.Lock()
	if r.buffer != nil {
		trace = bytes.Clone(r.buffer.Bytes())
	}
	r.mu.Unlock()
	n, err := w.Write(trace)
	return int64(n), err
}

// Stop ends the trace, and returns the number of calls in it. Further calls reach the node, but are not recorded.
func (r *Recorder) Stop() (calls int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.w = nil
	return r.calls
}

// Apply applies and records an Op. Names in it should not end in a number, because the recorder uses such names.
func (r *Recorder) Apply(ctx context.Context, o Op) Result {
	if row, ok := op.RowOf(o.Name); ok && row.Access != op.Read && o.Tx == "" {
		r.writing.Lock()
		defer r.writing.Unlock()
	}
	return r.apply(ctx, o)
}

func (r *Recorder) apply(ctx context.Context, o Op) Result {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.w != nil {
		if err := r.w.Write(o); err != nil {
			return op.NewResult(nil, fmt.Errorf("record: %w: %w", err, errInvalid))
		}
		r.calls++
	}
	return r.e.Apply(ctx, o)
}

// Update calls fn with a writing transaction, and commits it if fn returns nil. A call joins the transaction if its
// context has it: see [metadata.WithTransactionContext]. Other writing calls wait for the end of the transaction, so
// fn must not make one.
func (r *Recorder) Update(fn func(*memkv.Tx) error) error {
	r.writing.Lock()
	defer r.writing.Unlock()
	return r.transact(true, fn)
}

// View calls fn with a read-only transaction.
func (r *Recorder) View(fn func(*memkv.Tx) error) error { return r.transact(false, fn) }

func (r *Recorder) transact(writable bool, fn func(*memkv.Tx) error) (err error) {
	ctx, name := context.Background(), r.name("tx")
	if err := r.apply(ctx, Op{Name: op.TxBegin, Args: op.TxBeginArgs{Name: name, Writable: writable}}).Err(); err != nil {
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
		if ended := r.apply(ctx, Op{Name: end, Args: op.Named{Name: name}}).Err(); err == nil {
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
	if r.mu.names == nil {
		r.mu.names = map[string]int{}
	}
	r.mu.names[kind]++
	return fmt.Sprint(kind, r.mu.names[kind])
}

// ask makes a call with the settings of its context, and returns its result.
func ask[T any](ctx context.Context, r *Recorder, name op.Name, args any) (T, error) {
	header, err := r.header(ctx)
	if err != nil {
		return *new(T), err
	}
	result := r.Apply(context.WithoutCancel(ctx), Op{Name: name, Header: header, Args: args})
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
