//go:build !wasm

package services

import (
	"context"

	"github.com/containerd/containerd/api/events"
	"github.com/containerd/containerd/v2/core/containers"
	"github.com/containerd/typeurl/v2"
)

// containerStore publishes the events of containers, which the store of the node does not publish.
type containerStore struct{ *node }

func (s containerStore) Get(ctx context.Context, id string) (containers.Container, error) {
	found, err := s.Containers().Get(s.in(ctx), id)
	return received(found), err
}

func (s containerStore) List(ctx context.Context, filters ...string) ([]containers.Container, error) {
	found, err := s.Containers().List(s.in(ctx), filters...)
	for i := range found {
		found[i] = received(found[i])
	}
	return found, err
}

func (s containerStore) Create(ctx context.Context, container containers.Container) (containers.Container, error) {
	ctx = s.in(ctx)
	created, err := s.Containers().Create(ctx, container)
	if err != nil {
		return created, err
	}
	return received(created), s.publish(ctx, "/containers/create", &events.ContainerCreate{
		ID:    created.ID,
		Image: created.Image,
		Runtime: &events.ContainerCreate_Runtime{
			Name:    created.Runtime.Name,
			Options: typeurl.MarshalProto(created.Runtime.Options),
		},
	})
}

func (s containerStore) Update(ctx context.Context, container containers.Container, fieldpaths ...string) (containers.Container, error) {
	ctx = s.in(ctx)
	updated, err := s.Containers().Update(ctx, container, fieldpaths...)
	if err != nil {
		return updated, err
	}
	return received(updated), s.publish(ctx, "/containers/update", &events.ContainerUpdate{
		ID:          updated.ID,
		Image:       updated.Image,
		Labels:      updated.Labels,
		SnapshotKey: updated.SnapshotKey,
	})
}

func (s containerStore) Delete(ctx context.Context, id string) error {
	ctx = s.in(ctx)
	if err := s.Containers().Delete(ctx, id); err != nil {
		return err
	}
	return s.publish(ctx, "/containers/delete", &events.ContainerDelete{ID: id})
}

// received returns a container as a client receives it from a daemon: with a map of extensions that is not nil.
func received(c containers.Container) containers.Container {
	if c.Extensions == nil {
		c.Extensions = map[string]typeurl.Any{}
	}
	return c
}
