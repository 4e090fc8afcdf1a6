package engine

// Kill ends the daemon at this point. Open transactions are rolled back, writers are closed, and the memory of the daemon is
// lost. The machine keeps the committed data and the data in the backends, leftovers included. Calls fail with [ErrDown]
// until [Engine.Restart]. Kill of a dead daemon does nothing.
//
// Coroutines of a scheduler that wait in a call of the daemon continue, and fail.
func (e *Engine) Kill() { e.current().kill() }

// Restart kills the daemon if it runs, and starts a new one: it opens the database, and the schedule starts again. If that
// fails, the node is down.
func (e *Engine) Restart() error {
	d := e.current()
	d.kill()
	return e.boot(d.machine)
}

// Crash calls [Engine.Kill] and [Engine.Restart].
func (e *Engine) Crash() error { return e.Restart() }

// Down reports whether the daemon is dead.
func (e *Engine) Down() bool { return e.current().dead.Load() }

// kill marks the daemon dead and then releases its resources, which has no effect on the machine. A call of the daemon must
// not call it.
func (d *daemon) kill() {
	d.dead.Store(true)
	d.open.drop()
}
