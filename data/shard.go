package data

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"melanoma/internal/artifact"
	"melanoma/internal/fault"
)

const (
	imagesKind  = "images"
	trainSplit  = "train"
	testSplit   = "test"
	skippedFile = "skipped.csv"

	extraClasses  = "classes"  // JSON list, in the order of the class indices
	extraPositive = "positive" // name of the positive class, "" for none
	extraSize     = "size"     // side of the pictures
	extraStore    = "store"    // pixels or files
	extraSplit    = "split"
	extraShard    = "shard"    // number within the split, from 0
	extraWarnings = "warnings" // JSON list

	batchBytes = 1 << 20   // of pictures in a record batch
	shardBytes = 256 << 20 // of pictures in a file
)

// shardWriter writes rows, in order, to files of bounded size.
type shardWriter struct {
	dir    string
	meta   func(split string, shard int) (artifact.Meta, error)
	size   int
	column string // of the pictures
	split  string
	number int
	out    *artifact.Writer
	held   int // bytes of pictures in the open file
	waits  int // bytes of those that wait to be written
	rows   []Row
	images [][]byte
	files  []string
}

// add appends one row and its picture, which it keeps for a while; training
// rows come before test rows.
func (w *shardWriter) add(r Row, picture []byte) error {
	split := trainSplit
	if r.Test {
		split = testSplit
	}
	n := len(picture)
	if w.out != nil && (split != w.split || w.held > 0 && w.held+n > shardBytes) {
		if err := w.commit(); err != nil {
			return err
		}
	}
	if w.out == nil {
		if err := w.create(split); err != nil {
			return err
		}
	}
	if len(w.rows) > 0 && w.waits+n > batchBytes {
		if err := w.flush(); err != nil {
			return err
		}
	}
	w.rows, w.images = append(w.rows, r), append(w.images, picture)
	w.held, w.waits = w.held+n, w.waits+n
	return nil
}

func (w *shardWriter) create(split string) error {
	if split != w.split {
		w.split, w.number = split, 0
	}
	m, err := w.meta(split, w.number)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("%s-%05d.arrow", split, w.number)
	if w.out, err = artifact.Create(filepath.Join(w.dir, name), m, rowTable(m, nil, w.size, w.column, nil)); err != nil {
		return err
	}
	w.files = append(w.files, name)
	w.held, w.waits = 0, 0
	w.number++
	return nil
}

// flush writes the held rows as one record batch.
func (w *shardWriter) flush() error {
	err := w.out.Append(rowTable(artifact.Meta{}, w.rows, w.size, w.column, w.images))
	clear(w.images)
	w.rows, w.images, w.waits = w.rows[:0], w.images[:0], 0
	return err
}

func (w *shardWriter) commit() error {
	if err := w.flush(); err != nil {
		return err
	}
	out := w.out
	w.out = nil
	return out.Commit()
}

// close completes the last file and returns the names of all.
func (w *shardWriter) close() ([]string, error) {
	if w.out != nil {
		if err := w.commit(); err != nil {
			return nil, err
		}
	}
	return w.files, nil
}

func (w *shardWriter) abort() {
	if w.out != nil {
		w.out.Abort()
	}
}

// folder is a folder of artifacts that gets its name when it is complete.
type folder struct{ name, temporary, old string }

// newFolder starts a folder to stand at name later. What an earlier, killed
// attempt left is removed.
func newFolder(name string) (*folder, error) {
	name = filepath.Clean(name)
	f := &folder{name: name, temporary: artifact.TemporaryName(name), old: artifact.TemporaryName(name + ".old")}
	if err := foreign(name); err != nil {
		return nil, err
	}
	for _, path := range []string{f.temporary, f.old} {
		if err := os.RemoveAll(path); err != nil {
			return nil, folderFault(name, err)
		}
	}
	if err := os.MkdirAll(f.temporary, 0o755); err != nil {
		return nil, folderFault(name, err)
	}
	return f, nil
}

// foreign refuses to replace a folder that holds anything but images tables.
func foreign(name string) error {
	entries, err := os.ReadDir(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return folderFault(name, err)
	}
	for _, e := range entries {
		n := e.Name()
		table := strings.HasSuffix(n, ".arrow") && (strings.HasPrefix(n, trainSplit+"-") || strings.HasPrefix(n, testSplit+"-"))
		if !table && n != skippedFile && !strings.HasSuffix(n, ".tmp") {
			return fault.New(fault.Usage, "choose a folder of its own for the images", "data: %s holds %s, which is no images table, and is not replaced", name, n)
		}
	}
	return nil
}

func folderFault(name string, err error) error {
	return fault.New(fault.Program, "check the folder's permissions and the disk's free space, or choose another folder", "data: write %s: %w", name, err)
}

// publish puts the folder in the place of an earlier one. A kill in between
// leaves no folder, never half of one.
func (f *folder) publish() error {
	if err := artifact.SyncFolder(f.temporary); err != nil {
		return folderFault(f.name, err)
	}
	if err := os.Rename(f.name, f.old); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return folderFault(f.name, err)
	}
	if err := os.Rename(f.temporary, f.name); err != nil {
		if e := os.Rename(f.old, f.name); e != nil {
			err = errors.Join(err, e)
		}
		return folderFault(f.name, err)
	}
	if err := artifact.SyncFolder(filepath.Dir(f.name)); err != nil {
		return folderFault(f.name, err)
	}
	return os.RemoveAll(f.old)
}

// discard removes what was not published.
func (f *folder) discard() { os.RemoveAll(f.temporary) }
