package cv

import "melanoma/internal/fault"

const (
	tfrecordFolds = 5
	// TfrecordDropped marks a duplicate in Deotte's files; the row stands in
	// no fold.
	TfrecordDropped = -1
	// TfrecordAbsent marks a row whose file has no tfrecord column.
	TfrecordAbsent = -2
)

// tfrecordTables give the fold of tfrecord 0..14. The first two are the hand
// made tables of the 2020 winners, the third is i mod 5.
var tfrecordTables = map[string][]int32{
	SchemeTfrecord: {2, 1, 0, 3, 0, 0, 4, 4, 3, 2, 1, 3, 2, 1, 4},
	SchemeNewfold:  {1, 3, 4, 3, 4, 0, 1, 1, 0, 3, 2, 0, 2, 2, 4},
	SchemeOldfold:  {0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4},
}

func tfrecordAssignment(rows []FoldRow, scheme string) ([]int32, error) {
	table := tfrecordTables[scheme]
	fold := make([]int32, len(rows))
	for i, r := range rows {
		switch t := int(r.Tfrecord); {
		case t == TfrecordDropped:
			fold[i] = Dropped
		case t >= 0 && t < len(table):
			fold[i] = table[t]
		case t == TfrecordAbsent:
			return nil, fault.New(fault.Input, "name the column in data.columns.tfrecord or choose cv.scheme stratified_group",
				"cv: scheme %s needs a tfrecord for image %s", scheme, r.ImageName)
		default:
			return nil, fault.New(fault.Input, "tfrecord is -1 (duplicate) or 0 to 14",
				"cv: image %s has tfrecord %d", r.ImageName, t)
		}
	}
	return fold, nil
}
