package schedule

import "time"

// Settings are those of containerd's scheduler, under the names of its
// configuration file.
type Settings struct {
	// PauseThreshold is the largest part of the time that collections should
	// block writers for: 0.02 leaves 49 times the average pause between two
	// scheduled collections. It is taken as at least 0, which leaves one second,
	// and at most 0.5.
	PauseThreshold float64

	// DeletionThreshold schedules a collection after so many dirty transactions;
	// 0 never does.
	DeletionThreshold int

	// MutationThreshold lets a scheduled collection go ahead after so many
	// transactions, though nothing was deleted; 0 never does.
	MutationThreshold int

	// ScheduleDelay is how long after a trigger, or the deletion threshold, the
	// collection begins.
	ScheduleDelay time.Duration

	// StartupDelay is how long after the start the first collection begins; 0
	// schedules none.
	StartupDelay time.Duration
}

// Defaults are containerd's.
func Defaults() Settings {
	return Settings{
		PauseThreshold:    0.02,
		MutationThreshold: 100,
		StartupDelay:      100 * time.Millisecond,
	}
}

// bounded are the settings as the scheduler uses them.
func (s Settings) bounded() Settings {
	s.PauseThreshold = min(max(s.PauseThreshold, 0), 0.5)
	s.MutationThreshold = max(s.MutationThreshold, 0)
	s.ScheduleDelay = max(s.ScheduleDelay, 0)
	s.StartupDelay = max(s.StartupDelay, 0)
	return s
}
