package metadata

import (
	"time"

	"github.com/holdfast-gc/holdfast/metadata/message"
	"github.com/holdfast-gc/holdfast/metadata/sandbox"
	"github.com/holdfast-gc/holdfast/metadata/schema"
)

var sandboxTable = table[sandbox.Sandbox]{
	kind:    "sandbox",
	objects: schema.KeySandboxes,
	id:      func(s *sandbox.Sandbox) *string { return &s.ID },
	created: func(s *sandbox.Sandbox) *time.Time { return &s.CreatedAt },
	updated: func(s *sandbox.Sandbox) *time.Time { return &s.UpdatedAt },
	check:   func(s *sandbox.Sandbox) error { return validateIdentifier(s.ID) },
	blank: func(s *sandbox.Sandbox) {
		s.Spec, s.Runtime.Options, s.Extensions = absent(), absent(), map[string]message.Any{}
	},
	fields: []field[sandbox.Sandbox]{
		stamp(schema.KeyCreatedAt, func(s *sandbox.Sandbox) *time.Time { return &s.CreatedAt }),
		messageMap(schema.KeyExtensions, func(s *sandbox.Sandbox) *map[string]message.Any { return &s.Extensions }),
		stringMap(schema.KeyLabels, func(s *sandbox.Sandbox) *map[string]string { return &s.Labels }),
		group(schema.KeyRuntime,
			text(schema.KeyName, func(s *sandbox.Sandbox) *string { return &s.Runtime.Name }),
			anyMessage(schema.KeyOptions, func(s *sandbox.Sandbox) *message.Any { return &s.Runtime.Options }),
		).must(),
		text(schema.KeySandboxer, func(s *sandbox.Sandbox) *string { return &s.Sandboxer }),
		anyMessage(schema.KeySpec, func(s *sandbox.Sandbox) *message.Any { return &s.Spec }),
		stamp(schema.KeyUpdatedAt, func(s *sandbox.Sandbox) *time.Time { return &s.UpdatedAt }),
	},
	masks: []mask[sandbox.Sandbox]{
		entries("labels", func(s *sandbox.Sandbox) *map[string]string { return &s.Labels }),
		entries("extensions", func(s *sandbox.Sandbox) *map[string]message.Any { return &s.Extensions }),
		part("spec", func(s *sandbox.Sandbox) *message.Any { return &s.Spec }),
		part("runtime", func(s *sandbox.Sandbox) *sandbox.RuntimeOpts { return &s.Runtime }),
	},
	fixed: []constant[sandbox.Sandbox]{
		{"runtime name", func(s *sandbox.Sandbox) string { return s.Runtime.Name }},
	},
	filters: []filterField[sandbox.Sandbox]{
		presentFilter("id", func(s *sandbox.Sandbox) string { return s.ID }),
		mapFilter("labels", func(s *sandbox.Sandbox) map[string]string { return s.Labels }),
	},
}

// NewSandboxStore returns the store of db's sandboxes.
//
// Update accepts the paths "labels", "extensions", "spec", "runtime", or a single label or extension, for example
// "labels.NAME". Without paths it replaces all of these fields, and fails with InvalidArgument if the runtime's name
// differs from the stored one. An update can replace a spec, runtime options or an extension but not remove them.
func NewSandboxStore(db *DB) sandbox.Store { return store[sandbox.Sandbox]{db, &sandboxTable} }
