package schedule

import (
	"fmt"
	"strings"
	"time"
)

// String describes the scheduler. See Policy.
func (c *Containerd) String() string {
	var s strings.Builder
	fmt.Fprintf(&s, "containerd%+v next=%s last=%s interval=%s locked=%s ended=%d triggered=%t deletions=%d mutations=%d",
		c.settings, stamp(c.next), stamp(c.last), c.interval, c.locked, c.ended, c.triggered, c.deletions, c.mutations)
	if c.running {
		fmt.Fprintf(&s, " running late=%+v@%s waiting=%t", c.late, stamp(c.lateAt), c.waiting)
	}
	return s.String()
}

// String describes the policy. See Policy.
func (p *OnDemand) String() string { return "on-demand" + p.due.state() }

// String describes the policy. See Policy.
func (p *Never) String() string { return "never" + p.due.state() }

// String describes the policy. See Policy.
func (p *AfterDeletion) String() string { return "after-deletion" + p.due.state() }

// String describes the policy. See Policy.
func (p *Interval) String() string {
	return fmt.Sprintf("interval every=%s tick=%s%s", p.every, stamp(p.tick), p.due.state())
}

// String describes the policy. See Policy.
func (p *Watermark) String() string {
	return fmt.Sprintf("watermark high=%d pause=%s from=%s%s", p.high, p.pause, stamp(p.from), p.due.state())
}

func (d *due) state() string {
	return fmt.Sprintf(" next=%s running=%t again=%t", stamp(d.at), d.running, d.again)
}

// stamp is a time, or "-" for none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format(time.RFC3339Nano)
}
