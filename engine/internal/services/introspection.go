//go:build !wasm

package services

import (
	"context"
	"fmt"

	api "github.com/containerd/containerd/api/services/introspection/v1"
	"github.com/containerd/containerd/api/types"
	"github.com/containerd/containerd/v2/pkg/filters"
	"github.com/containerd/containerd/v2/plugins"
	"github.com/containerd/errdefs"
)

// introspector lists the plugins of the node.
type introspector struct{ *node }

// Plugins returns the plugins of the node that match any of the filters. Filters can use the fields "type" and "id". An
// invalid filter is an error of class InvalidArgument.
func (i introspector) Plugins(_ context.Context, fs ...string) (*api.PluginsResponse, error) {
	filter, err := filters.ParseAll(fs...)
	if err != nil {
		return nil, fmt.Errorf("plugin filter: %v: %w", err, errdefs.ErrInvalidArgument)
	}
	found := &api.PluginsResponse{}
	for _, p := range i.plugins() {
		if filter.Match(pluginFields(p)) {
			found.Plugins = append(found.Plugins, p)
		}
	}
	return found, nil
}

func (i introspector) plugins() []*api.Plugin {
	all := []*api.Plugin{
		{Type: plugins.ContentPlugin.String(), ID: "content"},
		{Type: plugins.MetadataPlugin.String(), ID: "bolt"},
		{Type: plugins.EventPlugin.String(), ID: "exchange"},
		{Type: plugins.GCPlugin.String(), ID: "scheduler"},
		{Type: plugins.LeasePlugin.String(), ID: "manager"},
		{Type: plugins.DiffPlugin.String(), ID: "walking"},
	}
	for _, name := range i.snapshotters() {
		all = append(all, &api.Plugin{Type: plugins.SnapshotPlugin.String(), ID: name})
	}
	for _, p := range all {
		p.Platforms = []*types.Platform{{OS: Platform.OS, Architecture: Platform.Architecture}}
	}
	return all
}

func pluginFields(p *api.Plugin) filters.Adaptor {
	return filters.AdapterFunc(func(fieldpath []string) (string, bool) {
		switch fieldpath[0] {
		case "type":
			return p.Type, true
		case "id":
			return p.ID, true
		}
		return "", false
	})
}

// Server returns the same identity for all nodes.
func (introspector) Server(context.Context) (*api.ServerResponse, error) {
	return &api.ServerResponse{UUID: "00000000-0000-4000-8000-000000000000"}, nil
}

// PluginInfo is not implemented, because a node has no runtime.
func (introspector) PluginInfo(_ context.Context, kind, id string, _ any) (*api.PluginInfoResponse, error) {
	return nil, fmt.Errorf("info of plugin %s.%s of a node in memory: %w", kind, id, errdefs.ErrNotImplemented)
}
