//go:build !race

package host_test

const raceDetected = false
