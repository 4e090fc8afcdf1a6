package report

import (
	"fmt"
	"strings"
)

// A shade is a colour on a light and on a dark ground, each with a contrast of at least 3 to that.
type shade struct{ light, dark string }

var (
	ground   = shade{"#ffffff", "#161b22"}
	ink      = shade{"#1c2430", "#e6edf3"}
	softInk  = shade{"#5a6572", "#a3aebb"}
	gridLine = shade{"#e3e7ec", "#2d343d"}
	axisLine = shade{"#87919c", "#78828e"}
	ghost    = shade{"#b3bbc4", "#525c68"}
	alarm    = shade{"#c2321f", "#ff7b6b"}
)

// policyShades are for policies in turn. They differ in lightness too, and each goes with a mark of its own.
var policyShades = []shade{
	{"#0a5fb4", "#6cb4ff"},
	{"#b35400", "#ffa24d"},
	{"#00765a", "#45d0a2"},
	{"#a0337f", "#f08bc4"},
	{"#5746b0", "#b1a2ff"},
	{"#766000", "#e0c03c"},
	{"#006c7d", "#52cbe0"},
	{"#4d5863", "#b6c0ca"},
}

// holderShades are for compare.PinnedBy in turn, then garbage.
var holderShades = []shade{
	{"#1b4f8f", "#4f93e0"},
	{"#d98200", "#ffb347"},
	{"#7a4fa3", "#9468cf"},
	{"#2f9e77", "#55cfa2"},
	{"#a9c7de", "#64809a"},
}

var garbageShade = shade{"#c2321f", "#ff7b6b"}

// policyClass is the class of a policy's marks.
func policyClass(p *contender) string { return fmt.Sprintf("p%d", p.index%len(policyShades)) }

// stylesheet colours a drawing. Its colours are literal, because some SVG viewers do not know variables.
func stylesheet() string {
	var b strings.Builder
	b.WriteString(`.hf text{font:11px system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;font-variant-numeric:tabular-nums}
.hf .name{font-size:13px;font-weight:600}
.hf .strong{font-weight:600}
.hf .line{fill:none;stroke-width:1.75;stroke-linejoin:round}
.hf .ghost{fill:none;stroke-width:1}
.hf .band{stroke:none;fill-opacity:.16}
.hf .grid,.hf .axis{stroke-width:1;shape-rendering:crispEdges}
.hf .limit{fill:none;stroke-width:1.25;stroke-dasharray:5 4}
.hf .front{fill:none;stroke-width:1.5;stroke-dasharray:2 4;stroke-linecap:round}
.hf .whisker{fill:none;stroke-width:1.25;stroke-opacity:.65}
.hf .mark{stroke-width:1.5}
.hf .hollow{stroke-width:1.75}
.hf .label{paint-order:stroke;stroke-width:4;stroke-linejoin:round}
.hf .layer{stroke-width:.4;stroke-linejoin:round}
.hf .bar{stroke:none}
`)
	colours(&b, func(s shade) string { return s.light })
	b.WriteString("@media screen and (prefers-color-scheme:dark){\n")
	colours(&b, func(s shade) string { return s.dark })
	b.WriteString("}\n")
	return b.String()
}

func colours(b *strings.Builder, of func(shade) string) {
	rule := func(selector, property string, s shade) { fmt.Fprintf(b, ".hf %s{%s:%s}\n", selector, property, of(s)) }
	rule(".paper", "fill", ground)
	rule("text", "fill", ink)
	rule(".tick,.hf .soft", "fill", softInk)
	rule(".alarm", "fill", alarm)
	rule(".grid", "stroke", gridLine)
	rule(".axis", "stroke", axisLine)
	rule(".ghost", "stroke", ghost)
	rule(".limit", "stroke", alarm)
	rule(".front", "stroke", softInk)
	rule(".layer,.hf .label", "stroke", ground)
	for i, s := range policyShades {
		for _, part := range [][2]string{{"line", "stroke"}, {"whisker", "stroke"}, {"band", "fill"}, {"bar", "fill"}, {"mark", "fill"}, {"quantile", "fill"}} {
			rule(fmt.Sprintf(".p%d.%s", i, part[0]), part[1], s)
		}
		rule(fmt.Sprintf(".p%d.mark", i), "stroke", ground)
		fmt.Fprintf(b, ".hf .p%d.hollow{fill:%s;stroke:%s}\n", i, of(ground), of(s))
	}
	for i, s := range holderShades {
		rule(fmt.Sprintf(".h%d", i), "fill", s)
	}
	rule(".garbage", "fill", garbageShade)
}
