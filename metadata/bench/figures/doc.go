// Package figures holds the measured figures of this project: the benchmark table, and the pauses of collections that
// the policy study derives from it. The file measured.go is generated from one kept run of `make bench`, so that
// documentation, reports and the study all quote the same run:
//
//	make bench                                                   # writes metadata/bench/history/DATE-COMMIT.txt
//	make figures RUN=metadata/bench/history/DATE-COMMIT.txt      # rewrites measured.go and docs/BENCHMARKS.md
//
// Tests in metadata/bench compare measured.go, docs/BENCHMARKS.md and the README with that run. The package imports
// only the standard library; the WebAssembly module includes it.
package figures
