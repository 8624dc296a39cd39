//go:build tools

// Package registry pins what tests/registry/build compiles.
package registry

import _ "github.com/distribution/distribution/v3/cmd/registry"
