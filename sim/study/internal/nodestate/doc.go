// Package nodestate reads which blobs and snapshots an image consists of, from the labels that clients set for the
// garbage collector. A database has no other information about that without the content itself.
//
//	r := nodestate.Reader{Labels: labels, Parent: parent}
//	manifest := r.Manifest(image.Target.Digest)
//	parts := r.Image(manifest)
//	chain, complete := r.Chain("overlayfs", parts.Top("overlayfs")) // the snapshots of parts.Layers
package nodestate
