// Package built builds the module, for tests: as its documentation says.
package built
