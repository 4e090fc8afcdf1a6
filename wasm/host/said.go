package host

import "strings"

// saidMax is how much is kept of what a module says.
const saidMax = 400

// said is the beginning of what the module wrote to its standard error, which it does only when it breaks down.
type said struct{ text strings.Builder }

func (s *said) Write(p []byte) (int, error) {
	if room := saidMax - s.text.Len(); room > 0 {
		s.text.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}

// String returns what was said, to be put after an error.
func (s *said) String() string {
	if s.text.Len() == 0 {
		return ""
	}
	return ": " + strings.TrimSpace(s.text.String())
}
