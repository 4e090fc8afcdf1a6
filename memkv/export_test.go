package memkv

// TreeDegree lets benchmarks compare with a plain tree.
const TreeDegree = treeDegree
