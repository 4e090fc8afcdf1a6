module github.com/holdfast-gc/holdfast/metadata/testdata/versions/runner/common

go 1.26

require go.etcd.io/bbolt v1.3.10

require golang.org/x/sys v0.4.0 // indirect
