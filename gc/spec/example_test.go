package spec_test

import (
	"fmt"
	"time"

	"github.com/holdfast-gc/holdfast/gc/spec"
)

// A language is a table of rows; the parameters of a row are a table too.
func Example() {
	type settings struct {
		High  int
		Every time.Duration
	}
	params := []spec.Param[settings]{
		{Key: "high", Doc: "percent of the disk in use", Value: func(s *settings) spec.Value { return spec.Percent(&s.High) }},
		{Key: "every", Doc: "time between checks", Value: func(s *settings) spec.Value { return spec.Duration(&s.Every, time.Second) }},
	}
	for _, text := range []string{"lru:high=90%", "lru:every=2", "lru:hihg=90"} {
		part, err := spec.Parse("policy", text)
		if err != nil {
			fmt.Println(err)
			continue
		}
		s := settings{High: 85, Every: time.Minute}
		if err := spec.AssignAll(part, params, &s); err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(part.Name + ":" + spec.Print(params, s))
	}
	row := spec.Row{Name: "lru", Params: spec.Describe(params, settings{High: 85, Every: time.Minute})}
	fmt.Println(spec.Complete([]spec.Row{row}, "lru:high=90,ev"))
	// Output:
	// lru:high=90,every=1m
	// policy "lru", column 5: key "every": "2" is not a duration such as 90s, 2m, 48h or 60d
	// policy "lru", column 5: key "hihg": unknown; known are high, every
	// [lru:high=90,every=]
}
