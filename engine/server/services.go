//go:build !wasm

package server

import (
	"context"

	diffapi "github.com/containerd/containerd/api/services/diff/v1"
	eventsapi "github.com/containerd/containerd/api/services/events/v1"
	introspectionapi "github.com/containerd/containerd/api/services/introspection/v1"
	"github.com/containerd/containerd/api/types"
	"github.com/containerd/containerd/v2/core/diff"
	"github.com/containerd/containerd/v2/core/events"
	"github.com/containerd/containerd/v2/core/introspection"
	"github.com/containerd/containerd/v2/core/mount"
	"github.com/containerd/containerd/v2/pkg/oci"
	"github.com/containerd/containerd/v2/pkg/protobuf"
	"github.com/containerd/errdefs"
	"github.com/containerd/errdefs/pkg/errgrpc"
	"github.com/containerd/typeurl/v2"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/holdfast-gc/holdfast/engine/internal/services"
)

// eventServer serves the events of a node.
type eventServer struct {
	eventsapi.UnimplementedEventsServer
	events services.EventService
}

func (s eventServer) Publish(ctx context.Context, r *eventsapi.PublishRequest) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, errgrpc.ToGRPC(s.events.Publish(ctx, r.GetTopic(), r.GetEvent()))
}

func (s eventServer) Forward(ctx context.Context, r *eventsapi.ForwardRequest) (*emptypb.Empty, error) {
	envelope := r.GetEnvelope()
	return &emptypb.Empty{}, errgrpc.ToGRPC(s.events.Forward(ctx, &events.Envelope{
		Timestamp: protobuf.FromTimestamp(envelope.GetTimestamp()),
		Namespace: envelope.GetNamespace(),
		Topic:     envelope.GetTopic(),
		Event:     envelope.GetEvent(),
	}))
}

func (s eventServer) Subscribe(r *eventsapi.SubscribeRequest, to eventsapi.Events_SubscribeServer) error {
	ctx, cancel := context.WithCancel(to.Context())
	defer cancel()
	received, errs := s.events.Subscribe(ctx, r.GetFilters()...)
	for {
		select {
		case e := <-received:
			err := to.Send(&types.Envelope{
				Timestamp: protobuf.ToTimestamp(e.Timestamp),
				Namespace: e.Namespace,
				Topic:     e.Topic,
				Event:     typeurl.MarshalProto(e.Event),
			})
			if err != nil {
				return err
			}
		case err := <-errs:
			return errgrpc.ToGRPC(err)
		}
	}
}

// diffServer serves the differ.
type diffServer struct {
	diffapi.UnimplementedDiffServer
	differ services.Differ
}

func (s diffServer) Apply(ctx context.Context, r *diffapi.ApplyRequest) (*diffapi.ApplyResponse, error) {
	payloads := map[string]typeurl.Any{}
	for name, payload := range r.GetPayloads() {
		payloads[name] = payload
	}
	applied, err := s.differ.Apply(ctx, oci.DescriptorFromProto(r.GetDiff()), mount.FromProto(r.GetMounts()), diff.WithPayloads(payloads))
	if err != nil {
		return nil, errgrpc.ToGRPC(err)
	}
	return &diffapi.ApplyResponse{Applied: oci.DescriptorToProto(applied)}, nil
}

func (s diffServer) Diff(ctx context.Context, r *diffapi.DiffRequest) (*diffapi.DiffResponse, error) {
	compared, err := s.differ.Compare(ctx, mount.FromProto(r.GetLeft()), mount.FromProto(r.GetRight()))
	if err != nil {
		return nil, errgrpc.ToGRPC(err)
	}
	return &diffapi.DiffResponse{Diff: oci.DescriptorToProto(compared)}, nil
}

// introspectionServer serves the list of plugins.
type introspectionServer struct {
	introspectionapi.UnimplementedIntrospectionServer
	plugins introspection.Service
}

func (s introspectionServer) Plugins(ctx context.Context, r *introspectionapi.PluginsRequest) (*introspectionapi.PluginsResponse, error) {
	found, err := s.plugins.Plugins(ctx, r.GetFilters()...)
	return found, errgrpc.ToGRPC(err)
}

func (s introspectionServer) Server(ctx context.Context, _ *emptypb.Empty) (*introspectionapi.ServerResponse, error) {
	found, err := s.plugins.Server(ctx)
	return found, errgrpc.ToGRPC(err)
}

func (s introspectionServer) PluginInfo(ctx context.Context, r *introspectionapi.PluginInfoRequest) (*introspectionapi.PluginInfoResponse, error) {
	var options any
	if r.GetOptions() != nil {
		var err error
		if options, err = typeurl.UnmarshalAny(r.Options); err != nil {
			return nil, errgrpc.ToGRPCf(errdefs.ErrInvalidArgument, "options of plugin %s.%s: %v", r.Type, r.ID, err)
		}
	}
	found, err := s.plugins.PluginInfo(ctx, r.GetType(), r.GetID(), options)
	return found, errgrpc.ToGRPC(err)
}
