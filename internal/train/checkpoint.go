package train

import (
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"melanoma/internal/artifact"
)

// CheckpointFile is the name of the checkpoint in a training's folder.
const CheckpointFile = "checkpoint.arrow"

// A checkpoint is a table of named vectors: "params" and "buffers" in the
// store's layout, "slot:<name>" for the rule's state, "average" for the mean of the
// weights and "best" for the best watched epoch. The position is JSON in its metadata.
const (
	vectorParams  = "params"
	vectorBuffers = "buffers"
	vectorBest    = "best"
	vectorAverage = "average"
	slotPrefix    = "slot:"
)

// vectors lists the arrays of the training by name, as views.
func (tr *trainer) vectors() map[string][]float32 {
	v := map[string][]float32{vectorParams: tr.store.Params(), vectorBuffers: tr.store.Buffers()}
	for name, slot := range tr.updater.Slots() {
		v[slotPrefix+name] = slot
	}
	if tr.average != nil {
		v[vectorAverage] = tr.average.Values()
	}
	if tr.best != nil {
		v[vectorBest] = tr.best
	}
	return v
}

// save writes the checkpoint atomically.
func (tr *trainer) save() error {
	position, err := json.Marshal(tr.state)
	if err != nil {
		return err
	}
	meta := tr.meta("checkpoint")
	meta.Extra["state"] = string(position)
	vectors := tr.vectors()
	names := slices.Sorted(maps.Keys(vectors))
	values := make([][]float32, len(names))
	for i, n := range names {
		values[i] = vectors[n]
	}
	table := artifact.NewTable(meta).String("name", names).VarLists("values", values)
	if err := artifact.Write(filepath.Join(tr.task.Dir, CheckpointFile), table); err != nil {
		return err
	}
	tr.saved = tr.now()
	return nil
}

func (tr *trainer) meta(kind string) artifact.Meta {
	extra := maps.Clone(tr.task.Extra)
	if extra == nil {
		extra = map[string]string{}
	}
	return artifact.Meta{Kind: kind, Producer: "melanoma train", Inputs: tr.task.Inputs, Extra: extra}
}

// position reads where a checkpoint stands, if it is one of the same inputs.
func (tr *trainer) position(meta artifact.Meta) (s state, ok bool) {
	if !maps.Equal(meta.Inputs, tr.task.Inputs) {
		return s, false
	}
	err := json.Unmarshal([]byte(meta.Extra["state"]), &s)
	return s, err == nil
}

// resume loads the checkpoint if there is one of the same inputs. One that
// belongs to other inputs, or is damaged, is ignored: the training starts
// anew and replaces it.
func (tr *trainer) resume() error {
	tr.saved = tr.now()
	path := filepath.Join(tr.task.Dir, CheckpointFile)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	table, err := artifact.Read(path, "checkpoint")
	if err != nil {
		return nil
	}
	s, ok := tr.position(table.Meta)
	if !ok {
		return nil
	}
	names, err := table.Strings("name")
	if err != nil {
		return nil
	}
	values, err := table.VarListsOf("values")
	if err != nil {
		return nil
	}
	saved := map[string][]float32{}
	for i, n := range names {
		saved[n] = values[i]
	}
	best := saved[vectorBest]
	vectors := tr.vectors()
	for n, v := range vectors {
		if len(saved[n]) != len(v) {
			return nil
		}
	}
	for n, v := range vectors {
		copy(v, saved[n])
	}
	tr.best, tr.state = best, s
	tr.store.Changed()
	return nil
}
