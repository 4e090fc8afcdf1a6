// Package roottest builds containerd root directories for tests: real files and real databases, written by containerd's
// own metadata package, local content store and native snapshotter, in the layout and with the labels of a node.
//
//	root := roottest.New(t)
//	app := root.Pull("k8s.io", "docker.io/library/app:1", roottest.Layers(20_000, 5_000))
//	root.Run("k8s.io", "c1", "docker.io/library/app:1", app.ChainID, 700)
//	root.Close()
//	d, err := nodedir.Open(os.DirFS(root.Path))
//
// Only tests import it: it links containerd's plugins.
package roottest
