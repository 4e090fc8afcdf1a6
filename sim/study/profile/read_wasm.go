package profile

import "embed"

// data has the built-in profiles, as TestJSON writes them.
//
//go:embed data/*.json
var data embed.FS

const extension = ".json"

// read reads a file.
func read(text []byte) (*node, error) { return readJSON(text) }
