package data

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"slices"
	"strconv"

	"melanoma/internal/artifact"
	"melanoma/internal/fault"
)

// Store is an ingested data set: its rows in memory, its pictures on demand.
// It is safe for concurrent use.
type Store struct {
	dir      string
	shards   []*artifact.Reader
	rows     []Row
	places   []place
	index    map[string]int
	classes  []string
	positive int
	size     int
	inputs   map[string]string
	warnings []string
	encoded  bool     // the shards hold the files' own bytes
	decoder  *Decoder // of those
	cache    *pictureCache
}

// place says where a picture lies.
type place struct {
	shard int32
	at    artifact.Place
}

// OpenStore opens the folder that [Ingest] wrote. Where it holds image files
// (data.store: files), decoded pictures are kept in a cache of at most
// cacheBytes, see [Store.BoundCache]; 0 keeps none. Raw pixels are read where
// they lie, and kept by the operating system alone. Rows are numbered in the
// order of the CSV files, training rows first.
func OpenStore(dir string, cacheBytes int64) (*Store, error) {
	s := &Store{dir: dir, positive: -1, index: map[string]int{}, cache: newPictureCache(cacheBytes)}
	for _, split := range []string{trainSplit, testSplit} {
		paths, err := filepath.Glob(filepath.Join(escapeGlob(dir), split+"-*.arrow"))
		if err != nil {
			return nil, err
		}
		slices.Sort(paths)
		for i, path := range paths {
			if err := s.addShard(path, split, i); err != nil {
				s.Close()
				return nil, err
			}
		}
	}
	if len(s.shards) == 0 {
		return nil, fault.New(fault.Input, "run the stage ingest", "data: %s holds no images", dir)
	}
	return s, nil
}

// escapeGlob makes a folder's name match itself alone.
func escapeGlob(dir string) string {
	out := make([]byte, 0, len(dir))
	for i := range len(dir) {
		if c := dir[i]; c == '*' || c == '?' || c == '[' || c == '\\' {
			out = append(out, '\\')
		}
		out = append(out, dir[i])
	}
	return string(out)
}

// addShard reads the rows of one file.
func (s *Store) addShard(path, split string, number int) error {
	r, err := artifact.Open(path, imagesKind)
	if err != nil {
		return err
	}
	s.shards = append(s.shards, r)
	if err := s.addMeta(path, r.Meta(), split, number); err != nil {
		return err
	}
	for b := range r.NumBatches() {
		t, err := r.Batch(b, rowColumns...)
		if err != nil {
			return err
		}
		rows, err := tableRows(t, split == testSplit)
		if err != nil {
			return err
		}
		places, err := r.Places(b, s.pictureColumn())
		if err != nil {
			return err
		}
		for i, row := range rows {
			if n := places[i].Len(); n == 0 || !s.encoded && n != 3*s.size*s.size {
				return fault.New(fault.Input, "run the stage ingest again", "data: %s: the picture of %s takes %d bytes", path, row.ImageName, n)
			}
			if j, twice := s.index[row.ImageName]; twice {
				return fault.New(fault.Input, "run the stage ingest again", "data: %s: image %s is there twice, as rows %d and %d", path, row.ImageName, j, len(s.rows))
			}
			if row.Target < noTarget || int(row.Target) >= len(s.classes) {
				return fault.New(fault.Input, "run the stage ingest again", "data: %s: image %s has target %d of %d classes", path, row.ImageName, row.Target, len(s.classes))
			}
			s.index[row.ImageName] = len(s.rows)
			s.rows = append(s.rows, row)
			s.places = append(s.places, place{int32(len(s.shards) - 1), places[i]})
		}
	}
	return nil
}

