// Package fleet spreads the tasks of a campaign over workers, in this process or on other machines, with NATS JetStream
// as the queue and the store.
//
// A campaign is a [Job] with parameters. The coordinator asks the job for tasks and queues them. Workers fetch tasks,
// run them and store the results. Everything that must survive is in JetStream:
//
//	stream HOLDFAST_TASKS          a queue: one subject per task, holdfast.task.BUILD.CAMPAIGN.TASK
//	bucket holdfast_campaigns      a [Manifest] for each campaign, under its name
//	bucket holdfast_NAME           of one campaign: plan.N, the tasks in the order of the coordinator's decisions;
//	                               result.TASK, a [Result]
//	objects holdfast_NAME          of one campaign: inputs, and results too large for a message
//
// # Guarantees
//
// The name of a campaign is a hash of the build, the kind and the parameters. The key of a task is unique within its
// campaign, and a task's result depends on these alone. So two results under the same key are equal, and the
// first one stays: redelivery and double execution change nothing. A task is acknowledged after its result is stored.
// The coordinator queues a task only after it is in the plan, and queues it again if it is neither queued nor finished.
// So no task is lost, even if a process crashes at any moment.
//
// A worker reports every third of the acknowledgement wait that its task is in progress. If the reports end, the server
// delivers the task to another worker. A task that has been delivered too often, because each of its workers crashed,
// is set aside: its result is an error. A task that fails or panics is not repeated either.
//
// Workers only get tasks of their own build: see [Build].
package fleet
