// Package guide adapts the weights of swarm testing: scenarios with choices that favour rare marks become likelier.
// Its arithmetic is with integers alone, so that the weights depend only on the counts and are equal on every machine.
package guide
