package pipeline

import (
	"melanoma/data"
	"melanoma/internal/memory"
)

// openedStore is the run's data set, kept open between tasks so that its
// picture cache is filled once.
type openedStore struct {
	store *data.Store
	key   string // of the ingest that wrote it
}

// largestCache bounds the pictures kept in memory; 10,000 of 128 px are 0.5 GB.
const largestCache = 8 << 30

// store opens the ingested images; the run closes them.
func (r *Run) store() (*data.Store, error) {
	rec, err := r.readRecord("ingest")
	if err != nil {
		return nil, err
	}
	key := ""
	if rec != nil {
		key = rec.Key
	}
	if r.opened.store != nil && r.opened.key == key {
		return r.opened.store, nil
	}
	r.closeStore()
	s, err := data.OpenStore(r.path(imagesDir), cacheBytes())
	if err != nil {
		return nil, err
	}
	r.opened = openedStore{store: s, key: key}
	return s, nil
}

func (r *Run) closeStore() {
	if r.opened.store != nil {
		r.opened.store.Close()
		r.opened = openedStore{}
	}
}

// cacheBytes is a quarter of the memory that the machine or the process's
// control group has, where that is known.
func cacheBytes() int64 {
	all, known := memory.Total()
	if !known {
		return 1 << 30
	}
	return min(all/4, largestCache)
}
