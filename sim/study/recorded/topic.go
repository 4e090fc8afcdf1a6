package recorded

// A topic describes the content of one kind of events.
type topic struct {
	body  func() any
	check func(any) error
}

// topics lists the topics of stored objects and of tasks.
var topics = map[string]topic{
	"/namespaces/create": namespaceTopic,
	"/namespaces/update": namespaceTopic,
	"/namespaces/delete": namespaceTopic,
	"/images/create":     imageTopic,
	"/images/update":     imageTopic,
	"/images/delete":     imageTopic,
	"/content/create":    blobTopic,
	"/content/delete":    blobTopic,
	"/snapshot/prepare":  snapshotTopic(false),
	"/snapshot/commit":   snapshotTopic(true),
	"/snapshot/remove":   snapshotTopic(false),
	"/containers/create": containerTopic,
	"/containers/update": containerTopic,
	"/containers/delete": containerTopic,
	"/tasks/create":      taskTopic,
	"/tasks/start":       taskTopic,
	"/tasks/exit":        taskTopic,
	"/tasks/delete":      taskTopic,
}

var (
	namespaceTopic = topicOf(func(n *Namespace) error { return need("name", n.Name) })
	imageTopic     = topicOf(func(i *Image) error { return need("name", i.Name) })
	containerTopic = topicOf(func(c *Container) error { return need("id", c.ID) })
	taskTopic      = topicOf(func(t *Task) error { return need("container_id", t.ContainerID) })
	blobTopic      = topicOf(func(b *Blob) error {
		if err := b.Digest.Validate(); err != nil {
			return invalid("digest %q: %v", b.Digest, err)
		}
		if b.Size < 0 {
			return invalid("size %d", b.Size)
		}
		return nil
	})
)

func snapshotTopic(named bool) topic {
	return topicOf(func(s *Snapshot) error {
		if err := need("key", s.Key); err != nil || !named {
			return err
		}
		return need("name", s.Name)
	})
}

// topicOf returns the topic of events with a body of type T.
func topicOf[T any](check func(*T) error) topic {
	return topic{func() any { return new(T) }, func(body any) error { return check(body.(*T)) }}
}

func need(field, value string) error {
	if value == "" {
		return invalid("no %q", field)
	}
	return nil
}
