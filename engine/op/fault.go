package op

import "time"

// A Fault is an injected fault: it makes some of the daemon's calls to its environment slow, hang or fail, or kills the
// daemon during one. The fields On, Call and Key select calls. A zero field matches every call:
//
//	on                target                  calls                         key
//	content           the content backend     info walk delete status       digest, or the
//	                                          list abort writer reader      backend's reference
//	                                          write truncate commit
//	snapshots/NAME    a snapshotter backend   stat update usage mounts      the backend's key,
//	                                          prepare view commit remove    or its end, after
//	                                          walk                          a "/"
//	kv                the database            view update commit
//	collectors/TYPE   the Collector of a      start cancel finish remove    the resource's key
//	                  numeric resource type
//
// On kv, "update" is the moment before a transaction begins, and "commit" the moment after its function has returned. A
// fault at "commit" rolls the transaction back. With After set the transaction is committed and the caller still gets
// an error.
//
// A delay or a hang ends with the context of the call, for example at the timeout of an Op. The call then fails with
// the error of the context. A transaction of Ops has the context of the Op that begins it and, at "commit", of the Op
// that ends it. The calls remove, cancel and finish of a Collector have no context.
type Fault struct {
	On   string
	Call string
	Key  string

	Nth   uint64 // the first matching call that the fault hits; 0 and 1 are the next one
	Times uint64 // how many matching calls it hits from there on; 0 is all of them
	OneIn uint64 // it hits one in so many of these, at random; 0 and 1 are all of them

	After bool // the call takes effect before the fault

	// The effects of the fault, in this order.

	Delay time.Duration // the call takes this much virtual time, unless its context ends before
	Hang  bool          // the call blocks until its context ends
	Kill  bool          // the daemon dies
	Error Code          // the call fails with an error of this class; "" for none
}

// A Script is the fixed answer of a scripted Collector: the resources that exist, and their references. A resource that
// a collection removes disappears from the script when the collection ends.
type Script struct {
	Label     string             // NAME in containerd.io/gc.ref.NAME, by which records refer to a resource
	Resources []ScriptedResource `json:"things"`
}

// A ScriptedResource is a resource of a Script. Its namespace and key identify it.
type ScriptedResource struct {
	Namespace string
	Key       string
	Active    bool     // it is a root
	Leases    []string // leases of its namespace that hold it
	BackRefs  []string // names of nodes that keep it alive, as metadata.NodeName formats them
	Refs      []string // names of nodes that it keeps alive
}
