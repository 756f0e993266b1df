package data

const (
	imagesKind = "images"
	trainSplit = "train"
	testSplit  = "test"

	extraClasses  = "classes"
	extraPositive = "positive"
	extraSize     = "size"
	extraSplit    = "split"
	extraShard    = "shard"
	extraWarnings = "warnings"
)