// addMeta takes the facts of the first shard and checks that every other one
// belongs to the same ingest.
func (s *Store) addMeta(path string, m artifact.Meta, split string, number int) error {
	if m.Extra[extraSplit] != split || m.Extra[extraShard] != strconv.Itoa(number) {
		return fault.New(fault.Input, "run the stage ingest again", "data: %s: holds shard %s of %s, so a file is missing or renamed", path, m.Extra[extraShard], m.Extra[extraSplit])
	}
	if len(s.shards) > 1 {
		if !maps.Equal(m.Inputs, s.inputs) {
			return fault.New(fault.Input, "run the stage ingest again", "data: %s: comes from other inputs than the files beside it", path)
		}
		return nil
	}
	s.inputs = m.Inputs
	if err := json.Unmarshal([]byte(m.Extra[extraClasses]), &s.classes); err != nil {
		return fault.New(fault.Input, "", "data: %s: class list: %w", path, err)
	}
	if err := json.Unmarshal([]byte(m.Extra[extraWarnings]), &s.warnings); err != nil {
		return fault.New(fault.Input, "", "data: %s: warnings: %w", path, err)
	}
	s.positive = slices.Index(s.classes, m.Extra[extraPositive])
	var err error
	if s.size, err = strconv.Atoi(m.Extra[extraSize]); err != nil || s.size < 1 {
		return fault.New(fault.Input, "", "data: %s: size of the pictures is %q", path, m.Extra[extraSize])
	}
	switch m.Extra[extraStore] {
	case "", StorePixels: // tables of earlier versions do not say
	case StoreFiles:
		s.encoded, s.decoder = true, NewDecoder(s.size)
	default:
		return fault.New(fault.Input, "use a newer melanoma", "data: %s: stores pictures as %q", path, m.Extra[extraStore])
	}
	return nil
}

// pictureColumn is the column that holds the pictures.
func (s *Store) pictureColumn() string {
	if s.encoded {
		return encodedColumn
	}
	return pixelColumn
}

// Classes returns the class names in the order of the class indices.
func (s *Store) Classes() []string { return slices.Clone(s.classes) }

// Positive returns the index of the positive class, -1 if there is none.
func (s *Store) Positive() int { return s.positive }

// Size returns the side of the pictures in pixels.
func (s *Store) Size() int { return s.size }

// Encoded reports whether the store holds image files, not pixels.
func (s *Store) Encoded() bool { return s.encoded }

// PictureBytes returns how many bytes all stored pictures take.
func (s *Store) PictureBytes() int64 {
	total := int64(0)
	for _, p := range s.places {
		total += int64(p.at.Len())
	}
	return total
}

// Len returns the number of rows.
func (s *Store) Len() int { return len(s.rows) }

// Row returns row i.
func (s *Store) Row(i int) Row { return s.rows[i] }

// Rows returns all rows; the slice is the caller's.
func (s *Store) Rows() []Row { return slices.Clone(s.rows) }

// Index returns the row of an image name.
func (s *Store) Index(imageName string) (int, bool) {
	i, ok := s.index[imageName]
	return i, ok
}

// TrainRows returns the training rows in the order of their CSV file.
func (s *Store) TrainRows() []int { return s.split(false) }

// TestRows returns the test rows in the order of the test list.
func (s *Store) TestRows() []int { return s.split(true) }

func (s *Store) split(test bool) []int {
	var out []int
	for i, r := range s.rows {
		if r.Test == test {
			out = append(out, i)
		}
	}
	return out
}

// Inputs returns the hashes of what the data set was made from.
func (s *Store) Inputs() map[string]string { return maps.Clone(s.inputs) }

// Warnings returns what ingest found worth saying.
func (s *Store) Warnings() []string { return slices.Clone(s.warnings) }

// CacheHeld is how many bytes of decoded pictures the cache holds.
func (s *Store) CacheHeld() int64 { return s.cache.size() }

// BoundCache lets the cache hold at most so many bytes of decoded pictures
// from now on, within what [OpenStore] allowed, and gives up what is above. It
// changes no result.
func (s *Store) BoundCache(bytes int64) { s.cache.bound(bytes) }

// Close closes the files.
func (s *Store) Close() error {
	var first error
	for _, r := range s.shards {
		if err := r.Close(); first == nil {
			first = err
		}
	}
	return first
}
