package schedule

import "time"

// maxPauseThreshold is the largest PauseThreshold that containerd uses.
const maxPauseThreshold = 0.5

// Settings are the settings of containerd's scheduler, named as in its configuration file.
type Settings struct {
	// PauseThreshold is the largest fraction of the time in which collections block writers. For example, with 0.02 the
	// interval between scheduled collections is 49 times the average pause. Values are clamped to 0..0.5; with 0 the
	// interval is one second.
	PauseThreshold float64

	// DeletionThreshold schedules a collection after this many dirty transactions; 0 for never.
	DeletionThreshold int

	// MutationThreshold is the number of transactions after which a scheduled collection runs although nothing was
	// deleted; 0 for never.
	MutationThreshold int

	// ScheduleDelay is the time from a trigger, or the deletion threshold, to the collection.
	ScheduleDelay time.Duration

	// StartupDelay is the time from the start to the first collection; 0 schedules none.
	StartupDelay time.Duration
}

// Defaults returns containerd's settings.
func Defaults() Settings {
	return Settings{
		PauseThreshold:    0.02,
		MutationThreshold: 100,
		StartupDelay:      100 * time.Millisecond,
	}
}

// bounded clamps the settings to the ranges that the scheduler uses.
func (s Settings) bounded() Settings {
	s.PauseThreshold = min(max(s.PauseThreshold, 0), maxPauseThreshold)
	s.MutationThreshold = max(s.MutationThreshold, 0)
	s.ScheduleDelay = max(s.ScheduleDelay, 0)
	s.StartupDelay = max(s.StartupDelay, 0)
	return s
}
