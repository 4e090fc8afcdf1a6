package examine_test

import (
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-gc/holdfast/metadata/examine"
)

// TestDocumentedFields finds fields of the JSON answers that the table in the package's documentation lacks.
func TestDocumentedFields(t *testing.T) {
	text, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "// # JSON")
	words := regexp.MustCompile(`\w+`).FindAllString(table, -1)
	for _, answer := range []any{
		examine.Plan{}, examine.Why{}, examine.Accounting{}, examine.Namespace{}, examine.Top{}, examine.Fsck{}, examine.Tree{}, examine.Diff{},
		examine.Part{}, examine.Holder{}, examine.SharedPart{}, examine.Group{}, examine.KindSum{}, examine.Difference{}, examine.Expiry{},
		examine.Image{}, examine.Finding{}, examine.Salvaged{}, examine.Scavenged{}, examine.LostPart{}, examine.OldRecord{},
		examine.SalvageOrphans{}, examine.DiskSnapshot{}, examine.DiskBlob{}, examine.Withheld{},
	} {
		of := reflect.TypeOf(answer)
		for _, field := range reflect.VisibleFields(of) {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if name != "" && name != "-" && !slices.Contains(words, name) {
				t.Errorf("%s.%s: the documentation lacks %q", of.Name(), field.Name, name)
			}
		}
	}
}
