package examine

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/metadata"
)

// images checks whether containers can be started from each image.
func (c *checker) images() {
	var unreadable []string
	for n, content := range c.reader.cache {
		switch {
		case content.err == nil || content.err == errNotOnDisk: // a missing file is reported by content
		case errors.Is(content.err, fs.ErrPermission):
			unreadable = append(unreadable, metadata.NodeName(n))
		default:
			c.find(checkBlobDamaged, metadata.NodeName(n), content.err.Error())
		}
	}
	slices.Sort(unreadable)
	if len(unreadable) > 0 {
		c.notChecked(fmt.Sprintf("the content of %s and %d more manifests and configurations: permission denied", unreadable[0], len(unreadable)-1))
	}
	sharers := map[string][]string{} // by missing part: the broken images that lack it
	for _, image := range c.Images {
		if image.State != ImageBroken {
			continue
		}
		for _, p := range image.Platforms {
			for _, m := range p.Missing {
				if !slices.Contains(sharers[m.Node], image.Image) {
					sharers[m.Node] = append(sharers[m.Node], image.Image)
				}
			}
		}
	}
	// A missing target is the image's fault, said once.
	broken := map[string]bool{}
	for _, image := range c.Images {
		for _, name := range image.Names {
			broken[name] = image.State == ImageBroken
		}
	}
	c.Findings = slices.DeleteFunc(c.Findings, func(f Finding) bool { return f.Check == string(checkTargetMissing) && broken[f.Node] })
	for _, image := range c.Images {
		switch image.State {
		case ImageBroken:
			c.broken(&image, sharers)
		case ImageNotUnpacked:
			for _, p := range image.Platforms {
				for _, m := range p.Missing {
					c.find(checkImageNotUnpacked, image.Image, m.Node+" does not exist")
				}
			}
		}
	}
}

// broken reports an image from which no container starts.
func (c *checker) broken(image *Image, sharers map[string][]string) {
	commands := c.pullCommands(image)
	if len(image.Platforms) == 0 {
		c.findWith(checkImageBroken, image.Image, "none of the manifests in its index is present", commands)
		return
	}
	for _, p := range image.Platforms {
		var parts []string
		var others []string
		for _, m := range p.Missing {
			part := m.Part + " " + m.Node
			if m.Why != "" {
				part += " (" + m.Why + ")"
			}
			parts = append(parts, part)
			for _, other := range sharers[m.Node] {
				if other != image.Image && !slices.Contains(others, other) {
					others = append(others, other)
				}
			}
		}
		detail := "it lacks " + strings.Join(parts, ", ")
		if p.Platform != "" {
			detail = p.Platform + ": " + detail
		}
		if len(others) > 0 {
			detail += fmt.Sprintf("; the same fault breaks %s", strings.Join(others, ", "))
		}
		c.findWith(checkImageBroken, image.Image, detail, commands)
	}
}

// pullCommands returns the commands that repair an image. Deleting every name comes first: a client that still finds a
// name, or a record of a damaged blob, takes the image for complete and downloads nothing.
func (c *checker) pullCommands(image *Image) []string {
	var names []string
	for _, node := range image.Names {
		n, _ := metadata.ParseNode(node)
		names = append(names, shellQuote(n.Key))
	}
	best, _ := metadata.ParseNode(image.Image)
	reference := shellQuote(best.Key)
	namespace := shellQuote(best.Namespace)
	if c.holderClient(best) == ClientCRI {
		return []string{
			"crictl rmi " + reference,
			fmt.Sprintf("ctr -n %s content prune references", namespace),
			"crictl pull " + reference,
		}
	}
	return []string{
		fmt.Sprintf("ctr -n %s images rm --sync %s", namespace, strings.Join(names, " ")),
		fmt.Sprintf("ctr -n %s images pull %s", namespace, reference),
	}
}

func (c *checker) holderClient(n gc.Node) Client {
	b := holderBuilder{d: &Database{frozen: c.db}}
	return b.client([]gc.Node{n})
}

// shellQuote quotes a word for a POSIX shell.
func shellQuote(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:=,+@%", r)
	}
	if word != "" && strings.IndexFunc(word, func(r rune) bool { return !plain(r) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
