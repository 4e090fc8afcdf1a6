// Package server serves an engine over a socket, as containerd's daemon serves its node. Clients in any language use it
// with containerd's gRPC API: ctr, nerdctl, or the client of a program under test. It needs no root and no disk.
//
//	node, err := engine.New()
//	...
//	s, err := server.Listen(node, "") // a socket in a temporary folder
//	...
//	defer s.Close()
//	c, err := containerd.New(s.Address()) // or: ctr --address ADDRESS images ls
//
// # Services
//
// Namespaces, images, containers, content, snapshots, leases, events, sandbox records, diff, introspection, transfers,
// streams, versions and health are served. They are the services of package client, which describes layers and events.
// Errors, message sizes and headers are the same as the daemon's: the package uses the daemon's own code where that
// accepts other stores. A node runs no tasks, so Create of a task is Unimplemented, other calls of a task are NotFound,
// and the list of tasks is empty. All other services are Unimplemented.
//
// The node keeps a log of the latest [EventLog] events. A subscriber gets every event of its subscription.
//
// A request cannot end the server. If a handler panics, the call returns InvalidArgument.
//
// # Control
//
// The same socket serves holdfast.v1.Control, which moves the clock, collects, explains, injects faults, forks and
// saves. It uses HTTP/1.1 and JSON, so that curl and every language can call it. Type [Control] is its client. All
// calls are requests with the method POST:
//
//	path                          request              reply
//	/holdfast.v1.Control/Apply    an Op                its Result; also the errors of an Op have the status 200
//	/holdfast.v1.Control/Fork     {"address":"..."}    {"address":"..."}: a server of a fork
//	/holdfast.v1.Control/Save     nothing              the database, as meta.db
//	/holdfast.v1.Control/Record   {"file":"..."}       the same: a trace begins in a new file; see [Server.Record]
//	/holdfast.v1.Control/Record   {"file":""}          {"file":"...","calls":N}: the trace has ended
//	/holdfast.v1.Control/Account  accounting options   the holders of all bytes; see [Control.Account]
//
// Package op describes Ops and Results. A failed request has the status 400 or 500 and the body {"error":"..."}. For
// example, this removes all garbage of the node:
//
//	curl --unix-socket ADDRESS http://localhost/holdfast.v1.Control/Apply -d '{"op":"collect"}'
//
// # Time
//
// Without [WithClock] the clock of the node stands still until a caller moves it, so a test has the same timestamps
// and collections in every run. An Op "schedule.pass" moves the clock and runs the collections of the schedule. Clients
// that compute an expiry use the time of their host: see package client. Transfers use the time of the node.
//
// # Security
//
// Every process that can open the socket controls the node. A Unix socket has the mode 0600. A TCP address must be a
// loopback address, because there is no encryption; every user of the machine can use the node there. The control
// service at a TCP address also needs a token: see [WithToken]. Requests carry it, and their type:
//
//	curl http://127.0.0.1:10000/holdfast.v1.Control/Apply -H 'Authorization: Bearer TOKEN' \
//	  -H 'Content-Type: application/json' -d '{"op":"collect"}'
//
// No web page can use the node, although browsers connect to loopback addresses. The control service refuses requests
// that have the header Origin or Sec-Fetch-Site, and at a TCP address another Host than localhost or a loopback
// address. gRPC needs HTTP/2 without encryption, which browsers do not speak.
package server
