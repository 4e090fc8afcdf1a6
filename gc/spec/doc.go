// Package spec reads the one-line specifications by which people choose schedules and eviction policies, and the units
// of the figures in load profiles. Other packages declare rows: a name, its parameters, and the type of each.
//
//	specification = part *( "+" part )                  containerd:pause=0.02+kubelet:high=85,low=80
//	part          = name [ ":" group *( ";" group ) ]   buildkit:keep=48h,max=512MB;all=true,max=80%
//	group         = setting *( "," setting )
//	setting       = key "=" value                       the first setting may be its value alone: interval:1h
//
// Values have units:
//
//	bytes      50GB, 1.5GiB, 4096   kB, MB, GB, TB are powers of 1000; KiB, MiB, GiB, TiB are powers of 1024; B
//	duration   90s, 1h30m, 2d       ns, us, µs, ms, s, m, h, d (24 hours), w (7 days)
//	percent    85 or 85%
//	fraction   0.02 or 2%
//	count      100
//	amount     bytes, or a percentage of a disk: 50GB, 85%
//
// No value contains "+", ",", ";" or "..". The last makes a range, such as high=70..90/5: see [Grid].
//
// Every error is an [*Error], which satisfies errors.Is(err, errdefs.ErrInvalidArgument). It has one form:
//
//	policy "kubelet", column 9: key "hig": unknown; known are high, low, minage, maxage, hard, soft, grace, reclaim, restart
package spec
