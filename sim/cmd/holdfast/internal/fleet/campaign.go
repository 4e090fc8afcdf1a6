package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// A Campaign is a campaign on a server. It is safe for concurrent use.
type Campaign struct {
	Manifest
	client  *Client
	entries jetstream.KeyValue // plan and results
	objects jetstream.ObjectStore
}

func (m Manifest) bucket() string { return "holdfast_" + m.Name }

func subject(build, campaign, task string) string {
	return "holdfast.task." + build + "." + campaign + "." + task
}

// Create makes the campaign of a manifest with its inputs, or opens it if it exists. The caller sets Kind, Build,
// Version and Params. An input's name identifies its content: an input that the campaign has is not stored again.
func (c *Client) Create(ctx context.Context, m Manifest, inputs map[string][]byte) (*Campaign, error) {
	size := int64(0)
	for _, data := range inputs {
		size += int64(len(data))
	}
	if size > campaignBytes {
		return nil, fmt.Errorf("the input files have %d bytes: a campaign has room for %d", size, int64(campaignBytes))
	}
	m.Name, m.Created, m.Done = Name(m.Build, m.Kind, m.Params), c.now().UTC(), false
	if old, err := c.manifest(ctx, m.Name); err == nil {
		m.Created = old.Created
	} else if !errors.Is(err, ErrNoCampaign) {
		return nil, err
	}
	_, err := c.js.CreateKeyValue(ctx, jetstream.KeyValueConfig{
		Bucket: m.bucket(), Compression: true, MaxBytes: campaignBytes, TTL: campaignAge,
	})
	if err != nil && !errors.Is(err, jetstream.ErrBucketExists) {
		return nil, err
	}
	objects, err := c.js.CreateObjectStore(ctx, jetstream.ObjectStoreConfig{
		Bucket: m.bucket(), Compression: true, MaxBytes: campaignBytes, TTL: campaignAge,
	})
	if errors.Is(err, jetstream.ErrBucketExists) {
		objects, err = c.js.ObjectStore(ctx, m.bucket())
	}
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(inputs)) {
		if _, err := objects.GetInfo(ctx, name); err == nil {
			continue
		}
		if _, err := objects.PutBytes(ctx, name, inputs[name]); err != nil {
			return nil, fmt.Errorf("campaign %s, input of %d bytes: %w", m.Name, len(inputs[name]), err)
		}
	}
	if err := c.putManifest(ctx, m); err != nil {
		return nil, err
	}
	return c.open(ctx, m)
}

func (c *Client) putManifest(ctx context.Context, m Manifest) error {
	bucket, err := c.manifests(ctx)
	if err != nil {
		return err
	}
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	_, err = bucket.Put(ctx, m.Name, text)
	return err
}

func (c *Client) open(ctx context.Context, m Manifest) (campaign *Campaign, err error) {
	campaign = &Campaign{Manifest: m, client: c}
	if campaign.entries, err = c.js.KeyValue(ctx, m.bucket()); err == nil {
		campaign.objects, err = c.js.ObjectStore(ctx, m.bucket())
	}
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		return nil, fmt.Errorf("%s: %w", m.Name, ErrNoCampaign)
	}
	return campaign, err
}

// Input returns an input of the campaign.
func (c *Campaign) Input(ctx context.Context, name string) ([]byte, error) {
	data, err := c.objects.GetBytes(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("campaign %s, input %s: %w", c.Name, name, err)
	}
	return data, nil
}

// Cancel removes the campaign: its tasks, results, inputs and manifest. Workers abandon its tasks, and its coordinator
// ends with [ErrNoCampaign].
func (c *Campaign) Cancel(ctx context.Context) error {
	manifests, err := c.client.manifests(ctx)
	if err != nil {
		return err
	}
	if err := manifests.Purge(ctx, c.Name); err != nil {
		return err
	}
	stream, err := c.client.js.Stream(ctx, tasksStream)
	if err != nil {
		return err
	}
	if err := stream.Purge(ctx, jetstream.WithPurgeSubject(subject(c.Build, c.Name, "*"))); err != nil {
		return err
	}
	missing := func(err error) bool {
		return err == nil || errors.Is(err, jetstream.ErrBucketNotFound) || errors.Is(err, jetstream.ErrStreamNotFound)
	}
	if err := c.client.js.DeleteKeyValue(ctx, c.bucket()); !missing(err) {
		return err
	}
	if err := c.client.js.DeleteObjectStore(ctx, c.bucket()); !missing(err) {
		return err
	}
	return nil
}

// exists reports whether the campaign has not been cancelled. It also returns true if the server does not answer.
func (c *Campaign) exists(ctx context.Context) bool {
	_, err := c.client.manifest(ctx, c.Name)
	return !errors.Is(err, ErrNoCampaign)
}

func resultKey(t Task) string { return "result." + t.Key() }

// finished reports whether the task has a result.
func (c *Campaign) finished(ctx context.Context, t Task) bool {
	_, err := c.entries.Get(ctx, resultKey(t))
	return err == nil
}

// put stores the result of a task unless there is one.
func (c *Campaign) put(ctx context.Context, t Task, r Result) error {
	if len(r.Data) > maxInline {
		r.Object = resultKey(t)
		if _, err := c.objects.PutBytes(ctx, r.Object, r.Data); err != nil {
			return err
		}
		r.Data = nil
	}
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	_, err = c.entries.Create(ctx, resultKey(t), text)
	if errors.Is(err, jetstream.ErrKeyExists) {
		return nil
	}
	return err
}

// result decodes a stored result.
func (c *Campaign) result(ctx context.Context, text []byte) (r Result, err error) {
	if err = json.Unmarshal(text, &r); err == nil && r.Object != "" {
		r.Data, err = c.objects.GetBytes(ctx, r.Object)
	}
	return r, err
}

// enqueue queues a task unless it is queued.
func (c *Campaign) enqueue(ctx context.Context, t Task) error {
	return c.publish(ctx, t, jetstream.WithExpectLastSequencePerSubject(0))
}

// requeue queues a task again and replaces the queued one, so that its deliveries are counted anew.
func (c *Campaign) requeue(ctx context.Context, t Task) error { return c.publish(ctx, t) }

func (c *Campaign) publish(ctx context.Context, t Task, o ...jetstream.PublishOpt) error {
	text, err := json.Marshal(queuedTask{c.Name, t})
	if err != nil {
		return err
	}
	_, err = c.client.js.Publish(ctx, subject(c.Build, c.Name, t.Key()), text, o...)
	var api *jetstream.APIError
	if errors.As(err, &api) && (api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence || api.ErrorCode == wrongLastSequence) {
		return nil
	}
	return err
}

// wrongLastSequence is the code of a replicated stream for JSErrCodeStreamWrongLastSequence.
const wrongLastSequence = 10164

// A queuedTask is the message of a task.
type queuedTask struct {
	Campaign string `json:"campaign"`
	Task     Task   `json:"task"`
}

// pause waits until the time has passed, or ctx is done.
func pause(ctx context.Context, d time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	<-ctx.Done()
}
