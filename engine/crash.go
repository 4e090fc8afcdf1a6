package engine

// Kill ends the daemon where it is: transactions that are open are rolled back,
// writers closed, what it only remembered is gone. What is on the machine stays:
// what was committed, and what the backends hold, leftovers included. Calls fail
// with ErrDown until Restart. To kill a dead daemon does nothing.
//
// Coroutines of a scheduler that wait in a call of the daemon go on at once, and
// find it dead.
func (e *Engine) Kill() { e.current().kill() }

// Restart starts a daemon on the machine, after killing the one that runs: it
// opens the database, and its schedule begins anew. If that fails, the node is
// down.
func (e *Engine) Restart() error {
	d := e.current()
	d.kill()
	return e.boot(d.machine)
}

// Crash is Kill and then Restart.
func (e *Engine) Crash() error { return e.Restart() }

// Down reports whether the daemon is dead.
func (e *Engine) Down() bool { return e.current().dead.Load() }

// kill marks the daemon dead and then lets go of what it held, none of which has
// any effect by then. It must not be called from within a call of the daemon.
func (d *daemon) kill() {
	d.dead.Store(true)
	d.open.drop()
}
