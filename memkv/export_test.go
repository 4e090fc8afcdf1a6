package memkv

// TreeDegree is for benchmarks that compare with a plain tree.
const TreeDegree = treeDegree
