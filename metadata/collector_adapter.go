package metadata

import "context"

// A ForeignCollector is a Collector with contexts of another type, for example containerd's own: an interface with the
// same methods under another name.
type ForeignCollector[C CollectionContext] interface {
	StartCollection(context.Context) (C, error)
	ReferenceLabel() string
}

// AdaptCollector returns a Collector that calls c. Go tells interfaces of different packages apart in results of
// methods, so a Collector written for containerd does not satisfy [Collector] as it is:
//
//	mounts, err := manager.NewManager(file, dir) // containerd's core/mount/manager
//	…
//	db.RegisterCollectibleResource(metadata.ResourceMount,
//		metadata.AdaptCollector(mounts.(containerd.Collector))) // containerd's core/metadata
//
// The optional methods of its contexts, as in [BackReferrer] and [ForwardReferrer], are called too.
func AdaptCollector[C CollectionContext](c ForeignCollector[C]) Collector { return adapted[C]{c} }

type adapted[C CollectionContext] struct{ foreign ForeignCollector[C] }

func (a adapted[C]) ReferenceLabel() string { return a.foreign.ReferenceLabel() }

// StartCollection returns the foreign context itself, so that type assertions find its optional methods.
func (a adapted[C]) StartCollection(ctx context.Context) (CollectionContext, error) {
	c, err := a.foreign.StartCollection(ctx)
	if err != nil {
		return nil, err
	}
	return c, nil
}
